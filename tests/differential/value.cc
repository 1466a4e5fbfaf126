// RESP values: scanning, parsing, printing. See value.h.
#include "value.h"

#include <charconv>

namespace differential {

namespace {

// The number in a length line; false if it is none.
bool read_length(std::string_view line, int64_t* length) {
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), *length);
  return error == std::errc() && end == line.data() + line.size();
}

constexpr std::string_view kScalars = "+-:_#,(";
constexpr std::string_view kBulks = "$=!";
constexpr std::string_view kSequences = "*~>";
constexpr std::string_view kMaps = "%|";

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (size_t at = 0; at + 1 < items.size(); at += 2) {
    if (items[at].text == key) return &items[at + 1];
  }
  return nullptr;
}

bool operator==(const Value& left, const Value& right) {
  return left.kind == right.kind && left.text == right.text && left.items == right.items;
}

size_t value_end(std::string_view buffer, size_t from) {
  size_t at = from;
  for (int64_t pending = 1; pending > 0; pending--) {
    size_t line_end = buffer.find("\r\n", at);
    if (line_end == std::string_view::npos) return kIncomplete;
    char kind = buffer[at];
    std::string_view rest = buffer.substr(at + 1, line_end - at - 1);
    at = line_end + 2;
    if (kScalars.find(kind) != std::string_view::npos) continue;
    int64_t length = 0;
    if (!read_length(rest, &length) || length < -1) return kMalformed;
    if (kBulks.find(kind) != std::string_view::npos) {
      if (length < 0) continue;
      at += static_cast<size_t>(length) + 2;
      if (at > buffer.size()) return kIncomplete;
      if (buffer[at - 2] != '\r' || buffer[at - 1] != '\n') return kMalformed;
    } else if (kSequences.find(kind) != std::string_view::npos) {
      pending += length < 0 ? 0 : length;
    } else if (kMaps.find(kind) != std::string_view::npos) {
      // An attribute is followed by the value that it describes.
      pending += 2 * length + (kind == '|' ? 1 : 0);
    } else {
      return kMalformed;
    }
  }
  return at;
}

Value parse_value(std::string_view buffer, size_t* at) {
  size_t line_end = buffer.find("\r\n", *at);
  Value value;
  value.kind = buffer[*at];
  std::string_view rest = buffer.substr(*at + 1, line_end - *at - 1);
  *at = line_end + 2;
  if (kScalars.find(value.kind) != std::string_view::npos) {
    value.text = rest;
    return value;
  }
  int64_t length = 0;
  read_length(rest, &length);
  if (length < 0) {
    value.text = value.kind;
    value.kind = '_';
    return value;
  }
  if (kBulks.find(value.kind) != std::string_view::npos) {
    value.text = buffer.substr(*at, static_cast<size_t>(length));
    *at += static_cast<size_t>(length) + 2;
    return value;
  }
  int64_t count = kMaps.find(value.kind) != std::string_view::npos ? 2 * length + (value.kind == '|' ? 1 : 0) : length;
  value.items.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) value.items.push_back(parse_value(buffer, at));
  return value;
}

std::string quoted(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out + "\"";
}

std::string render(const Value& value, size_t limit) {
  std::string out;
  if (value.kind == '_') {
    out = value.text.empty() ? "(null)" : "(null " + value.text + ")";
  } else if (value.is_aggregate()) {
    out = std::string(1, value.kind) + std::to_string(value.items.size()) + "[";
    for (const Value& item : value.items) {
      out += render(item, limit) + ", ";
      if (out.size() > limit) break;
    }
    out += "]";
  } else if (value.kind == '$') {
    out = quoted(value.text);
  } else {
    std::string text = quoted(value.text);
    out = std::string(1, value.kind) + text.substr(1, text.size() - 2);
  }
  if (out.size() > limit) out = out.substr(0, limit) + "... (" + std::to_string(out.size()) + " bytes)";
  return out;
}

void append_command(std::string* out, const std::vector<std::string>& arguments) {
  *out += "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    *out += "$" + std::to_string(argument.size()) + "\r\n";
    *out += argument;
    *out += "\r\n";
  }
}

}  // namespace differential
