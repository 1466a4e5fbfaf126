#include "resp/request_parser.h"

#include <cstring>
#include <limits>

#include "base/numbers.h"
#include "base/words.h"

namespace resp {
namespace {

constexpr size_t kLineLimit = 64 * 1024;
constexpr int64_t kUnauthenticatedArguments = 10;
constexpr int64_t kUnauthenticatedBulk = 16 * 1024;

// Up to seven digits and CRLF at `at`, which moves behind them; -1 for anything else, which the slow path looks into.
int32_t read_small_number(const char*& at, const char* end) {
  if (end - at < 3 || *at < '0' || *at > '9' || (*at == '0' && at[1] != '\r')) return -1;
  if (at[1] == '\r' && at[2] == '\n') {
    at += 3;
    return at[-3] - '0';
  }
  int32_t value = *at++ - '0';
  for (int digits = 1; *at >= '0' && *at <= '9'; ++digits, ++at) {
    if (digits == 7 || end - at < 3) return -1;
    value = value * 10 + (*at - '0');
  }
  if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return -1;
  at += 2;
  return value;
}

}  // namespace

RequestParser::Status RequestParser::fail(std::string error) {
  error_ = std::move(error);
  return Status::kError;
}

void RequestParser::restart() {
  offset_ = 0;
  remaining_ = length_ = kUnknown;
  constexpr size_t kPlacesKept = 1024;  // each client has its own
  places_.clear();
  if (places_.capacity() > kPlacesKept) places_.shrink_to_fit();
}

size_t RequestParser::wanted(size_t input_bytes) const {
  if (length_ == kUnknown) return 0;
  const size_t end = offset_ + static_cast<size_t>(length_) + 2;
  return end > input_bytes ? end - input_bytes : 0;
}

// The line at the current place, without its CRLF; the place moves past it.
RequestParser::Status RequestParser::read_line(std::string_view input, std::string_view too_big,
                                               std::string_view& line) {
  const char* start = input.data() + offset_;
  const size_t left = input.size() - offset_;
  const auto* end = static_cast<const char*>(std::memchr(start, '\r', left));
  if (end == nullptr) return left > kLineLimit ? fail(std::string(too_big)) : Status::kNeedMore;
  const auto size = static_cast<size_t>(end - start);
  if (left < size + 2) return Status::kNeedMore;
  if (end[1] != '\n') return fail("invalid CRLF in request");
  line = {start, size};
  offset_ += size + 2;
  return Status::kCommand;
}

RequestParser::Status RequestParser::parse_count(std::string_view input, const Limits& limits) {
  std::string_view line;
  const Status status = read_line(input, "too big mbulk count string", line);
  if (status != Status::kCommand) return status;
  const auto count = base::parse_int64(line.substr(1));
  if (!count || *count > std::numeric_limits<int32_t>::max()) return fail("invalid multibulk length");
  if (*count > kUnauthenticatedArguments && !limits.authenticated) return fail("unauthenticated multibulk length");
  remaining_ = *count > 0 ? *count : 0;
  return Status::kCommand;
}

RequestParser::Status RequestParser::parse_length(std::string_view input, const Limits& limits) {
  const size_t start = offset_;
  std::string_view line;
  const Status status = read_line(input, "too big bulk count string", line);
  if (status != Status::kCommand) return status;
  if (line.empty() || line[0] != '$') {
    return fail(std::string("expected '$', got '") + input[start] + "'");
  }
  const auto length = base::parse_int64(line.substr(1));
  if (!length || *length < 0 || *length > limits.bulk_bytes) return fail("invalid bulk length");
  if (*length > kUnauthenticatedBulk && !limits.authenticated) return fail("unauthenticated bulk length");
  length_ = *length;
  return Status::kCommand;
}

// The common case: a whole, well-formed, small command. False leaves everything as it was.
bool RequestParser::parse_whole(std::string_view input, const Limits& limits, std::vector<std::string_view>& arguments,
                                size_t& consumed) {
  const char* at = input.data() + 1;
  const char* const end = input.data() + input.size();
  const int32_t count = read_small_number(at, end);
  if (count <= 0 || count > 1024) return false;
  const size_t before = arguments.size();
  for (int32_t left = count; left > 0; --left) {
    if (at == end || *at++ != '$') break;
    const int32_t length = read_small_number(at, end);
    if (length < 0 || length > limits.bulk_bytes || end - at < length + 2) break;
    if (at[length] != '\r' || at[length + 1] != '\n') break;
    arguments.emplace_back(at, static_cast<size_t>(length));
    at += length + 2;
    if (left == 1) {
      consumed = static_cast<size_t>(at - input.data());
      return true;
    }
  }
  arguments.resize(before);
  return false;
}

RequestParser::Status RequestParser::parse(std::string_view input, const Limits& limits,
                                           std::vector<std::string_view>& arguments, size_t& consumed) {
  if (input.empty()) return Status::kNeedMore;
  if (remaining_ == kUnknown) {
    if (input[0] != '*') return parse_inline(input, arguments, consumed);
    if (limits.authenticated && parse_whole(input, limits, arguments, consumed)) return Status::kCommand;
    const Status status = parse_count(input, limits);
    if (status != Status::kCommand) return status;
  }
  while (remaining_ > 0) {
    if (length_ == kUnknown) {
      if (offset_ == input.size()) return Status::kNeedMore;
      const Status status = parse_length(input, limits);
      if (status != Status::kCommand) return status;
    }
    const auto length = static_cast<size_t>(length_);
    if (input.size() - offset_ < length + 2) return Status::kNeedMore;
    if (std::memcmp(input.data() + offset_ + length, "\r\n", 2) != 0) return fail("invalid CRLF in request");
    places_.push_back({offset_, length});
    offset_ += length + 2;
    length_ = kUnknown;
    --remaining_;
  }
  for (const Place& place : places_) arguments.push_back(input.substr(place.offset, place.length));
  consumed = offset_;
  restart();
  return Status::kCommand;
}

RequestParser::Status RequestParser::parse_inline(std::string_view input, std::vector<std::string_view>& arguments,
                                                  size_t& consumed) {
  const size_t end = input.find('\n');
  if (end == std::string_view::npos) {
    return input.size() > kLineLimit ? fail("too big inline request") : Status::kNeedMore;
  }
  std::string_view line = input.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  auto words = base::split_words(line);
  if (!words) return fail("unbalanced quotes in request");
  words_ = std::move(*words);
  arguments.insert(arguments.end(), words_.begin(), words_.end());
  consumed = end + 1;
  return Status::kCommand;
}

}  // namespace resp
