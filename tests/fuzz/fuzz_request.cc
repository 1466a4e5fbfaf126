// Fuzzes the request parser: bytes that arrive in pieces must give the commands, and the error, of the same bytes at
// once.
//
// Input    the first byte: bit 0 an authenticated client, bit 1 a small proto-max-bulk-len, the rest seeds the split
//          points; then the bytes of the connection.
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "resp/request_parser.h"

namespace {

using resp::RequestParser;
using Status = RequestParser::Status;

// What a connection's bytes mean.
struct Meaning {
  std::vector<std::vector<std::string>> commands;
  size_t consumed = 0;
  bool failed = false;
  std::string error;
  bool operator==(const Meaning&) const = default;
};

// The connection's bytes in the chunks that `next_chunk` wants, held as Client holds them: what is not consumed stays
// in front of what comes. Every chunk lies in memory of exactly its size, so that reading past its end is seen.
template <typename NextChunk>
Meaning parse_in_chunks(std::string_view bytes, const RequestParser::Limits& limits, NextChunk next_chunk) {
  RequestParser parser;
  Meaning meaning;
  size_t arrived = 0;
  while (arrived < bytes.size()) {
    arrived += next_chunk(bytes.size() - arrived);
    const std::vector<char> held(bytes.begin() + static_cast<ptrdiff_t>(meaning.consumed),
                                 bytes.begin() + static_cast<ptrdiff_t>(arrived));
    const std::string_view input(held.data(), held.size());
    size_t from = 0;
    while (from < input.size()) {
      std::vector<std::string_view> words;
      size_t used = 0;
      const Status status = parser.parse(input.substr(from), limits, words, used);
      if (status == Status::kError) {
        meaning.failed = true;
        meaning.consumed += from;
        meaning.error = std::string(parser.error());
        CHECK(!meaning.error.empty());
        return meaning;
      }
      if (status == Status::kNeedMore) {
        CHECK(words.empty());
        parser.wanted(input.size() - from);
        break;
      }
      CHECK(used > 0 && used <= input.size() - from);
      // What has not authenticated sends little; an inline command is bounded by its line's length instead.
      CHECK(limits.authenticated || input[from] != '*' || words.size() <= 10);
      for (const std::string_view word : words)
        CHECK(static_cast<int64_t>(word.size()) <= std::max<int64_t>(limits.bulk_bytes, 1 << 16));
      meaning.commands.emplace_back(words.begin(), words.end());
      from += used;
    }
    meaning.consumed += from;
  }
  return meaning;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestParser::Limits limits;
  limits.authenticated = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) limits.bulk_bytes = 16;
  const Meaning whole = parse_in_chunks(bytes, limits, [](size_t left) { return left; });
  base::Random random(data[0]);
  const Meaning split =
      parse_in_chunks(bytes, limits, [&random](size_t left) { return 1 + random.below(std::min<size_t>(left, 40)); });
  CHECK(whole == split);
  if (bytes.size() <= 256) {
    const Meaning single = parse_in_chunks(bytes, limits, [](size_t) { return size_t{1}; });
    CHECK(whole == single);
  }
  return 0;
}
