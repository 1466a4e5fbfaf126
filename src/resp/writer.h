// Writer: values to RESP2 or RESP3, appended to a Buffer.
//
// A container's header says how many elements follow; the caller writes just as many, so that the reply re-parses to
// exactly one value. RESP2 has no map, set, double, boolean, big number or verbatim text: there they become what the
// reference sends (a flat array, an array, texts, 0 or 1).
//
// With a sink the values go there (resp/value_sink.h), and nothing is written.
//
// Errors   line texts (simple, error) never contain CR or LF: they are replaced by spaces.
#pragma once

#include <cstdint>
#include <string_view>

#include "resp/buffer.h"
#include "resp/value_sink.h"

namespace resp {

class Writer {
 public:
  explicit Writer(Buffer& out, int version = 2) : out_(&out), version_(version) {}
  Writer(Buffer& unused, int version, ValueSink& sink) : out_(&unused), version_(version), sink_(&sink) {}

  int version() const { return version_; }
  void set_version(int version) { version_ = version; }
  Buffer& out() { return *out_; }
  void set_out(Buffer& out) { out_ = &out; }
  // What went to the sink, if that is one error. REQUIRES: there is a sink.
  std::string_view sink_error() const { return sink_->error(); }

  void ok() { line('+', "OK"); }
  void simple(std::string_view text) { line('+', text); }
  // `text` begins with its code: "ERR syntax error".
  void error(std::string_view text) { line('-', text); }
  void integer(int64_t value);
  void bulk(std::string_view bytes);
  void bulk_integer(int64_t value);
  void null();        // no value where a text might be
  void null_array();  // no value where an array might be
  void array(size_t count) { header('*', count); }
  void map(size_t pairs) { version_ >= 3 ? header('%', pairs) : header('*', 2 * pairs); }
  void set(size_t count) { header(version_ >= 3 ? '~' : '*', count); }
  void push(size_t count) { header(version_ >= 3 ? '>' : '*', count); }

  // A container whose elements are counted as they are written: what follows an open one is in it until it is closed.
  // A good guess of the count spares the elements a move.
  struct Open {
    size_t at;
    size_t header_bytes;
    char kind;
  };
  Open open_array(size_t guess = 0) { return open('*', guess); }
  Open open_set(size_t guess = 0) { return open(version_ >= 3 ? '~' : '*', guess); }
  void close(const Open& open, size_t count);
  Open open_map(size_t guess = 0) { return open(version_ >= 3 ? '%' : '*', guess); }
  void close_map(const Open& open, size_t pairs) { close(open, version_ >= 3 ? pairs : 2 * pairs); }

  void boolean(bool value);
  void real(double value);
  // The same in digits of the caller's.
  void real(std::string_view digits);
  // Decimal digits of any number.
  void big_number(std::string_view digits);
  // What the value after it is told about, in so many pairs. REQUIRES: version() >= 3.
  void attribute(size_t pairs) { header('|', pairs); }
  // `format` is three letters: txt or mkd.
  void verbatim(std::string_view format, std::string_view text);

 private:
  void line(char kind, std::string_view text);
  void header(char kind, uint64_t count);
  Open open(char kind, size_t guess);

  Buffer* out_;
  int version_;
  ValueSink* sink_ = nullptr;
};

}  // namespace resp
