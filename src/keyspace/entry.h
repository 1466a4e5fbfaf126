// Entry: one key with its value, expiry and access bits, in one allocation.
//
//   entry   := head:32  key_bytes:8  expiry:48?  key  value                   a plain entry
//            | head:32  255:8  key_bytes:32  expiry:64?  key  value           a wide one: long key or far expiry
//   head    := access:26 kind:4 touched:1 expires:1                           (from the low bit up)
//   value   := length:8 text | length:32 text | integer:64 | pointer:64 | word:64   as the kind says
//
// Numbers are in the machine's order and unaligned. A text of up to kInlineBytes lies in the entry; a longer one in a
// LongText of its own that can grow. An integer's canonical decimal text is held as the integer. A collection lies
// elsewhere, too: the entry owns it and keeps its word (values/collection.h).
//
// Cost     6 bytes over key and value for small strings, 13 for an integer, 6 more with an expiry.
// Limits   a key and a value below 4 GiB each; the protocol's limit is 512 MB.
// Threads  used under its shard's lock.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "base/numbers.h"
#include "structures/block_pool.h"
#include "values/collection.h"
#include "values/hash.h"

namespace keyspace {

using values::Type;

// A text that is too long to lie in its entry: header, then the bytes.
struct LongText {
  uint64_t size;
  uint64_t capacity;

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  static LongText* create(std::string_view text, uint64_t capacity);
  static void destroy(LongText* text);
};

// The bytes of a string value as they are read: an integer's digits live in `digits`.
struct TextBuffer {
  char digits[24];
};

class Entry {
 public:
  enum class Form : uint8_t { kShort, kMedium, kLong, kInteger };

  static constexpr size_t kInlineBytes = 8 * 1024;
  static constexpr int64_t kNoExpiry = -1;

  // What a new entry is made of. `text` is taken as an integer when it is the canonical decimal form of one.
  static Entry* create(std::string_view key, std::string_view text, int64_t expiry_ms);
  static Entry* create_integer(std::string_view key, int64_t value, int64_t expiry_ms);
  // A text that stays one even if it reads as an integer: what INCRBYFLOAT leaves.
  static Entry* create_text(std::string_view key, std::string_view text, int64_t expiry_ms);
  // The same, marked raw, with room to grow: what APPEND and SETRANGE leave. `size` bytes long: cut, or zeros at its
  // end.
  static Entry* create_raw(std::string_view key, std::string_view text, int64_t expiry_ms, size_t size);
  static Entry* create_raw(std::string_view key, std::string_view text, int64_t expiry_ms) {
    return create_raw(key, text, expiry_ms, text.size());
  }
  static Entry* create_collection(std::string_view key, values::Collection collection, int64_t expiry_ms);
  static void destroy(Entry* entry);
  // The same but for its collection, which is the caller's then.
  static values::Collection destroy_but_collection(Entry* entry);
  // The same but for its LongText (null if it has none), which is the caller's then: to be freed elsewhere.
  static LongText* destroy_but_text(Entry* entry);
  // The same value and access bits under another key or expiry. move() ends the old entry, copy() leaves it.
  static Entry* move(Entry* old, std::string_view key, int64_t expiry_ms);
  static Entry* copy(const Entry& old, std::string_view key, int64_t expiry_ms);

  // Stores the value in place if it needs exactly this entry's size and shape; false if it does not.
  bool overwrite(std::string_view text, int64_t expiry_ms);

  std::string_view key() const { return {bytes() + key_offset(), key_size()}; }
  size_t key_size() const {
    return wide() ? read<uint32_t>(kWideKeyLength) : static_cast<uint8_t>(bytes()[kKeyLength]);
  }
  Type type() const {
    const auto kind = static_cast<uint32_t>(this->kind());
    const auto last_string = static_cast<uint32_t>(Kind::kInteger);
    return kind <= last_string ? Type::kString : static_cast<Type>(kind - last_string);
  }
  // REQUIRES: type() == kString.
  inline Form form() const;
  // The collection's word. REQUIRES: type() != kString.
  uint64_t word() const {
    DCHECK(type() != Type::kString);
    return read<uint64_t>(value_offset());
  }
  void set_word(uint64_t word) {
    DCHECK(type() != Type::kString);
    write(value_offset(), word);
  }
  // A hash some of whose fields expire.
  bool has_expiring_fields() const { return type() == Type::kHash && values::Hash::word_has_expiries(word()); }
  values::Collection collection() const { return {type(), word()}; }

  bool has_expiry() const { return (head() & kExpires) != 0; }
  // Unix time in ms, or kNoExpiry.
  int64_t expiry_ms() const;
  bool expired(int64_t now_ms) const { return has_expiry() && expiry_ms() <= now_ms; }
  // Whether the entry has room for this expiry: it expires, and the time is not too far for it.
  bool holds_expiry(int64_t expiry_ms) const { return has_expiry() && (wide() || is_near(expiry_ms)); }
  // REQUIRES: holds_expiry(expiry_ms).
  void move_expiry(int64_t expiry_ms);

  // The bits that the eviction policy owns (access.h says how they read).
  static constexpr uint32_t kAccessMask = (1U << 26) - 1;
  uint32_t access() const { return head() & kAccessMask; }
  void set_access(uint32_t bits) { set_head((head() & ~kAccessMask) | (bits & kAccessMask)); }
  // Read again since it was stored.
  bool touched() const { return (head() & kTouched) != 0; }
  void mark_touched() {
    if (!touched()) set_head(head() | kTouched);
  }

  // A raw text was written in place or is long, so OBJECT ENCODING says raw whatever its length.
  bool raw() const { return kind() == Kind::kShortRaw || kind() == Kind::kMedium || kind() == Kind::kLong; }
  // Whether the reference would hold key, expiry and text in one allocation, so that OBJECT ENCODING says embstr. A
  // text that once did not fit stays raw under a shorter key or without its expiry. REQUIRES: form() != kInteger.
  bool embedded() const { return embedded(has_expiry()); }
  // The same if it had an expiry, or had none.
  bool embedded(bool with_expiry) const;

  // A string's value. REQUIRES: type() == kString.
  std::string_view text(TextBuffer& buffer) const;
  inline size_t text_size() const;
  // The integer, where the value is held as one.
  std::optional<int64_t> integer() const;
  // REQUIRES: form() == kInteger, as for the next.
  int64_t integer_value() const { return read<int64_t>(value_offset()); }
  void set_integer(int64_t value) { write(value_offset(), value); }
  // The bytes, to be written in place. REQUIRES: form() != kInteger.
  char* mutable_text();
  // Makes a raw text `size` bytes long where that needs no new entry; false if it does. New bytes are zero.
  bool resize_in_place(size_t size);
  void mark_raw() {
    if (kind() == Kind::kShort) set_kind(Kind::kShortRaw);
  }

  // Bytes asked of the allocator for the entry, and for it with its LongText or collection.
  size_t entry_bytes() const { return value_offset() + value_bytes(); }
  size_t total_bytes() const;

 private:
  // Type and form in one; the types that are not strings follow in the order of Type.
  enum class Kind : uint8_t { kShort, kShortRaw, kMedium, kLong, kInteger };
  static Kind kind_of(Type type) {
    return static_cast<Kind>(static_cast<uint32_t>(Kind::kInteger) + static_cast<uint32_t>(type));
  }
  bool is_long() const { return kind() == Kind::kLong; }

  static constexpr uint32_t kKindShift = 26, kKindMask = 15U << kKindShift, kTouched = 1U << 30, kExpires = 1U << 31;
  static constexpr size_t kKeyLength = 4, kWideKeyLength = 5;
  static constexpr uint8_t kWide = 255;

  static bool is_near(int64_t expiry_ms) { return static_cast<uint64_t>(expiry_ms) >> 48 == 0; }
  static Kind kind_of(Form form) {
    constexpr Kind kKinds[] = {Kind::kShort, Kind::kMedium, Kind::kLong, Kind::kInteger};
    return kKinds[static_cast<int>(form)];
  }

  char* bytes() { return reinterpret_cast<char*>(this); }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  template <typename T>
  T read(size_t offset) const {
    T value;
    std::memcpy(&value, bytes() + offset, sizeof value);
    return value;
  }
  template <typename T>
  void write(size_t offset, T value) {
    std::memcpy(bytes() + offset, &value, sizeof value);
  }
  uint32_t head() const { return read<uint32_t>(0); }
  void set_head(uint32_t head) { write(0, head); }
  Kind kind() const { return static_cast<Kind>((head() & kKindMask) >> kKindShift); }
  void set_kind(Kind kind) { set_head((head() & ~kKindMask) | (static_cast<uint32_t>(kind) << kKindShift)); }
  bool wide() const { return static_cast<uint8_t>(bytes()[kKeyLength]) == kWide; }
  size_t expiry_offset() const { return kKeyLength + (wide() ? 5 : 1); }
  size_t key_offset() const {
    if (wide()) return kKeyLength + 5 + (has_expiry() ? 8 : 0);
    return kKeyLength + 1 + (has_expiry() ? 6 : 0);
  }
  size_t value_offset() const { return key_offset() + key_size(); }
  size_t value_bytes() const { return value_bytes_at(value_offset()); }
  size_t value_bytes_at(size_t at) const;
  LongText* long_text() const { return read<LongText*>(value_offset()); }

  static Entry* with_same_value(const Entry& old, std::string_view key, int64_t expiry_ms);
  void store_inline(std::string_view text, size_t size);
  static Entry* allocate_for(std::string_view key, Kind kind, size_t value_bytes, int64_t expiry_ms);
};

inline Entry::Form Entry::form() const {
  DCHECK(type() == Type::kString);
  constexpr Form kForms[] = {Form::kShort, Form::kShort, Form::kMedium, Form::kLong, Form::kInteger};
  return kForms[static_cast<int>(kind())];
}

inline size_t Entry::text_size() const {
  const size_t at = value_offset();
  switch (form()) {
    case Form::kShort: return static_cast<uint8_t>(bytes()[at]);
    case Form::kMedium: return read<uint32_t>(at);
    case Form::kLong: return long_text()->size;
    case Form::kInteger: return base::int64_digits(read<int64_t>(at));
  }
  return 0;
}

inline int64_t Entry::expiry_ms() const {
  if (!has_expiry()) return kNoExpiry;
  if (wide()) return read<int64_t>(expiry_offset());
  return static_cast<int64_t>(read<uint32_t>(expiry_offset()) | (uint64_t{read<uint16_t>(expiry_offset() + 4)} << 32));
}

}  // namespace keyspace
