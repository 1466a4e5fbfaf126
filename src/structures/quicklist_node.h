// QuicklistNode: one node of a quicklist: a listpack with free room at either end, or a single large text.
//
// Shape    `memory` holds a gap, the listpack, and more room behind it, so that pushing and popping at both ends move
//          nothing but the header. Any other change is made on the listpack alone, after tighten(). A node far from the
//          ends may be compressed (LZF); then `memory` holds the compressed bytes.
// Cost     push and pop O(1), amortised: the allocation doubles up to the limit, and shrinks at a quarter.
// Threads  the quicklist's owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "structures/listpack.h"
#include "structures/listpack_entry.h"

namespace structures {

class QuicklistNode {
 public:
  QuicklistNode* previous = nullptr;
  QuicklistNode* next = nullptr;

  // A node of this listpack, which it takes over, or of one entry or text.
  static QuicklistNode* make(Listpack list);
  static QuicklistNode* make(const ListpackEntry& entry);
  static QuicklistNode* make_plain(std::string_view text);
  QuicklistNode* copy() const;
  void destroy();

  bool is_plain() const { return plain_; }
  bool is_compressed() const { return compressed_; }
  uint32_t count() const { return count_; }
  // Of the listpack or the text, uncompressed.
  size_t bytes() const { return bytes_; }
  size_t memory_bytes() const;

  // What it holds. REQUIRES: not compressed, and not plain for list()
  const uint8_t* data() const { return memory_ + start_; }
  ListpackView list() const { return ListpackView(data()); }

  // Of the listpack; `limit_bytes` is how long it may become in all. REQUIRES: neither plain nor compressed.
  void push_front(const ListpackEntry& entry, size_t limit_bytes);
  void push_back(const ListpackEntry& entry, size_t limit_bytes);
  // The same with count() > 0.
  void pop_front();
  void pop_back();

  // The listpack in an allocation as Listpack wants it; who changes it puts it back.
  // REQUIRES: neither plain nor compressed.
  Listpack tighten();
  void put(Listpack list);
  // Gives back room that is out of proportion: the node is no end any more.
  void trim();
  // The listpack leaves; the node is to be destroyed. REQUIRES: neither plain nor compressed.
  Listpack take();

  // Does nothing where it does not pay.
  void compress();
  void expand();
  // REQUIRES: compressed.
  std::string_view compressed_data() const { return {reinterpret_cast<const char*>(memory_), capacity_}; }
  // The uncompressed bytes into `out`, which has room for bytes(). REQUIRES: compressed.
  void expand_into(uint8_t* out) const;

 private:
  enum class End : uint8_t { kFront, kBack };
  QuicklistNode() = default;
  void grow(End end, size_t need, size_t limit_bytes);
  void shrink();
  void write_header();
  void replace_memory(uint8_t* memory, size_t capacity);

  uint8_t* memory_ = nullptr;
  size_t capacity_ = 0;  // bytes of `memory`
  size_t bytes_ = 0;
  uint32_t start_ = 0;  // where the listpack begins in `memory`
  uint16_t count_ = 0;
  bool plain_ = false;
  bool compressed_ = false;
};

}  // namespace structures
