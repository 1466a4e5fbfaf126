// SortedIndex: items in the order of their keys, unique: a B+ tree of small nodes.
//
//   struct ByNumber {
//     using Key = uint64_t;
//     static Key key_of(const Item& item) { return item.number; }
//     static bool less(Key a, Key b) { return a < b; }
//   };
//   SortedIndex<Item, ByNumber> index;
//
// Shape    leaves of at most kNodeBytes, linked both ways, under inner nodes that hold the first key of each child,
//          exactly: a key may borrow from its item and need not outlive it. A tree of one leaf has a leaf that grows
//          from kLeastLeafBytes. Appending leaves full leaves behind.
// Cost     O(log n) to find, insert and erase; O(1) amortised to append and to step. No step moves more than two nodes.
// Limits   items and keys are trivially copyable. Cursors and pointers to items hold until the next insert or erase.
// Threads  the owner's.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "structures/memory.h"

namespace structures {

template <typename Item, typename Order>
class SortedIndex {
  struct Leaf;

 public:
  using Key = typename Order::Key;
  static_assert(std::is_trivially_copyable_v<Item> && std::is_trivially_copyable_v<Key>);

  // A place among the items, or behind the last (and before the first) one.
  class Cursor {
   public:
    Cursor() = default;
    explicit operator bool() const { return leaf_ != nullptr; }
    Item& operator*() const { return leaf_->items()[at_]; }
    Item* operator->() const { return &leaf_->items()[at_]; }
    bool operator==(const Cursor&) const = default;

    void next() {
      if (++at_ < leaf_->count) return;
      leaf_ = leaf_->next;
      at_ = 0;
    }
    void previous() {
      if (at_ != 0) {
        --at_;
        return;
      }
      leaf_ = leaf_->previous;
      at_ = leaf_ == nullptr ? 0 : leaf_->count - 1;
    }

   private:
    friend class SortedIndex;
    Cursor(Leaf* leaf, uint32_t at) : leaf_(leaf), at_(at) {}
    Leaf* leaf_ = nullptr;
    uint32_t at_ = 0;
  };

  SortedIndex() = default;
  SortedIndex(SortedIndex&& other) noexcept { swap(other); }
  SortedIndex& operator=(SortedIndex&& other) noexcept {
    swap(other);
    return *this;
  }
  ~SortedIndex() { clear(); }

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // What its nodes take, and how many there are.
  size_t memory_bytes() const { return bytes_; }
  uint64_t node_count() const { return nodes_; }

  Cursor first() const { return first_ == nullptr ? Cursor() : Cursor(first_, 0); }
  Cursor last() const { return last_ == nullptr ? Cursor() : Cursor(last_, last_->count - 1U); }
  // The first item whose key is not below `key`.
  Cursor lower_bound(const Key& key) const;
  // The last item whose key is not above `key`.
  Cursor at_or_before(const Key& key) const;
  Item* find(const Key& key) const {
    const Cursor at = lower_bound(key);
    return at && !Order::less(key, Order::key_of(*at)) ? &*at : nullptr;
  }

  // The item with this key, and whether it was inserted now.
  std::pair<Item*, bool> insert(const Item& item);
  bool erase(const Key& key) {
    const Cursor at = lower_bound(key);
    if (!at || Order::less(key, Order::key_of(*at))) return false;
    erase(at);
    return true;
  }
  // REQUIRES: the cursor is at an item of this index. The cursor of the item that follows it.
  Cursor erase(Cursor at);
  void clear();

 private:
  static constexpr size_t kNodeBytes = 1024;
  static constexpr size_t kLeastLeafBytes = 128;

  struct Inner;
  struct Node {
    Inner* parent = nullptr;
    uint16_t count = 0;
    uint16_t level = 0;     // 0: a leaf
    uint32_t capacity = 0;  // of a leaf, in items
  };
  struct Leaf : Node {
    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    Item* items() { return reinterpret_cast<Item*>(this + 1); }
    const Item* items() const { return reinterpret_cast<const Item*>(this + 1); }
  };
  static constexpr uint16_t kFanout = (kNodeBytes - sizeof(Node)) / (sizeof(Key) + sizeof(Node*));
  struct Inner : Node {
    Key keys[kFanout];  // the first key of each child
    Node* children[kFanout];
  };
  static constexpr uint32_t items_in(size_t bytes) {
    return static_cast<uint32_t>((bytes - sizeof(Leaf)) / sizeof(Item));
  }
  static constexpr uint32_t kLeafItems = items_in(kNodeBytes);
  static_assert(alignof(Item) <= alignof(Leaf) && items_in(kLeastLeafBytes) >= 1 && kFanout >= 4);

  // Of the smallest leaf for so many items: a power of two of bytes.
  static constexpr uint32_t fitting_capacity(uint32_t items) {
    size_t bytes = kLeastLeafBytes;
    while (bytes < kNodeBytes && items_in(bytes) < items) bytes *= 2;
    return items_in(bytes);
  }
  static size_t leaf_bytes(uint32_t capacity) { return sizeof(Leaf) + capacity * sizeof(Item); }
  static Key first_key(const Node* node) {
    if (node->level != 0) return static_cast<const Inner*>(node)->keys[0];
    return Order::key_of(static_cast<const Leaf*>(node)->items()[0]);
  }
  static uint16_t place_in_parent(const Node* node);
  static uint32_t lower_bound_in(Leaf* leaf, const Key& key);

  Leaf* make_leaf(uint32_t capacity);
  Inner* make_inner(uint16_t level);
  void free_node(Node* node);
  void free_below(Node* node);
  Leaf* leaf_for(const Key& key) const;
  Leaf* resize_only_leaf(Leaf* leaf, uint32_t capacity);
  void link_behind(Leaf* leaf, Leaf* made);
  Leaf* split(Leaf* leaf, uint32_t at);
  void add_child(Node* left, Node* made);
  void remove_node(Node* node);
  void first_key_changed(Node* node);
  bool merge_next(Leaf* leaf);
  void merge_inner(Inner* inner);
  void swap(SortedIndex& other) {
    std::swap(root_, other.root_);
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
    std::swap(nodes_, other.nodes_);
  }

  Node* root_ = nullptr;
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
  uint64_t size_ = 0;
  size_t bytes_ = 0;
  uint64_t nodes_ = 0;
};

template <typename Item, typename Order>
auto SortedIndex<Item, Order>::make_leaf(uint32_t capacity) -> Leaf* {
  Leaf* leaf = new (allocate(leaf_bytes(capacity))) Leaf;
  leaf->capacity = capacity;
  bytes_ += leaf_bytes(capacity);
  ++nodes_;
  return leaf;
}

template <typename Item, typename Order>
auto SortedIndex<Item, Order>::make_inner(uint16_t level) -> Inner* {
  Inner* inner = new (allocate(sizeof(Inner))) Inner;
  inner->level = level;
  bytes_ += sizeof(Inner);
  ++nodes_;
  return inner;
}

template <typename Item, typename Order>
void SortedIndex<Item, Order>::free_node(Node* node) {
  const size_t bytes = node->level != 0 ? sizeof(Inner) : leaf_bytes(node->capacity);
  bytes_ -= bytes;
  --nodes_;
  release(node, bytes);
}

template <typename Item, typename Order>
void SortedIndex<Item, Order>::free_below(Node* node) {
  if (node->level != 0) {
    auto* inner = static_cast<Inner*>(node);
    for (uint16_t i = 0; i < inner->count; ++i) free_below(inner->children[i]);
  }
  free_node(node);
}

template <typename Item, typename Order>
void SortedIndex<Item, Order>::clear() {
  if (root_ != nullptr) free_below(root_);
  root_ = first_ = last_ = nullptr;
  size_ = 0;
}

template <typename Item, typename Order>
uint16_t SortedIndex<Item, Order>::place_in_parent(const Node* node) {
  const Inner* parent = node->parent;
  uint16_t at = 0;
  while (parent->children[at] != node) ++at;
  return at;
}

template <typename Item, typename Order>
uint32_t SortedIndex<Item, Order>::lower_bound_in(Leaf* leaf, const Key& key) {
  uint32_t low = 0;
  uint32_t high = leaf->count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (Order::less(Order::key_of(leaf->items()[middle]), key)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The leaf whose keys are around `key`: it begins at or below it, or it is the first. REQUIRES: not empty.
template <typename Item, typename Order>
auto SortedIndex<Item, Order>::leaf_for(const Key& key) const -> Leaf* {
  Node* node = root_;
  while (node->level != 0) {
    auto* inner = static_cast<Inner*>(node);
    uint16_t low = 1;  // children before it begin at or below the key
    uint16_t high = inner->count;
    while (low < high) {
      const auto middle = static_cast<uint16_t>((low + high) / 2);
      if (Order::less(key, inner->keys[middle])) {
        high = middle;
      } else {
        low = static_cast<uint16_t>(middle + 1);
      }
    }
    node = inner->children[low - 1];
  }
  return static_cast<Leaf*>(node);
}

template <typename Item, typename Order>
auto SortedIndex<Item, Order>::lower_bound(const Key& key) const -> Cursor {
  if (root_ == nullptr) return {};
  Leaf* leaf = leaf_for(key);
  const uint32_t at = lower_bound_in(leaf, key);
  if (at < leaf->count) return {leaf, at};
  return leaf->next == nullptr ? Cursor() : Cursor(leaf->next, 0);
}

template <typename Item, typename Order>
auto SortedIndex<Item, Order>::at_or_before(const Key& key) const -> Cursor {
  if (root_ == nullptr) return {};
  Leaf* leaf = leaf_for(key);
  const uint32_t at = lower_bound_in(leaf, key);
  if (at < leaf->count && !Order::less(key, Order::key_of(leaf->items()[at]))) return {leaf, at};
  // The leaf begins at or below the key, unless no item does.
  return at == 0 ? Cursor() : Cursor(leaf, at - 1);
}

// Replaces the only leaf by one of another capacity. REQUIRES: the leaf is the root.
template <typename Item, typename Order>
auto SortedIndex<Item, Order>::resize_only_leaf(Leaf* leaf, uint32_t capacity) -> Leaf* {
  Leaf* made = make_leaf(capacity);
  made->count = leaf->count;
  std::memcpy(static_cast<void*>(made->items()), leaf->items(), leaf->count * sizeof(Item));
  free_node(leaf);
  root_ = first_ = last_ = made;
  return made;
}

template <typename Item, typename Order>
void SortedIndex<Item, Order>::link_behind(Leaf* leaf, Leaf* made) {
  made->previous = leaf;
  made->next = leaf->next;
  (leaf->next != nullptr ? leaf->next->previous : last_) = made;
  leaf->next = made;
}

// Makes room for an item at `at` of a full leaf: its upper half moves to a new leaf, which is answered. An item that is
// appended leaves the leaf full, since ids arrive in order.
template <typename Item, typename Order>
auto SortedIndex<Item, Order>::split(Leaf* leaf, uint32_t at) -> Leaf* {
  Leaf* made = make_leaf(kLeafItems);
  const bool appended = at == leaf->count && leaf->next == nullptr;
  const uint32_t kept = appended ? leaf->count : leaf->count / 2U;
  made->count = static_cast<uint16_t>(leaf->count - kept);
  std::memcpy(static_cast<void*>(made->items()), leaf->items() + kept, made->count * sizeof(Item));
  leaf->count = static_cast<uint16_t>(kept);
  link_behind(leaf, made);
  return made;
}

// Puts `made`, which has a first key, behind `left` into the tree.
template <typename Item, typename Order>
void SortedIndex<Item, Order>::add_child(Node* left, Node* made) {
  Inner* parent = left->parent;
  if (parent == nullptr) {
    parent = make_inner(static_cast<uint16_t>(left->level + 1));
    parent->keys[0] = first_key(left);
    parent->children[0] = left;
    parent->count = 1;
    left->parent = parent;
    root_ = parent;
  }
  auto at = static_cast<uint16_t>(place_in_parent(left) + 1);
  if (parent->count == kFanout) {
    Inner* right = make_inner(parent->level);
    const uint16_t kept = at == kFanout ? kFanout - 1 : kFanout / 2;
    right->count = static_cast<uint16_t>(kFanout - kept);
    parent->count = kept;
    std::memcpy(static_cast<void*>(right->keys), parent->keys + kept, right->count * sizeof(Key));
    std::memcpy(static_cast<void*>(right->children), parent->children + kept, right->count * sizeof(Node*));
    for (uint16_t i = 0; i < right->count; ++i) right->children[i]->parent = right;
    add_child(parent, right);
    if (at > kept) {
      parent = right;
      at = static_cast<uint16_t>(at - kept);
    }
  }
  std::memmove(static_cast<void*>(parent->keys + at + 1), parent->keys + at, (parent->count - at) * sizeof(Key));
  std::memmove(parent->children + at + 1, parent->children + at, (parent->count - at) * sizeof(Node*));
  parent->keys[at] = first_key(made);
  parent->children[at] = made;
  made->parent = parent;
  ++parent->count;
}

template <typename Item, typename Order>
void SortedIndex<Item, Order>::first_key_changed(Node* node) {
  const Key key = first_key(node);
  while (node->parent != nullptr) {
    const uint16_t at = place_in_parent(node);
    node->parent->keys[at] = key;
    if (at != 0) return;
    node = node->parent;
  }
}

template <typename Item, typename Order>
auto SortedIndex<Item, Order>::insert(const Item& item) -> std::pair<Item*, bool> {
  const Key key = Order::key_of(item);
  if (root_ == nullptr) root_ = first_ = last_ = make_leaf(items_in(kLeastLeafBytes));
  Leaf* leaf = last_;
  uint32_t at = leaf->count;
  if (at != 0 && !Order::less(Order::key_of(leaf->items()[at - 1]), key)) {
    leaf = leaf_for(key);
    at = lower_bound_in(leaf, key);
    if (at < leaf->count && !Order::less(key, Order::key_of(leaf->items()[at]))) return {&leaf->items()[at], false};
  }
  Leaf* made = nullptr;
  Leaf* left = leaf;
  if (leaf->count == leaf->capacity && leaf->capacity < kLeafItems) {
    leaf = resize_only_leaf(leaf, fitting_capacity(leaf->capacity + 1));
  } else if (leaf->count == leaf->capacity) {
    made = split(leaf, at);
    if (at > leaf->count || made->count == 0) {
      at -= leaf->count;
      leaf = made;
    }
  }
  std::memmove(static_cast<void*>(leaf->items() + at + 1), leaf->items() + at, (leaf->count - at) * sizeof(Item));
  leaf->items()[at] = item;
  ++leaf->count;
  ++size_;
  if (at == 0) first_key_changed(leaf);
  if (made != nullptr) add_child(left, made);
  return {&leaf->items()[at], true};
}

// Takes an empty node out of the tree.
template <typename Item, typename Order>
void SortedIndex<Item, Order>::remove_node(Node* node) {
  Inner* parent = node->parent;
  if (node->level == 0) {
    auto* leaf = static_cast<Leaf*>(node);
    (leaf->previous != nullptr ? leaf->previous->next : first_) = leaf->next;
    (leaf->next != nullptr ? leaf->next->previous : last_) = leaf->previous;
  }
  if (parent == nullptr) {
    free_node(node);
    root_ = nullptr;
    return;
  }
  const uint16_t at = place_in_parent(node);
  free_node(node);
  --parent->count;
  std::memmove(static_cast<void*>(parent->keys + at), parent->keys + at + 1, (parent->count - at) * sizeof(Key));
  std::memmove(parent->children + at, parent->children + at + 1, (parent->count - at) * sizeof(Node*));
  if (parent->count == 0) return remove_node(parent);
  if (at == 0) first_key_changed(parent);
  merge_inner(parent);
}

// An inner node that became small joins its right neighbour; a root of one child goes.
template <typename Item, typename Order>
void SortedIndex<Item, Order>::merge_inner(Inner* inner) {
  if (inner->parent == nullptr) {
    if (inner->count != 1) return;
    root_ = inner->children[0];
    root_->parent = nullptr;
    free_node(inner);
    if (root_->level != 0) merge_inner(static_cast<Inner*>(root_));
    return;
  }
  if (inner->count > kFanout / 4) return;
  const uint16_t at = place_in_parent(inner);
  Inner* left = inner;
  Inner* right = nullptr;
  if (at + 1 < inner->parent->count) {
    right = static_cast<Inner*>(inner->parent->children[at + 1]);
  } else if (at != 0) {
    left = static_cast<Inner*>(inner->parent->children[at - 1]);
    right = inner;
  }
  if (right == nullptr || left->count + right->count > kFanout * 3 / 4) return;
  std::memcpy(static_cast<void*>(left->keys + left->count), right->keys, right->count * sizeof(Key));
  std::memcpy(static_cast<void*>(left->children + left->count), right->children, right->count * sizeof(Node*));
  for (uint16_t i = 0; i < right->count; ++i) right->children[i]->parent = left;
  left->count = static_cast<uint16_t>(left->count + right->count);
  right->count = 0;
  remove_node(right);
}

// Moves the items of the next leaf to the end of this one, if they are few and both have the same parent.
template <typename Item, typename Order>
bool SortedIndex<Item, Order>::merge_next(Leaf* leaf) {
  Leaf* next = leaf->next;
  if (next == nullptr || next->parent != leaf->parent) return false;
  if (leaf->count + next->count > leaf->capacity * 3 / 4) return false;
  std::memcpy(static_cast<void*>(leaf->items() + leaf->count), next->items(), next->count * sizeof(Item));
  leaf->count = static_cast<uint16_t>(leaf->count + next->count);
  next->count = 0;
  remove_node(next);
  return true;
}

template <typename Item, typename Order>
auto SortedIndex<Item, Order>::erase(Cursor at) -> Cursor {
  Leaf* leaf = at.leaf_;
  --leaf->count;
  --size_;
  Item* place = leaf->items() + at.at_;
  std::memmove(static_cast<void*>(place), place + 1, (leaf->count - at.at_) * sizeof(Item));
  if (leaf->count == 0) {
    const Cursor next = leaf->next == nullptr ? Cursor() : Cursor(leaf->next, 0);
    remove_node(leaf);
    return next;
  }
  if (at.at_ == 0) first_key_changed(leaf);
  if (leaf->count <= leaf->capacity / 4) {
    Leaf* previous = leaf->previous;
    if (leaf == root_) {
      const uint32_t fitting = fitting_capacity(2U * leaf->count);
      if (fitting < leaf->capacity) leaf = at.leaf_ = resize_only_leaf(leaf, fitting);
    } else if (!merge_next(leaf) && previous != nullptr) {
      const uint32_t before = previous->count;
      if (merge_next(previous)) {
        leaf = at.leaf_ = previous;
        at.at_ += before;
      }
    }
  }
  if (at.at_ < leaf->count) return at;
  return leaf->next == nullptr ? Cursor() : Cursor(leaf->next, 0);
}

}  // namespace structures
