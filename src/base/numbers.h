// Numbers as text: strict parsing, fast formatting, sizes with units, and arithmetic that reports overflow.
//
// What is accepted and how it prints is what clients of the reference see, so it follows the reference to the letter.
//
// Cost     one pass, no allocation: integers about 10 ns, doubles 25 (parse) and 50 (write). Long doubles go through
//          the C library: 115 ns and 500 ns. Measured on a shared Xeon core, numbers of up to 17 digits.
// Threads  all functions are pure; they assume that nobody calls setlocale(LC_NUMERIC).
// Errors   a text that is refused gives nullopt; so does a value that does not fit.
// Source   valkey-server 9.1.2, probed; tests/unit/base/numbers_test.cc pins the results.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// Parsing. All of them want the whole text: no space before or after, no NUL inside.

// Decimal as format_int64 writes it, and nothing else: "-5" and "0", but not "+5", "05", "-0", " 5" or "".
std::optional<int64_t> parse_int64(std::string_view text);
std::optional<uint64_t> parse_uint64(std::string_view text);

// Decimal floats ("+.5", "1e5", "3."), "inf" and "infinity" in any case. Refuses "nan", hexadecimal, values beyond the
// range (1e400), and values other than zero that round to zero (1e-400).
std::optional<double> parse_double(std::string_view text);

// The operands of INCRBYFLOAT: as parse_double, with the range of 80 bits, and hexadecimal ("0x1p4") accepted.
// A text of kLongDoubleTextBytesMax bytes or more is refused.
inline constexpr size_t kLongDoubleTextBytesMax = 5120;
std::optional<long double> parse_long_double(std::string_view text);

// Formatting.

inline constexpr size_t kInt64Chars = 20;   // "-9223372036854775808" and "18446744073709551615"
inline constexpr size_t kDoubleChars = 32;  // the longest is 24 characters: "-1.2345678901234567e-100"

// Characters that `value` takes in decimal, the sign included.
size_t int64_digits(int64_t value);
size_t uint64_digits(uint64_t value);

// Writes `value` at `out`, which has room for kInt64Chars, and returns the end of what was written.
char* write_int64(char* out, int64_t value);
char* write_uint64(char* out, uint64_t value);
// The same for kDoubleChars: digits that read back as `value` (base/grisu2.h); "inf", "-inf", "nan".
char* write_double(char* out, double value);

inline std::string_view format_int64(int64_t value, char (&buffer)[kInt64Chars]) {
  return {buffer, static_cast<size_t>(write_int64(buffer, value) - buffer)};
}
inline std::string_view format_uint64(uint64_t value, char (&buffer)[kInt64Chars]) {
  return {buffer, static_cast<size_t>(write_uint64(buffer, value) - buffer)};
}
inline std::string_view format_double(double value, char (&buffer)[kDoubleChars]) {
  return {buffer, static_cast<size_t>(write_double(buffer, value) - buffer)};
}

// The human form of INCRBYFLOAT: never an exponent, at most 17 decimals, no zeros at the end, no "-0".
std::string format_long_double(long double value);

// Sizes of memory.

// "1024", "1kb", "1K": the units b, k, kb, m, mb, g and gb in any case; kb is 1024 and k is 1000. No digits at all
// read as zero, as in the reference. Two differences, on purpose: a product beyond 64 bits is refused where the
// reference wraps around (17179869184gb would be no limit at all), and a NUL does not end the text.
std::optional<uint64_t> parse_memory(std::string_view text);

// "512B", "1.50K", "2.00M", G, T and P, as INFO's *_human fields; from 2^60 on bytes again.
std::string human_bytes(uint64_t bytes);

// Arithmetic.

template <std::integral T>
constexpr std::optional<T> checked_add(T a, T b) {
  T sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

template <std::integral T>
constexpr std::optional<T> checked_subtract(T a, T b) {
  T difference;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

template <std::integral T>
constexpr std::optional<T> checked_multiply(T a, T b) {
  T product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

}  // namespace base
