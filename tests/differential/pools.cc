// The pools. See pools.h.
#include "pools.h"

#include <iterator>

namespace differential {

namespace {

using namespace std::string_literals;

const std::string kKeys[] = {
    "a",      "b",       "c",         "k1",
    "k2",     "counter", "bits",      "{tag}x",
    "{tag}y", "",        "key\0nul"s, "a-key-that-is-long-enough-not-to-be-embedded-anywhere-0123456789-0123456789"};

const std::string kTexts[] = {
    "",
    "a",
    "b",
    "abc",
    "hello",
    "0",
    "1",
    "-1",
    "10",
    "12345",
    "-0",
    "+1",
    "01",
    " 1",
    "1 ",
    "1.5",
    "3.0",
    "1e5",
    "0.1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "inf",
    "nan",
    "9999",
    "10000",
    "2147483648",
    "\0"s,
    "\xff\xff\xff"s,
    "\xff\xf0\x0f"s,
    "foobar",
    "\r\n",
    "a\0b"s,
    "ohmytext",
    "mynewtext",
    "12345678901234567890123456789012345678901234",
    "123456789012345678901234567890123456789012345",
    "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"};

const std::string kBoundaries[] = {"0",
                                   "-0",
                                   "+0",
                                   "-1",
                                   "00",
                                   "-01",
                                   "-9223372036854775808",
                                   "-9223372036854775809",
                                   "-9223372036854775807",
                                   "9223372036854775807",
                                   "9223372036854775806",
                                   "9223372036854775808",
                                   "2147483647",
                                   "2147483648",
                                   "-2147483648",
                                   "-2147483649",
                                   "4294967296",
                                   "18446744073709551615",
                                   "18446744073709551616",
                                   "1.0",
                                   "-1.5",
                                   "abc",
                                   "",
                                   " 1",
                                   "1 ",
                                   "1\0"s,
                                   "0x1",
                                   "inf",
                                   "nan",
                                   "--1",
                                   "1e3",
                                   "9223372036854775",
                                   "9223372036854776",
                                   "-9223372036854775",
                                   "-9223372036854776",
                                   "99999999999999999999999999999999"};

const std::string kFloats[] = {"0",
                               "1",
                               "-1",
                               "0.1",
                               "0.2",
                               "-0.5",
                               "1.5",
                               "3.0",
                               "1e2",
                               "1E-2",
                               "1e17",
                               "1e18",
                               "-1e17",
                               "1e-17",
                               "1e-18",
                               "123456789.123456789",
                               "17179869184.5",
                               "1e300",
                               "1e308",
                               "-1e308",
                               "1e400",
                               "inf",
                               "-inf",
                               "+inf",
                               "nan",
                               "abc",
                               "",
                               " 1",
                               "1 ",
                               "0x10",
                               "0x1p3",
                               ".5",
                               "5.",
                               "+5",
                               "-0",
                               "1e",
                               "-",
                               "1e4931",
                               "1e5000",
                               "1e-5000",
                               "infinity",
                               "9223372036854775807",
                               "9223372036854775808",
                               "0.30000000000000004"};

const std::string kPatterns[] = {"*",  "a*",    "?", "[ab]", "[^a]", "k?", "*{tag}*", "",    "\\*", "[a-c]", "[c-a]",
                                 "k[", "**a**", "a", "*x",   "[",    "\\", "[]",      "[^]", "a\\", "?*?"};

const std::string kEncodings[] = {"u8",  "i8",  "u16", "i16", "u1", "i1", "u5", "i5", "u32", "i32", "u63", "i64",
                                  "u64", "i65", "i63", "u0",  "i0", "U8", "8",  "u",  "",    "x8",  "u7",  "i33"};

const std::string kStrayWords[] = {
    "EX",      "PX",    "NX",   "XX",       "GT",  "LT",      "GET",         "SET",          "KEEPTTL",
    "PERSIST", "EXAT",  "PXAT", "IFEQ",     "LEN", "IDX",     "MINMATCHLEN", "WITHMATCHLEN", "BYTE",
    "BIT",     "AND",   "OR",   "XOR",      "NOT", "REPLACE", "DB",          "SYNC",         "ASYNC",
    "MATCH",   "COUNT", "TYPE", "OVERFLOW", "SAT", "WRAP",    "FAIL",        "INCRBY",       "u8",
    "bogus",   "",      "*",    "a",        "k1"};

// The far future, so that both servers see the same.
const std::string kFutureSeconds[] = {"33177117420", "9999999999", "4102444800", "9223372036854775"};
const std::string kFutureMilliseconds[] = {"33177117420123", "9999999999999", "4102444800000", "9223372036854775807"};
const std::string kPast[] = {"0", "-1", "1", "1000", "1600000000", "-9223372036854775808"};

template <size_t kCount>
const std::string& pick(Pools* pools, const std::string (&pool)[kCount]) {
  return pool[pools->below(kCount)];
}

}  // namespace

std::string Pools::key() { return pick(this, kKeys); }
std::string Pools::boundary() { return pick(this, kBoundaries); }
std::string Pools::floating() { return pick(this, kFloats); }
std::string Pools::pattern() { return pick(this, kPatterns); }
std::string Pools::bitfield_encoding() { return pick(this, kEncodings); }
std::string Pools::stray_word() { return chance(25) ? boundary() : pick(this, kStrayWords); }

std::string Pools::text() {
  if (chance(15)) return std::string(1 + below(130), static_cast<char>('a' + below(4)));
  return pick(this, kTexts);
}

std::string Pools::coordinate(double most) {
  const uint64_t kind = below(100);
  if (kind < 3) return floating();
  if (kind < 6) return (chance(50) ? "-" : "") + std::to_string(most);
  const auto fraction = static_cast<double>(below(1'000'001)) / 1e6;
  if (kind < 25) return std::to_string((2 * fraction - 1) * most);
  // Two neighbourhoods, one at a corner of the map; few places in each, so that some are taken twice.
  if (kind < 40) return std::to_string(most - static_cast<double>(below(50)) / 100);
  return std::to_string(13 + static_cast<double>(below(200)) / 50);
}

std::string Pools::extent() {
  const uint64_t kind = below(100);
  if (kind < 8) return chance(50) ? floating() : "0";
  double value = 1 + static_cast<double>(below(1000)) / 7;
  for (uint64_t times = below(8); times > 0; --times) value *= 10;
  return std::to_string(value);
}

std::string Pools::integer() {
  uint64_t kind = below(100);
  if (kind < 55) return std::to_string(static_cast<int64_t>(below(24)) - 8);
  if (kind < 70) return std::to_string(below(1000));
  if (kind < 80) return std::to_string(static_cast<int64_t>(random_()) >> below(64));
  return boundary();
}

std::string Pools::database() {
  if (chance(85)) return std::to_string(below(3));
  if (chance(50)) return std::to_string(static_cast<int64_t>(below(20)) - 2);
  return boundary();
}

std::string Pools::offset(bool bitfield) {
  // Between about 100 thousand and the limit an offset is valid and costs up to 512 MB: those are in the transcripts.
  std::string number;
  if (chance(8)) {
    number = boundary();
    if (number == "2147483647" || number == "2147483648") number = "4294967296";
    // Times the width of the field these overflow, and wrap around in the reference; ours refuses them.
    if (bitfield && number.starts_with("-922337203685477")) number = "-9223372036854775809";
  } else {
    number = std::to_string(chance(95) ? below(200) : below(20000));
  }
  return bitfield && chance(30) ? "#" + number : number;
}

std::string Pools::relative_time(bool milliseconds) {
  if (chance(88)) {
    uint64_t seconds = 1000 + ((times_drawn_++ * 7919) % 100003) * 10;
    return std::to_string(milliseconds ? seconds * 1000 : seconds);
  }
  return chance(40) ? (chance(50) ? "0" : "-" + std::to_string(1 + below(1000))) : boundary();
}

std::string Pools::future_time(bool milliseconds) {
  return milliseconds ? pick(this, kFutureMilliseconds) : pick(this, kFutureSeconds);
}

std::string Pools::absolute_time(bool milliseconds) {
  if (chance(82)) return future_time(milliseconds);
  return chance(60) ? pick(this, kPast) : boundary();
}

}  // namespace differential
