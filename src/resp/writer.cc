#include "resp/writer.h"

#include "base/numbers.h"

namespace resp {
namespace {

char* write_crlf(char* at) {
  at[0] = '\r';
  at[1] = '\n';
  return at + 2;
}

}  // namespace

void Writer::line(char kind, std::string_view text) {
  if (sink_ != nullptr) return sink_->line(kind, text);
  char* at = out_->reserve(text.size() + 3);
  *at++ = kind;
  for (const char byte : text) *at++ = byte == '\r' || byte == '\n' ? ' ' : byte;
  write_crlf(at);
  out_->commit(text.size() + 3);
}

void Writer::header(char kind, uint64_t count) {
  if (sink_ != nullptr) return sink_->header(kind, count);
  char* const start = out_->reserve(base::kInt64Chars + 3);
  char* at = start;
  *at++ = kind;
  at = write_crlf(base::write_uint64(at, count));
  out_->commit(static_cast<size_t>(at - start));
}

Writer::Open Writer::open(char kind, size_t guess) {
  if (sink_ != nullptr) {
    sink_->open(kind);
    return {.at = 0, .header_bytes = 0, .kind = kind};
  }
  const size_t at = out_->size();
  header(kind, guess);
  return {.at = at, .header_bytes = out_->size() - at, .kind = kind};
}

void Writer::close(const Open& open, size_t count) {
  if (sink_ != nullptr) return sink_->close();
  char header[base::kInt64Chars + 3];
  header[0] = open.kind;
  const char* end = write_crlf(base::write_uint64(header + 1, count));
  out_->replace(open.at, open.header_bytes, {header, static_cast<size_t>(end - header)});
}

void Writer::integer(int64_t value) {
  if (sink_ != nullptr) return sink_->integer(value);
  char* const start = out_->reserve(base::kInt64Chars + 3);
  char* at = start;
  *at++ = ':';
  at = write_crlf(base::write_int64(at, value));
  out_->commit(static_cast<size_t>(at - start));
}

void Writer::bulk(std::string_view bytes) {
  if (sink_ != nullptr) return sink_->bulk(bytes);
  char* const start = out_->reserve(bytes.size() + base::kInt64Chars + 5);
  char* at = start;
  *at++ = '$';
  at = write_crlf(base::write_uint64(at, bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  at = write_crlf(at + bytes.size());
  out_->commit(static_cast<size_t>(at - start));
}

void Writer::bulk_integer(int64_t value) {
  char digits[base::kInt64Chars];
  bulk(base::format_int64(value, digits));
}

void Writer::null() {
  if (sink_ != nullptr) return sink_->null();
  out_->append(version_ >= 3 ? "_\r\n" : "$-1\r\n");
}

void Writer::null_array() {
  if (sink_ != nullptr) return sink_->null();
  out_->append(version_ >= 3 ? "_\r\n" : "*-1\r\n");
}

void Writer::boolean(bool value) {
  if (version_ >= 3) {
    if (sink_ != nullptr) return sink_->boolean(value);
    out_->append(value ? "#t\r\n" : "#f\r\n");
  } else {
    integer(value ? 1 : 0);
  }
}

void Writer::real(double value) {
  char digits[base::kDoubleChars];
  real(base::format_double(value, digits));
}

void Writer::real(std::string_view digits) {
  if (version_ < 3) return bulk(digits);
  if (sink_ != nullptr) return sink_->real(digits);
  out_->append(",");
  out_->append(digits);
  out_->append("\r\n");
}

void Writer::big_number(std::string_view digits) {
  if (version_ < 3) return bulk(digits);
  if (sink_ != nullptr) return sink_->big_number(digits);
  line('(', digits);
}

void Writer::verbatim(std::string_view format, std::string_view text) {
  DCHECK(format.size() == 3);
  if (version_ < 3) return bulk(text);
  if (sink_ != nullptr) return sink_->verbatim(format, text);
  header('=', text.size() + 4);
  out_->append(format);
  out_->append(":");
  out_->append(text);
  out_->append("\r\n");
}

}  // namespace resp
