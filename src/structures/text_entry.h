// TextEntry: an entry of a hash table that begins with its text; behind it lies what the table's owner keeps.
//
//   entry := varint(size of the text) text extra        one allocation; the owner knows the size of `extra`
//
// A varint has seven bits a byte, the lowest first, and the top bit in all but the last.
//
// Cost     one byte over the text up to 127 bytes; blocks are 2 bytes apart up to 96.
// Threads  its owner's. The seed of the hash is chosen once, before tables are made.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/siphash.h"
#include "structures/block_pool.h"

namespace structures {

constexpr size_t varint_bytes(uint64_t number) {
  size_t bytes = 1;
  for (; number >= 128; number >>= 7) ++bytes;
  return bytes;
}

// Returns the place behind it.
inline char* write_varint(char* at, uint64_t number) {
  for (; number >= 128; number >>= 7) *at++ = static_cast<char>(number | 128);
  *at++ = static_cast<char>(number);
  return at;
}

// Moves `at` behind it.
inline uint64_t read_varint(const char*& at) {
  uint64_t number = static_cast<unsigned char>(*at++);
  if (number < 128) return number;
  number &= 127;
  for (int shift = 7;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    number |= static_cast<uint64_t>(byte & 127) << shift;
    if (byte < 128) return number;
  }
}

// The secret by which texts in tables are hashed: random for each process.
base::SipKey text_hash_seed();
// Another one. REQUIRES: no table has an entry yet, and no other thread runs.
void set_text_hash_seed(base::SipKey seed);

inline uint64_t text_hash(std::string_view text) { return base::siphash_1_3(text_hash_seed(), text); }

class TextEntry {
 public:
  // Its extra bytes are arbitrary.
  static TextEntry* create(std::string_view text, size_t extra_bytes) {
    auto* const entry = static_cast<char*>(allocate_block(text_bytes(text.size()) + extra_bytes));
    char* const at = write_varint(entry, text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return reinterpret_cast<TextEntry*>(entry);
  }
  static void destroy(TextEntry* entry, size_t extra_bytes) { release_block(entry, entry->text_bytes() + extra_bytes); }

  std::string_view text() const {
    const char* at = bytes();
    const uint64_t size = read_varint(at);
    return {at, size};
  }
  // What lies behind the text, unaligned.
  char* extra() { return bytes() + text_bytes(); }
  const char* extra() const { return bytes() + text_bytes(); }

  // The bytes before extra().
  size_t text_bytes() const {
    const char* at = bytes();
    const uint64_t size = read_varint(at);
    return static_cast<size_t>(at - bytes()) + size;
  }
  static constexpr size_t text_bytes(size_t size) { return varint_bytes(size) + size; }

 private:
  char* bytes() { return reinterpret_cast<char*>(this); }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
};

// Traits of a HashTable of entries with `kExtra` bytes behind the text, which never expire.
template <size_t kExtra>
struct TextEntryTraits {
  using Entry = TextEntry;
  static uint64_t hash_of(const Entry& entry) { return text_hash(entry.text()); }
  static uint64_t path(uint64_t hash) { return hash; }
  static std::string_view text(const Entry& entry) { return entry.text(); }
  static bool expires(const Entry&) { return false; }
  static bool timed(const Entry&) { return false; }
  static size_t weight(const Entry& entry) { return block_size(entry.text_bytes() + kExtra); }
  static void destroy(Entry* entry) { TextEntry::destroy(entry, kExtra); }
};

}  // namespace structures
