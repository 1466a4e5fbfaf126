// HashField: a field of a large hash with its value, in one allocation.
//
//   field := varint(size of the name) name varint(size of the value * 2 + expires) expiry:64? value
//
// Cost     two bytes over name and value while these are short, 8 more with an expiry.
// Threads  its hash's.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "structures/hash_table.h"
#include "structures/text_entry.h"

namespace values {

class HashField {
 public:
  static constexpr int64_t kNoExpiry = -1;

  static HashField* create(std::string_view name, std::string_view value, int64_t expiry_ms) {
    auto* const text = structures::TextEntry::create(name, extra_bytes(value.size(), expiry_ms));
    auto* const made = reinterpret_cast<HashField*>(text);
    made->write(value, expiry_ms);
    return made;
  }
  static void destroy(HashField* field) { structures::TextEntry::destroy(&field->entry(), field->extra_bytes()); }

  std::string_view name() const { return entry().text(); }
  std::string_view value() const {
    const Extra extra = read();
    return {extra.value, extra.value_size};
  }
  bool expires() const { return (*entry().extra() & 1) != 0; }
  int64_t expiry_ms() const { return read().expiry_ms; }
  bool live(int64_t now_ms) const {
    const int64_t expiry = expiry_ms();
    return expiry == kNoExpiry || expiry > now_ms;
  }
  // Bytes asked of the allocator.
  size_t bytes() const { return entry().text_bytes() + extra_bytes(); }

  // Stores another value or expiry where that needs no other allocation; false if it does.
  bool overwrite(std::string_view value, int64_t expiry_ms) {
    constexpr size_t kMost = 64 * 1024;
    const size_t now = bytes();
    const size_t then = entry().text_bytes() + extra_bytes(value.size(), expiry_ms);
    if (now != then && (then > kMost || structures::block_size(now) != structures::block_size(then))) {
      return false;
    }
    write(value, expiry_ms);
    return true;
  }

 private:
  struct Extra {
    const char* value;
    size_t value_size;
    int64_t expiry_ms;
  };

  static size_t extra_bytes(size_t value_size, int64_t expiry_ms) {
    return structures::varint_bytes(uint64_t{value_size} * 2) + (expiry_ms == kNoExpiry ? 0 : sizeof expiry_ms) +
           value_size;
  }
  size_t extra_bytes() const {
    const Extra extra = read();
    return extra_bytes(extra.value_size, extra.expiry_ms);
  }
  structures::TextEntry& entry() { return *reinterpret_cast<structures::TextEntry*>(this); }
  const structures::TextEntry& entry() const { return *reinterpret_cast<const structures::TextEntry*>(this); }

  Extra read() const {
    const char* at = entry().extra();
    const uint64_t head = structures::read_varint(at);
    int64_t expiry_ms = kNoExpiry;
    if ((head & 1) != 0) {
      std::memcpy(&expiry_ms, at, sizeof expiry_ms);
      at += sizeof expiry_ms;
    }
    return {at, head / 2, expiry_ms};
  }
  // `value` may be this field's own.
  void write(std::string_view value, int64_t expiry_ms) {
    const bool expires = expiry_ms != kNoExpiry;
    char* const extra = entry().extra();
    const size_t before = structures::varint_bytes(value.size() * 2) + (expires ? sizeof expiry_ms : 0);
    if (!value.empty()) std::memmove(extra + before, value.data(), value.size());
    char* const at = structures::write_varint(extra, value.size() * 2 + (expires ? 1 : 0));
    if (expires) std::memcpy(at, &expiry_ms, sizeof expiry_ms);
  }
};

struct HashFieldTraits {
  using Entry = HashField;
  static uint64_t hash_of(const Entry& field) { return structures::text_hash(field.name()); }
  static uint64_t path(uint64_t hash) { return hash; }
  static std::string_view text(const Entry& field) { return field.name(); }
  static bool expires(const Entry& field) { return field.expires(); }
  static bool timed(const Entry& field) { return field.expires(); }
  static size_t weight(const Entry& field) { return structures::block_size(field.bytes()); }
  static void destroy(Entry* field) { HashField::destroy(field); }
};

using HashFieldTable = structures::HashTable<HashFieldTraits>;

}  // namespace values

extern template class structures::HashTable<values::HashFieldTraits>;
