// Two payloads of DUMP, read as far as their order is concerned.
#include "payloads.h"

#include <liblzf/lzf.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace differential {

namespace {

constexpr size_t kTypeBytes = 1;
constexpr size_t kFooterBytes = 10;

// Whether two payloads of DUMP can differ only in the order of a hash table, or in times, which streams hold; else
// their bytes are equal.
bool differ_in_order_or_times(const Value& ours, const Value& reference) {
  constexpr std::string_view kUnordered("\x02\x04\x16\x15", 4);  // RDB's types of such values
  if (ours.kind != '$' || reference.kind != '$' || ours.text.size() != reference.text.size()) return false;
  return ours.text.size() > kFooterBytes && ours.text[0] == reference.text[0] &&
         kUnordered.find(ours.text[0]) != kUnordered.npos;
}

// The listpack of a payload of DUMP without its compression: the value's text after its type and length (RDB's string
// encoding: 6, 14 or 32 bits of length, or 0xc3 and both lengths of LZF); nothing if it is none.
std::string plain_text_of(std::string_view payload) {
  if (payload.size() <= kTypeBytes + kFooterBytes) return {};
  payload = payload.substr(kTypeBytes, payload.size() - kTypeBytes - kFooterBytes);
  const auto take_length = [&payload]() -> size_t {
    const auto byte = [&payload](size_t at) { return size_t{static_cast<unsigned char>(payload[at])}; };
    size_t length = byte(0) & 0x3f;
    size_t taken = 1;
    if (byte(0) >> 6 == 1 && payload.size() > 1) length = length << 8 | byte(taken++);
    payload.remove_prefix(taken);
    return length;
  };
  constexpr char kCompressed = '\xc3';
  if (payload[0] != kCompressed) {
    take_length();
    return std::string(payload);
  }
  payload.remove_prefix(1);
  if (payload.size() < 4) return {};
  const size_t packed = take_length();
  std::string text(take_length(), '\0');
  if (packed != payload.size()) return {};
  text.resize(lzf_decompress(payload.data(), packed, text.data(), text.size()));
  return text;
}

// Whether both are sets in a listpack of the same members: one that is made from a hash table (SUNIONSTORE, SDIFFSTORE)
// has that one's order, so its text is the same bytes in another order.
bool differ_in_order_of_members(const Value& ours, const Value& reference) {
  constexpr char kSetListpack = '\x14';
  if (!ours.text.starts_with(kSetListpack) || !reference.text.starts_with(kSetListpack)) return false;
  std::string first = plain_text_of(ours.text);
  std::string second = plain_text_of(reference.text);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  return !first.empty() && first == second;
}

}  // namespace

bool are_reordered(const Value& ours, const Value& reference) {
  return differ_in_order_or_times(ours, reference) || differ_in_order_of_members(ours, reference);
}

}  // namespace differential
