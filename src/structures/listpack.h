// Listpack: a sequence of texts and integers in one allocation, byte for byte as RDB files and DUMP carry it.
//
// Shape    bytes:32 count:16 (little endian, count 65535 = unknown), entries, 0xff. An entry is its encoding, its data
//          and the length of both, written so that it reads from its end: the sequence is walked both ways. Texts that
//          are integers as `base::format_int64` writes them are held as integers.
// Cost     reads O(entries passed). A change moves the bytes behind it, in place while the allocation has room: its
//          size is a pure function of the bytes in use (listpack_capacity), which wastes an eighth at most, so no
//          field says how much is free.
// Limits   4 GB; callers ask can_grow() first, which keeps to the 1 GB that Valkey allows.
// Threads  none of its own: who holds it, holds it locked.
// Errors   bytes of a stranger pass validate() before anything else reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "base/random.h"

namespace structures {

// What an entry holds. Its text lies in the listpack, or, of an integer, in the buffer that is passed.
class Element {
 public:
  using Buffer = char[base::kInt64Chars];

  explicit Element(std::string_view text) : data_(text.empty() ? "" : text.data()), size_(text.size()) {}
  explicit Element(int64_t integer) : integer_(integer) {}

  bool is_integer() const { return data_ == nullptr; }
  int64_t integer() const { return integer_; }  // REQUIRES: is_integer()
  std::string_view text(Buffer& buffer) const {
    return is_integer() ? base::format_int64(integer_, buffer) : std::string_view(data_, size_);
  }
  size_t text_size() const { return is_integer() ? base::int64_digits(integer_) : size_; }
  bool equals(std::string_view text) const;
  // The value, also of a text that is an integer in a form that could have been held as one.
  std::optional<int64_t> to_integer() const {
    return is_integer() ? integer_ : base::parse_int64(std::string_view(data_, size_));
  }

 private:
  const char* data_ = nullptr;  // null: an integer
  size_t size_ = 0;
  int64_t integer_ = 0;
};

// A text that is compared with many entries: read as an integer once, when the first integer is met.
class Needle {
 public:
  explicit Needle(std::string_view text) : text_(text) {}
  std::string_view text() const { return text_; }
  bool equals(int64_t integer);

 private:
  enum class State : uint8_t { kUnread, kInteger, kNone };
  std::string_view text_;
  int64_t integer_ = 0;
  State state_ = State::kUnread;
};

// Reading: a listpack that somebody else owns.
class ListpackView {
 public:
  // Where an entry begins. It holds until the listpack changes before it.
  using Position = uint32_t;
  static constexpr Position kNone = 0;

  static constexpr uint32_t kHeaderBytes = 6;
  static constexpr uint32_t kEmptyBytes = kHeaderBytes + 1;
  static constexpr uint64_t kSafeBytes = uint64_t{1} << 30;

  explicit ListpackView(const uint8_t* bytes) : bytes_(const_cast<uint8_t*>(bytes)) {}

  // Whether `bytes` are one whole listpack. Shallow looks at header and end; deep at each entry, and promises that no
  // read or change leaves the bytes.
  static bool validate(std::span<const uint8_t> bytes, bool deep);

  const uint8_t* pointer() const { return bytes_; }
  uint32_t size_bytes() const;
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_), size_bytes()}; }
  // Entries. O(1) below 65535, else they are counted.
  uint32_t size() const;
  bool empty() const { return size_bytes() == kEmptyBytes; }
  // Whether `more` bytes may still be added.
  bool can_grow(uint64_t more) const { return more <= kSafeBytes && size_bytes() + more <= kSafeBytes; }

  Position end() const { return size_bytes() - 1; }
  Position first() const { return empty() ? kNone : kHeaderBytes; }
  Position last() const { return empty() ? kNone : before(end()); }
  // kNone behind the last entry and before the first.
  Position next(Position position) const {
    const Position after = position + entry_bytes(position);
    return bytes_[after] == 0xff ? kNone : after;
  }
  Position previous(Position position) const { return position == kHeaderBytes ? kNone : before(position); }
  // The entry with this index, from the end if it is negative (-1 is the last), reached from the nearer end.
  Position at(int64_t index) const;
  // `count` entries further; kNone if there are fewer.
  Position skip(Position position, uint32_t count) const;

  Element get(Position position) const;
  // Bytes of the whole entry.
  uint32_t entry_bytes(Position position) const;
  bool equals(Position position, Needle& needle) const;
  // The first entry from `from` on that equals the text; `skip` entries are passed after each that was compared: 1 to
  // look among the fields of a sequence of fields and values.
  Position find(Position from, std::string_view text, uint32_t skip = 0) const;

  // The first entry of a random one of the groups of `stride` entries. REQUIRES: not empty, whole groups
  Position random_position(base::Random& random, uint32_t stride = 1) const;
  // `count` of them, with repetitions, in random order.
  std::vector<Position> random_positions(base::Random& random, size_t count, uint32_t stride = 1) const;
  // `count` different ones (all, if there are fewer), in the listpack's order.
  std::vector<Position> distinct_random_positions(base::Random& random, size_t count, uint32_t stride = 1) const;

 protected:
  uint8_t* bytes_;

 private:
  Position before(Position position) const;
};

// Bytes of the allocation that holds a listpack of `size_bytes`.
size_t listpack_capacity(size_t size_bytes);

// Bytes that `text` takes as an entry.
uint32_t listpack_entry_bytes(std::string_view text);

// Many entries of both kinds at once, without a list of them: the caller runs the same code over the sizes, which
// count, and over the writer that append(sizes) gives.
class ListpackSizes {
 public:
  void add(std::string_view text);
  void add(int64_t integer);

 private:
  friend class Listpack;
  uint64_t bytes_ = 0;
  uint64_t entries_ = 0;
};

class ListpackWriter {
 public:
  void add(std::string_view text);
  void add(int64_t integer);

 private:
  friend class Listpack;
  explicit ListpackWriter(uint8_t* out) : out_(out) {}
  uint8_t* out_;
};

// A handle: trivially copyable, one pointer (8-byte aligned, so that low bits are free for a tag); who holds it last
// calls destroy(). A change may move the bytes, so the holder stores pointer() again after each.
// Texts that are passed in may not lie in the listpack that is changed.
class Listpack : public ListpackView {
 public:
  static Listpack make();
  static Listpack adopt(uint8_t* pointer) { return Listpack(pointer); }
  // A copy of bytes that are a valid listpack.
  static Listpack from_bytes(std::string_view bytes);

  uint8_t* pointer() const { return bytes_; }
  void destroy();
  Listpack copy() const { return from_bytes(bytes()); }
  size_t memory_bytes() const { return listpack_capacity(size_bytes()); }
  void clear();

  // All of them return where the (first) new entry is; end() if there is none.
  Position insert(Position before, std::string_view text) { return insert_many(before, {&text, 1}); }
  Position insert(Position before, int64_t integer);
  Position insert_after(Position position, std::string_view text) {
    return insert(position + entry_bytes(position), text);
  }
  Position append(std::string_view text) { return insert(end(), text); }
  Position append(int64_t integer) { return insert(end(), integer); }
  // The caller writes exactly what was counted.
  ListpackWriter append(const ListpackSizes& sizes);
  Position prepend(std::string_view text) { return insert(kHeaderBytes, text); }
  Position insert_many(Position before, std::span<const std::string_view> texts);
  Position append_many(std::span<const std::string_view> texts) { return insert_many(end(), texts); }
  Position prepend_many(std::span<const std::string_view> texts) { return insert_many(kHeaderBytes, texts); }

  // The entry keeps its position.
  void replace(Position position, std::string_view text);
  void replace(Position position, int64_t integer);

  // Return the position of what follows, or kNone.
  Position erase(Position position) { return erase_range(position, 1); }
  // Up to `count` entries, as far as there are.
  Position erase_range(Position position, uint32_t count);
  // The same by index; nothing happens when there is no such entry.
  void erase_at(int64_t index, uint32_t count);

  // Up to `count` entries that equal the needle, the last ones if from the back. Returns how many there were.
  uint64_t erase_equal(Needle& needle, uint64_t count, bool from_back);

  // All entries of another listpack go in between. REQUIRES: `other` is not this one
  Position insert_all(Position before, ListpackView other);
  // The entries of `other` follow (or go before) those of this one, and `other` is gone.
  void append_and_destroy(Listpack other);
  void prepend_and_destroy(Listpack other);

 private:
  explicit Listpack(uint8_t* bytes) : ListpackView(bytes) {}

  struct Change {
    uint32_t removed_bytes = 0;
    uint32_t removed_entries = 0;
    uint64_t added_bytes = 0;
    uint64_t added_entries = 0;
  };
  uint8_t* splice(Position position, const Change& change);
  template <typename Value>
  void replace_with(Position position, Value value);
};

static_assert(sizeof(Listpack) == sizeof(void*));

}  // namespace structures
