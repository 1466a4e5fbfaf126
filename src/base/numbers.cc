#include "base/numbers.h"

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/grisu2.h"

namespace base {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool has_digit_above_zero(std::string_view text) {
  for (const char c : text) {
    if (c >= '1' && c <= '9') return true;
    if (c == 'e' || c == 'E') return false;
  }
  return false;
}

// The pairs "00" to "99": formatting divides by 100, which halves the divisions.
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Digits without a sign or zeros in front. Nineteen of them always fit in 64 bits.
std::optional<uint64_t> parse_digits(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  if (text[0] == '0') return text.size() == 1 ? std::optional<uint64_t>(0) : std::nullopt;
  uint64_t value = 0;
  for (const char c : text.substr(0, 19)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (text.size() < 20) return value;
  if (!is_digit(text[19])) return std::nullopt;
  if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return std::nullopt;
  if (__builtin_add_overflow(value, static_cast<uint64_t>(text[19] - '0'), &value)) return std::nullopt;
  return value;
}

char* append(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// The layout rule of the reference. `last` is the exponent of the last digit.
char* write_decimal(char* out, const Decimal& value) {
  const std::string_view digits(value.digits, static_cast<size_t>(value.count));
  const int last = value.exponent - (value.count - 1);
  const int magnitude = std::abs(value.exponent);
  if (last >= 0 && magnitude < value.count + 7) {  // 12000
    out = append(out, digits);
    std::memset(out, '0', static_cast<size_t>(last));
    return out + last;
  }
  if (last < 0 && (last > -7 || magnitude < 4)) {
    if (value.exponent >= 0) {  // 12.5
      const size_t whole = static_cast<size_t>(value.exponent) + 1;
      out = append(out, digits.substr(0, whole));
      *out++ = '.';
      return append(out, digits.substr(whole));
    }
    out = append(out, "0.");  // 0.0125
    const size_t zeros = static_cast<size_t>(magnitude) - 1;
    std::memset(out, '0', zeros);
    return append(out + zeros, digits);
  }
  *out++ = digits[0];  // 1.25e-9
  if (digits.size() > 1) {
    *out++ = '.';
    out = append(out, digits.substr(1));
  }
  *out++ = 'e';
  *out++ = value.exponent < 0 ? '-' : '+';
  return write_uint64(out, static_cast<uint64_t>(magnitude));
}

// The factor that a unit stands for; nothing if there is no such unit.
std::optional<uint64_t> unit_bytes(std::string_view unit) {
  char lower[3] = {};
  if (unit.size() > 2) return std::nullopt;
  for (size_t i = 0; i < unit.size(); ++i) {
    lower[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(unit[i])));
  }
  const std::string_view name(lower, unit.size());
  if (name.empty() || name == "b") return 1;
  if (name == "k") return 1'000;
  if (name == "kb") return 1ull << 10;
  if (name == "m") return 1'000'000;
  if (name == "mb") return 1ull << 20;
  if (name == "g") return 1'000'000'000;
  if (name == "gb") return 1ull << 30;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_int64(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative && text.size() > 1 && text[1] == '0') return std::nullopt;
  const std::optional<uint64_t> size = parse_digits(negative ? text.substr(1) : text);
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (!size || *size > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - *size : *size);
}

std::optional<uint64_t> parse_uint64(std::string_view text) { return parse_digits(text); }

std::optional<double> parse_double(std::string_view text) {
  // from_chars knows no plus, and would take the minus in "+-1".
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || std::isnan(value)) return std::nullopt;
  // Library versions differ in whether they report these two, so they are found by their shape.
  const char first = text[text[0] == '-' ? 1 : 0];
  if (std::isinf(value) && (is_digit(first) || first == '.')) return std::nullopt;
  if (value == 0 && has_digit_above_zero(text)) return std::nullopt;
  return value;
}

std::optional<long double> parse_long_double(std::string_view text) {
  if (text.empty() || text.size() >= kLongDoubleTextBytesMax) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0]))) return std::nullopt;
  char copy[kLongDoubleTextBytesMax];  // strtold wants a NUL at the end
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';

  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(copy, &end);
  if (end != copy + text.size() || std::isnan(value)) return std::nullopt;
  // A tiny value that keeps some bits also sets ERANGE, and the reference accepts it.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

size_t uint64_digits(uint64_t value) {
  size_t digits = 1;
  while (value >= 10'000) {
    value /= 10'000;
    digits += 4;
  }
  if (value >= 1'000) return digits + 3;
  if (value >= 100) return digits + 2;
  return value >= 10 ? digits + 1 : digits;
}

size_t int64_digits(int64_t value) {
  return value < 0 ? 1 + uint64_digits(0 - static_cast<uint64_t>(value)) : uint64_digits(static_cast<uint64_t>(value));
}

char* write_uint64(char* out, uint64_t value) {
  char* const end = out + uint64_digits(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &kPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(at - 2, &kPairs[2 * value], 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

char* write_int64(char* out, int64_t value) {
  if (value >= 0) return write_uint64(out, static_cast<uint64_t>(value));
  *out = '-';
  return write_uint64(out + 1, 0 - static_cast<uint64_t>(value));
}

char* write_double(char* out, double value) {
  if (std::isnan(value)) return append(out, "nan");
  if (std::isinf(value)) return append(out, value > 0 ? "inf" : "-inf");
  // Whole numbers up to 2^62 print all their digits, as the reference does.
  constexpr double kWholeMax = 4611686018427387904.0;
  if (value >= -kWholeMax && value <= kWholeMax) {
    const auto whole = static_cast<int64_t>(value);
    if (value == 0 && std::signbit(value)) return append(out, "-0");
    if (static_cast<double>(whole) == value) return write_int64(out, whole);
  }
  if (value < 0) *out++ = '-';
  return write_decimal(out, grisu2(std::fabs(value)));
}

std::string format_long_double(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[kLongDoubleTextBytesMax];  // the largest takes 4933 digits, a sign, a point and 17 decimals
  size_t size = static_cast<size_t>(std::snprintf(text, sizeof text, "%.17Lf", value));
  while (text[size - 1] == '0') --size;  // stops at the point at the latest
  if (text[size - 1] == '.') --size;
  const std::string_view trimmed(text, size);
  return std::string(trimmed == "-0" ? "0" : trimmed);
}

std::optional<uint64_t> parse_memory(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  constexpr size_t kDigitsMax = 127;  // of the reference, zeros in front included
  if (digits > kDigitsMax) return std::nullopt;
  const std::optional<uint64_t> unit = unit_bytes(text.substr(digits));
  if (!unit) return std::nullopt;

  size_t zeros = 0;
  while (zeros < digits && text[zeros] == '0') ++zeros;
  if (zeros == digits) return 0;
  const std::optional<uint64_t> count = parse_digits(text.substr(zeros, digits - zeros));
  if (!count) return std::nullopt;
  return checked_multiply(*count, *unit);
}

std::string human_bytes(uint64_t bytes) {
  constexpr std::string_view kUnits = "KMGTP";
  if (bytes < 1024 || bytes >= 1ull << 60) return std::to_string(bytes) + 'B';
  size_t unit = 0;
  double scaled = static_cast<double>(bytes) / 1024;
  // Compared as whole numbers: 2^50 - 1 is "1024.00T", not "1.00P".
  for (uint64_t rest = bytes >> 10; rest >= 1024; rest >>= 10, ++unit) scaled /= 1024;
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.2f%c", scaled, kUnits[unit]);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace base
