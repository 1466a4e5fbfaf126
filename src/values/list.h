// List: the value of a list: one listpack while it is small, a quicklist beyond that.
//
// Shape    the word is a pointer; its lowest bit is set for a quicklist. The encoding changes at each step as Valkey's
//          does: before something is added that would exceed the limit, and back when what was taken away has left one
//          node of half the limit.
// Cost     both ends O(1) (in a listpack, O(its bytes), at most a node's); an index O(nodes from the nearer end).
// Threads  the owner's; reading changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "structures/listpack.h"
#include "structures/quicklist.h"
#include "values/collection.h"

namespace values {

// The settings list-max-listpack-size and list-compress-depth.
struct ListLimits {
  int64_t max_listpack_size;
  uint32_t compress_depth;
};

using ListEnd = structures::Quicklist::End;
using ListSide = structures::Quicklist::Side;

// An element: valid until the list changes.
class ListCursor {
 public:
  bool valid() const { return in_quicklist_ ? quick_.valid() : position_ != structures::ListpackView::kNone; }
  // REQUIRES for all below: valid()
  structures::Element get() const { return in_quicklist_ ? quick_.get() : list_.get(position_); }
  bool equals(structures::Needle& needle) const {
    return in_quicklist_ ? quick_.equals(needle) : list_.equals(position_, needle);
  }
  // Towards the end that is given.
  void step(ListEnd towards) {
    if (in_quicklist_) {
      towards == ListEnd::kBack ? quick_.next() : quick_.previous();
    } else {
      position_ = towards == ListEnd::kBack ? list_.next(position_) : list_.previous(position_);
    }
  }

 private:
  friend class List;
  ListCursor(structures::ListpackView list, structures::ListpackView::Position position)
      : list_(list), position_(position) {}
  explicit ListCursor(structures::QuicklistCursor quick) : quick_(std::move(quick)), in_quicklist_(true) {}

  structures::ListpackView list_{nullptr};
  structures::ListpackView::Position position_ = structures::ListpackView::kNone;
  structures::QuicklistCursor quick_;
  bool in_quicklist_ = false;
};

class List {
 public:
  static constexpr Type kType = Type::kList;

  List() = default;
  static List make() { return List(structures::Listpack::make()); }
  static List from_word(uint64_t word) { return List(word); }
  uint64_t word() const { return word_; }
  void destroy();
  List copy() const;

  uint64_t size() const { return is_listpack() ? listpack().size() : quicklist().size(); }
  bool empty() const { return is_listpack() ? listpack().empty() : quicklist().size() == 0; }
  std::string_view encoding() const { return is_listpack() ? "listpack" : "quicklist"; }
  size_t memory_bytes() const { return is_listpack() ? listpack().memory_bytes() : quicklist().memory_bytes(); }
  uint64_t free_cost() const { return is_listpack() ? 1 : 2 * quicklist().nodes() + 1; }

  // Of what was read from outside: a quicklist whose one node is within the limit becomes a listpack.
  static List adopt(structures::Quicklist quicklist, const ListLimits& limits);

  // What it is made of, for who writes it down or tells of it.
  bool is_listpack() const { return (word_ & kQuicklistTag) == 0; }
  structures::Listpack listpack() const;    // REQUIRES: is_listpack()
  structures::Quicklist quicklist() const;  // REQUIRES: !is_listpack()

  // The element with this index, from the end if it is negative.
  ListCursor at(int64_t index) const;

  // Each text in turn to the end that is given.
  void push(ListEnd end, std::span<const std::string_view> texts, const ListLimits& limits);
  // Up to `count` elements. REQUIRES: index < size()
  void erase_range(uint64_t index, uint64_t count, const ListLimits& limits);
  // As many from either end, where there is more than that.
  void pop(ListEnd end, uint64_t count, const ListLimits& limits);
  // All but `count` elements from `index` on go. REQUIRES: index + count <= size()
  void keep_range(uint64_t index, uint64_t count, const ListLimits& limits);
  // One element goes from one end to the other, or to where it was, and the encoding is looked at.
  // REQUIRES: not empty; `text` is that of the element and lies elsewhere.
  void rotate(ListEnd from, ListEnd to, std::string_view text, const ListLimits& limits);
  // The first `count` elements, from the end that is given, that equal the text. Returns how many there were.
  uint64_t remove(std::string_view text, uint64_t count, ListEnd from, const ListLimits& limits);
  // False if there is no such element; then the encoding may have changed nevertheless, as in the reference.
  bool set(int64_t index, std::string_view text, const ListLimits& limits);
  bool insert(std::string_view pivot, ListSide side, std::string_view text, const ListLimits& limits);

 private:
  static constexpr uint64_t kQuicklistTag = 1;
  explicit List(uint64_t word) : word_(word) {}
  explicit List(structures::Listpack list) { hold(list); }

  void hold(structures::Listpack list) { word_ = reinterpret_cast<uint64_t>(list.pointer()); }
  void make_room(uint64_t more_bytes, uint64_t more_elements, const ListLimits& limits);
  void shrink(const ListLimits& limits);
  void erase(uint64_t index, uint64_t count);
  void push_made_room(ListEnd end, std::string_view text);

  uint64_t word_ = 0;
};

}  // namespace values
