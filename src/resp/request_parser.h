// RequestParser: bytes from a client to commands, split at any byte.
//
//   request := multibulk | inline
//   multibulk := "*" count CRLF ("$" length CRLF bytes CRLF)^count
//   inline := words, quoted as in the shell, LF
//
// The parser keeps its place in a command that is not complete yet, so bytes are looked at once. It holds no bytes: the
// caller passes all that belongs to the current command each time, and the arguments point into it.
//
// Limits   see Limits; nothing is allocated for a length that was only declared.
// Errors   the texts of Valkey 9.1.2; after one the connection must close. tests/transcripts/protocol pins them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

class RequestParser {
 public:
  enum class Status : uint8_t { kCommand, kNeedMore, kError };

  struct Limits {
    int64_t bulk_bytes = 512 * 1024 * 1024;  // proto-max-bulk-len
    bool authenticated = true;               // others may send 10 arguments of 16 KB only
  };

  // `input` begins with the first byte of the current command. On kCommand the arguments (none for an empty request)
  // are appended to `arguments` and `consumed` is the command's length.
  Status parse(std::string_view input, const Limits& limits, std::vector<std::string_view>& arguments,
               size_t& consumed);

  // After kError: what to tell the client, without the leading "-ERR Protocol error: ".
  std::string_view error() const { return error_; }

  // How many bytes the current argument still needs beyond `input`, where its length is known; else 0.
  size_t wanted(size_t input_bytes) const;

  // The length of the current argument, where it is known; else 0.
  size_t argument_bytes() const { return length_ == kUnknown ? 0 : static_cast<size_t>(length_); }

  // Where in the command a large argument begins that is not complete yet; else 0. Valkey gives up what is before it.
  size_t large_argument() const { return length_ >= kLarge ? offset_ : 0; }

 private:
  struct Place {
    size_t offset;
    size_t length;
  };
  static constexpr int64_t kUnknown = -1;
  static constexpr int64_t kLarge = 32 * 1024;

  static bool parse_whole(std::string_view input, const Limits& limits, std::vector<std::string_view>& arguments,
                          size_t& consumed);
  Status parse_inline(std::string_view input, std::vector<std::string_view>& arguments, size_t& consumed);
  Status parse_count(std::string_view input, const Limits& limits);
  Status parse_length(std::string_view input, const Limits& limits);
  Status read_line(std::string_view input, std::string_view too_big, std::string_view& line);
  Status fail(std::string error);
  void restart();

  size_t offset_ = 0;             // parsed so far of the current command
  int64_t remaining_ = kUnknown;  // arguments still to come
  int64_t length_ = kUnknown;     // of the current argument
  std::vector<Place> places_;
  std::vector<std::string> words_;  // an inline command's, unquoted
  std::string error_;
};

}  // namespace resp
