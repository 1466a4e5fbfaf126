// Quicklist: a long list as a chain of bounded nodes, each a listpack or one large text.
//
// Shape    where a new element goes, when a node splits and when two merge follows Valkey, since the number of nodes
//          decides when a list becomes a listpack again, which OBJECT ENCODING shows. Nodes further from both ends than
//          the depth of compression are compressed.
// Cost     both ends O(1); an index O(nodes from the nearer end + entries of one node); a change O(bytes of its node).
// Limits   a node holds what QuicklistLimit says, or one element beyond it.
// Threads  the owner's; reading changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "structures/listpack.h"
#include "structures/quicklist_node.h"

namespace structures {

// What one node may hold, from the setting list-max-listpack-size: so many entries, or, below zero, 4, 8, 16, 32 or 64
// KB.
class QuicklistLimit {
 public:
  explicit QuicklistLimit(int64_t setting);

  size_t bytes() const { return bytes_; }
  uint64_t count() const { return count_; }
  bool counts_entries() const { return counts_entries_; }
  bool exceeded(size_t bytes, uint64_t count) const { return bytes > bytes_ || count > count_; }
  // Whether an element is too large for any listpack.
  bool is_large(std::string_view text) const { return text.size() > bytes_; }
  // The same for a quicklist, whose nodes hold at most 32767 entries.
  QuicklistLimit bounded() const;

 private:
  size_t bytes_;
  uint64_t count_;
  bool counts_entries_;
};

// An element of a quicklist: valid until the quicklist changes other than through it.
class QuicklistCursor {
 public:
  QuicklistCursor() = default;  // of no element
  bool valid() const { return node_ != nullptr; }
  // REQUIRES for all below: valid()
  Element get() const;
  bool equals(Needle& needle) const;
  void next();
  void previous();

 private:
  friend class Quicklist;
  // The `index`th entry of the node, from its end if that is negative; no element if the node is null.
  void enter(QuicklistNode* node, int64_t index);

  QuicklistNode* node_ = nullptr;
  const uint8_t* data_ = nullptr;  // what the node holds, uncompressed
  ListpackView::Position position_ = 0;
  uint32_t index_ = 0;                 // of the entry in its node
  std::unique_ptr<uint8_t[]> buffer_;  // of a node that is compressed
};

// A handle: trivially copyable, one pointer; who holds it last calls destroy().
class Quicklist {
 public:
  enum class End : uint8_t { kFront, kBack };
  enum class Side : uint8_t { kBefore, kAfter };

  static Quicklist make(QuicklistLimit limit, uint32_t compress_depth);
  static Quicklist adopt(void* memory) { return Quicklist(static_cast<Root*>(memory)); }
  void* pointer() const { return root_; }
  void destroy();
  Quicklist copy() const;

  uint64_t size() const { return root_->count; }
  uint64_t nodes() const { return root_->nodes; }
  const QuicklistNode* first_node() const { return root_->head; }
  size_t memory_bytes() const;  // of nodes in the middle, a sample

  void push(End end, std::string_view text);
  void pop(End end);  // REQUIRES: size() > 0
  // What is in the list already: the nodes of a list that is read back, and a listpack that has grown.
  void append_node(Listpack list);
  void append_plain_node(std::string_view text);

  // The element with this index, from the end if it is negative.
  QuicklistCursor at(int64_t index) const;

  // The cursor is then of no use.
  void insert(const QuicklistCursor& at, Side side, std::string_view text);
  void replace(const QuicklistCursor& at, std::string_view text);
  // Up to `count` elements. REQUIRES: index < size()
  void erase_range(uint64_t index, uint64_t count);
  // The first `count` elements, from the end that is given, that equal the text. Returns how many there were.
  uint64_t remove(std::string_view text, uint64_t count, End from);

  // The listpack, if it is all that there is: the quicklist is gone then. REQUIRES: nodes() == 1, not a plain one
  Listpack take_listpack_and_destroy();

 private:
  struct Root {
    QuicklistNode* head;
    QuicklistNode* tail;
    uint64_t count;
    uint64_t nodes;
    QuicklistLimit limit;
    uint32_t compress_depth;
  };
  explicit Quicklist(Root* root) : root_(root) {}

  bool accepts(const QuicklistNode* node, std::string_view text) const;
  bool can_merge(const QuicklistNode* left, const QuicklistNode* right) const;
  QuicklistNode* new_node(std::string_view text) const;
  void link(QuicklistNode* neighbour, QuicklistNode* node, Side side);
  void unlink(QuicklistNode* node);
  QuicklistNode* split(QuicklistNode* node, uint32_t index, Side side);
  void insert_large(QuicklistNode* node, uint32_t index, Side side, std::string_view text);
  void insert_beside_full(QuicklistNode* node, uint32_t index, Side side, std::string_view text);
  QuicklistNode* merge(QuicklistNode* left, QuicklistNode* right);
  QuicklistNode* merge_around(QuicklistNode* center);
  void replace_by_large(QuicklistNode* node, uint32_t index, std::string_view text);
  uint64_t remove_in(QuicklistNode* node, Needle& needle, uint64_t count, End from);
  bool is_near_end(const QuicklistNode* node) const;
  void compress_ends();
  void compress_around(QuicklistNode* node);

  Root* root_;
};

static_assert(sizeof(Quicklist) == sizeof(void*));

}  // namespace structures
