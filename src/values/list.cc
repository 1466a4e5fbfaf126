#include "values/list.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace values {

using structures::Listpack;
using structures::Needle;
using structures::Quicklist;
using structures::QuicklistLimit;

Listpack List::listpack() const {
  DCHECK(is_listpack());
  return Listpack::adopt(reinterpret_cast<uint8_t*>(word_));
}

Quicklist List::quicklist() const {
  DCHECK(!is_listpack());
  return Quicklist::adopt(reinterpret_cast<void*>(word_ - kQuicklistTag));
}

void List::destroy() {
  if (is_listpack()) {
    listpack().destroy();
  } else {
    quicklist().destroy();
  }
  word_ = 0;
}

List List::copy() const {
  if (is_listpack()) return List(listpack().copy());
  return List(reinterpret_cast<uint64_t>(quicklist().copy().pointer()) | kQuicklistTag);
}

ListCursor List::at(int64_t index) const {
  if (is_listpack()) return {listpack(), listpack().at(index)};
  return ListCursor(quicklist().at(index));
}

// A listpack to which so much cannot be added becomes the one node of a quicklist.
void List::make_room(uint64_t more_bytes, uint64_t more_elements, const ListLimits& limits) {
  if (!is_listpack()) return;
  Listpack list = listpack();
  const QuicklistLimit limit(limits.max_listpack_size);
  if (!limit.exceeded(list.size_bytes() + more_bytes, list.size() + more_elements)) return;
  Quicklist quick = Quicklist::make(limit, limits.compress_depth);
  if (list.empty()) {
    list.destroy();
  } else {
    quick.append_node(list);
  }
  word_ = reinterpret_cast<uint64_t>(quick.pointer()) | kQuicklistTag;
}

void List::shrink(const ListLimits& limits) {
  if (is_listpack()) return;
  Quicklist quick = quicklist();
  if (quick.nodes() != 1 || quick.first_node()->is_plain()) return;
  const QuicklistLimit limit(limits.max_listpack_size);
  const bool large =
      limit.counts_entries() ? quick.size() > limit.count() / 2 : quick.first_node()->bytes() > limit.bytes() / 2;
  if (!large) hold(quick.take_listpack_and_destroy());
}

List List::adopt(Quicklist quick, const ListLimits& limits) {
  const auto* const first = quick.first_node();
  const QuicklistLimit limit(limits.max_listpack_size);
  if (quick.nodes() == 1 && !first->is_plain() && !limit.exceeded(first->bytes(), quick.size())) {
    return List(quick.take_listpack_and_destroy());
  }
  return List(reinterpret_cast<uint64_t>(quick.pointer()) | kQuicklistTag);
}

void List::push(ListEnd end, std::span<const std::string_view> texts, const ListLimits& limits) {
  uint64_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  make_room(bytes, texts.size(), limits);
  if (!is_listpack()) {
    Quicklist quick = quicklist();
    for (const std::string_view text : texts) quick.push(end, text);
    return;
  }
  Listpack list = listpack();
  if (end == ListEnd::kBack) {
    list.append_many(texts);
  } else if (texts.size() == 1) {
    list.prepend(texts.front());
  } else {
    const std::vector<std::string_view> reversed(texts.rbegin(), texts.rend());
    list.prepend_many(reversed);
  }
  hold(list);
}

void List::push_made_room(ListEnd end, std::string_view text) {
  if (!is_listpack()) {
    quicklist().push(end, text);
    return;
  }
  Listpack list = listpack();
  end == ListEnd::kBack ? list.append(text) : list.prepend(text);
  hold(list);
}

void List::erase(uint64_t index, uint64_t count) {
  if (count == 0) return;
  if (!is_listpack()) {
    Quicklist quick = quicklist();
    if (count == 1 && (index == 0 || index + 1 == quick.size())) {
      quick.pop(index == 0 ? ListEnd::kFront : ListEnd::kBack);
    } else {
      quick.erase_range(index, count);
    }
    return;
  }
  Listpack list = listpack();
  list.erase_at(static_cast<int64_t>(index), static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX)));
  hold(list);
}

void List::erase_range(uint64_t index, uint64_t count, const ListLimits& limits) {
  erase(index, count);
  shrink(limits);
}

void List::pop(ListEnd end, uint64_t count, const ListLimits& limits) {
  const uint64_t all = size();
  const uint64_t gone = std::min(count, all);
  erase_range(end == ListEnd::kFront ? 0 : all - gone, gone, limits);
}

void List::keep_range(uint64_t index, uint64_t count, const ListLimits& limits) {
  const uint64_t behind = index + count;
  const uint64_t all = size();
  if (behind < all) erase(behind, all - behind);
  erase(0, index);
  shrink(limits);
}

void List::rotate(ListEnd from, ListEnd to, std::string_view text, const ListLimits& limits) {
  const bool front = from == ListEnd::kFront;
  erase(front ? 0 : size() - 1, 1);
  make_room(text.size(), 1, limits);
  push_made_room(to, text);
  shrink(limits);
}

uint64_t List::remove(std::string_view text, uint64_t count, ListEnd from, const ListLimits& limits) {
  if (!is_listpack()) {
    const uint64_t removed = quicklist().remove(text, count, from);
    if (removed > 0) shrink(limits);
    return removed;
  }
  Listpack list = listpack();
  Needle needle(text);
  const uint64_t removed = list.erase_equal(needle, count, from == ListEnd::kBack);
  hold(list);
  return removed;
}

bool List::set(int64_t index, std::string_view text, const ListLimits& limits) {
  make_room(text.size(), 1, limits);
  const ListCursor cursor = at(index);
  if (!cursor.valid()) return false;
  if (is_listpack()) {
    Listpack list = listpack();
    list.replace(cursor.position_, text);
    hold(list);
  } else {
    quicklist().replace(cursor.quick_, text);
    shrink(limits);
  }
  return true;
}

bool List::insert(std::string_view pivot, ListSide side, std::string_view text, const ListLimits& limits) {
  make_room(text.size(), 1, limits);
  Needle needle(pivot);
  ListCursor cursor = at(0);
  while (cursor.valid() && !cursor.equals(needle)) cursor.step(ListEnd::kBack);
  if (!cursor.valid()) return false;
  if (is_listpack()) {
    Listpack list = listpack();
    side == ListSide::kBefore ? list.insert(cursor.position_, text) : list.insert_after(cursor.position_, text);
    hold(list);
  } else {
    quicklist().insert(cursor.quick_, side, text);
  }
  return true;
}

}  // namespace values
