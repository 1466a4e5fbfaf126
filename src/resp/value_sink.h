// ValueSink: who takes a reply as values instead of as text. Lua gets what a command answers this way.
//
// A Writer with a sink calls it where it would write. Containers come as in the text: a header with its count, then
// just as many values; an open container has no count until it is closed.
#pragma once

#include <cstdint>
#include <string_view>

namespace resp {

class ValueSink {
 public:
  virtual void line(char kind, std::string_view text) = 0;  // '+' or '-'
  virtual void integer(int64_t value) = 0;
  virtual void bulk(std::string_view bytes) = 0;
  virtual void null() = 0;
  virtual void boolean(bool value) = 0;  // RESP3
  virtual void real(std::string_view digits) = 0;
  virtual void big_number(std::string_view digits) = 0;
  virtual void verbatim(std::string_view format, std::string_view text) = 0;
  // '*', '~', '>', '%' or '|'; of the last two `count` is pairs.
  virtual void header(char kind, uint64_t count) = 0;
  virtual void open(char kind) = 0;
  virtual void close() = 0;
  // The text of the error, if the whole reply is one; empty else.
  virtual std::string_view error() const = 0;

 protected:
  ~ValueSink() = default;
};

}  // namespace resp
