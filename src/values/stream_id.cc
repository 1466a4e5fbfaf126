#include "values/stream_id.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/numbers.h"

namespace values {

namespace {

// A longer text is no id.
constexpr size_t kLongestId = 127;

// Half of an id. What is no plain number is read by strtoull, as the reference does: "007", "+5", " 5", and "-05" as
// 2^64 - 5, but not "-5".
std::optional<uint64_t> parse_half(std::string_view text) {
  if (const auto plain = base::parse_int64(text)) {
    return *plain < 0 ? std::nullopt : std::optional<uint64_t>(static_cast<uint64_t>(*plain));
  }
  if (text.empty()) return std::nullopt;
  char buffer[kLongestId + 1];
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  errno = 0;
  char* end = nullptr;
  const unsigned long long value = std::strtoull(buffer, &end, 10);
  if (errno != 0 || end != buffer + text.size()) return std::nullopt;
  return value;
}

// A NUL ends an id.
std::optional<std::string_view> without_nul(std::string_view text) {
  if (text.size() > kLongestId) return std::nullopt;
  return text.substr(0, text.find('\0'));
}

}  // namespace

std::optional<StreamId> parse_stream_id(std::string_view text, uint64_t missing_sequence) {
  const auto id = without_nul(text);
  if (!id) return std::nullopt;
  const size_t dash = id->find('-');
  const auto ms = parse_half(id->substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == id->npos) return StreamId{*ms, missing_sequence};
  const auto sequence = parse_half(id->substr(dash + 1));
  if (!sequence) return std::nullopt;
  return StreamId{*ms, *sequence};
}

std::optional<NewStreamId> parse_new_stream_id(std::string_view text) {
  const auto id = without_nul(text);
  if (!id) return std::nullopt;
  if (*id == "*") return NewStreamId{};
  if (const size_t dash = id->find('-'); dash != id->npos && id->substr(dash + 1) == "*") {
    const auto ms = parse_half(id->substr(0, dash));
    if (!ms) return std::nullopt;
    return NewStreamId{.id = {*ms, 0}, .has_ms = true, .has_sequence = false};
  }
  const auto whole = parse_stream_id(text, 0);
  if (!whole) return std::nullopt;
  return NewStreamId{.id = *whole, .has_ms = true, .has_sequence = true};
}

std::string_view format_stream_id(StreamId id, StreamIdBuffer& buffer) {
  char* end = base::write_uint64(buffer, id.ms);
  *end++ = '-';
  end = base::write_uint64(end, id.sequence);
  return {buffer, static_cast<size_t>(end - buffer)};
}

}  // namespace values
