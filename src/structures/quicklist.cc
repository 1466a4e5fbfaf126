#include "structures/quicklist.h"

#include <algorithm>
#include <iterator>
#include <new>

#include "base/check.h"
#include "structures/memory.h"

namespace structures {
namespace {

// A node never takes more, however many entries it may have.
constexpr size_t kSafeNodeBytes = 8192;
constexpr size_t kNodeBytes[] = {4096, 8192, 16384, 32768, 65536};
constexpr uint64_t kNodeEntriesMax = 32767;
// What an entry is taken to need beside its text when a node is asked whether it has room.
constexpr size_t kEntryOverheadBytes = 8;

std::string_view plain_text(const QuicklistNode& node, const uint8_t* data) {
  return {reinterpret_cast<const char*>(data), node.bytes()};
}

}  // namespace

QuicklistLimit::QuicklistLimit(int64_t setting) : counts_entries_(setting >= 0) {
  bytes_ = counts_entries_
               ? kSafeNodeBytes
               : kNodeBytes[std::min<uint64_t>(static_cast<uint64_t>(-(setting + 1)), std::size(kNodeBytes) - 1)];
  count_ = counts_entries_ ? static_cast<uint64_t>(std::max<int64_t>(setting, 1)) : UINT64_MAX;
}

QuicklistLimit QuicklistLimit::bounded() const {
  QuicklistLimit out = *this;
  if (counts_entries_) out.count_ = std::min(count_, kNodeEntriesMax);
  return out;
}

// Cursors.

void QuicklistCursor::enter(QuicklistNode* node, int64_t index) {
  node_ = node;
  if (node == nullptr) return;
  data_ = node->is_compressed() ? nullptr : node->data();
  if (node->is_compressed()) {
    buffer_ = std::make_unique<uint8_t[]>(node->bytes());
    node->expand_into(buffer_.get());
    data_ = buffer_.get();
  }
  index_ = index < 0 ? static_cast<uint32_t>(node->count() + index) : static_cast<uint32_t>(index);
  position_ = node->is_plain() ? 0 : ListpackView(data_).at(index);
}

Element QuicklistCursor::get() const {
  return node_->is_plain() ? Element(plain_text(*node_, data_)) : ListpackView(data_).get(position_);
}

bool QuicklistCursor::equals(Needle& needle) const {
  return node_->is_plain() ? plain_text(*node_, data_) == needle.text() : ListpackView(data_).equals(position_, needle);
}

void QuicklistCursor::next() {
  if (!node_->is_plain()) {
    position_ = ListpackView(data_).next(position_);
    ++index_;
    if (position_ != ListpackView::kNone) return;
  }
  enter(node_->next, 0);
}

void QuicklistCursor::previous() {
  if (!node_->is_plain()) {
    position_ = ListpackView(data_).previous(position_);
    --index_;
    if (position_ != ListpackView::kNone) return;
  }
  enter(node_->previous, -1);
}

QuicklistCursor Quicklist::at(int64_t index) const {
  const auto size = static_cast<int64_t>(root_->count);
  QuicklistCursor cursor;
  if (index >= size || index < -size) return cursor;
  if (index < 0) index += size;
  if (index < size / 2) {
    QuicklistNode* node = root_->head;
    for (; index >= node->count(); node = node->next) index -= node->count();
    cursor.enter(node, index);
  } else {
    QuicklistNode* node = root_->tail;
    for (index -= size; - index > node->count(); node = node->previous) index += node->count();
    cursor.enter(node, index);
  }
  return cursor;
}

// The whole list.

Quicklist Quicklist::make(QuicklistLimit limit, uint32_t compress_depth) {
  void* memory = allocate(sizeof(Root));
  return Quicklist(new (memory) Root{nullptr, nullptr, 0, 0, limit.bounded(), compress_depth});
}

void Quicklist::destroy() {
  for (QuicklistNode* node = root_->head; node != nullptr;) {
    QuicklistNode* next = node->next;
    node->destroy();
    node = next;
  }
  release(root_, sizeof(Root));
  root_ = nullptr;
}

Quicklist Quicklist::copy() const {
  Quicklist out = make(root_->limit, root_->compress_depth);
  for (const QuicklistNode* node = root_->head; node != nullptr; node = node->next) {
    QuicklistNode* twin = node->copy();
    twin->previous = out.root_->tail;
    (out.root_->tail == nullptr ? out.root_->head : out.root_->tail->next) = twin;
    out.root_->tail = twin;
  }
  out.root_->count = root_->count;
  out.root_->nodes = root_->nodes;
  return out;
}

size_t Quicklist::memory_bytes() const {
  constexpr uint64_t kSampled = 8;
  size_t bytes = allocation_size(sizeof(Root));
  if (root_->head == nullptr) return bytes;
  bytes += root_->head->memory_bytes();
  if (root_->tail == root_->head) return bytes;
  bytes += root_->tail->memory_bytes();
  // The ends may be half empty; those between them are much alike.
  size_t sampled_bytes = 0;
  uint64_t sampled = 0;
  for (QuicklistNode* node = root_->head->next; node != root_->tail && sampled < kSampled; node = node->next) {
    sampled_bytes += node->memory_bytes();
    ++sampled;
  }
  return sampled == 0 ? bytes : bytes + sampled_bytes * (root_->nodes - 2) / sampled;
}

Listpack Quicklist::take_listpack_and_destroy() {
  DCHECK(root_->nodes == 1 && !root_->head->is_plain());
  root_->head->expand();
  const Listpack list = root_->head->take();
  destroy();
  return list;
}

// Nodes.

bool Quicklist::accepts(const QuicklistNode* node, std::string_view text) const {
  if (node == nullptr || node->is_plain() || root_->limit.is_large(text)) return false;
  return !root_->limit.exceeded(node->bytes() + text.size() + kEntryOverheadBytes, node->count() + 1);
}

bool Quicklist::can_merge(const QuicklistNode* left, const QuicklistNode* right) const {
  if (left == nullptr || right == nullptr || left->is_plain() || right->is_plain()) return false;
  return !root_->limit.exceeded(left->bytes() + right->bytes() - ListpackView::kEmptyBytes,
                                left->count() + right->count());
}

QuicklistNode* Quicklist::new_node(std::string_view text) const {
  return root_->limit.is_large(text) ? QuicklistNode::make_plain(text) : QuicklistNode::make(ListpackEntry(text));
}

// Beside `neighbour`, which is null only in an empty list.
void Quicklist::link(QuicklistNode* neighbour, QuicklistNode* node, Side side) {
  QuicklistNode* left = side == Side::kAfter ? neighbour : neighbour == nullptr ? nullptr : neighbour->previous;
  QuicklistNode* right = side == Side::kBefore ? neighbour : neighbour == nullptr ? nullptr : neighbour->next;
  node->previous = left;
  node->next = right;
  (left == nullptr ? root_->head : left->next) = node;
  (right == nullptr ? root_->tail : right->previous) = node;
  ++root_->nodes;
  compress_ends();
}

void Quicklist::unlink(QuicklistNode* node) {
  (node->previous == nullptr ? root_->head : node->previous->next) = node->next;
  (node->next == nullptr ? root_->tail : node->next->previous) = node->previous;
  --root_->nodes;
  node->destroy();
  compress_ends();
}

// The entries behind (before) this one leave for a new node, which is not linked yet.
QuicklistNode* Quicklist::split(QuicklistNode* node, uint32_t index, Side side) {
  node->expand();
  Listpack list = node->tighten();
  Listpack rest = list.copy();
  const uint32_t all = node->count();
  if (side == Side::kAfter) {
    rest.erase_at(0, index + 1);
    list.erase_at(index + 1, all);
  } else {
    rest.erase_at(index, all);
    list.erase_at(0, index);
  }
  node->put(list);
  return QuicklistNode::make(rest);
}

QuicklistNode* Quicklist::merge(QuicklistNode* left, QuicklistNode* right) {
  left->expand();
  right->expand();
  Listpack list = left->take();
  list.append_and_destroy(right->take());
  left->put(list);
  unlink(right);
  return left;
}

// After a split: small neighbours become one node, in an order that the reference fixes.
QuicklistNode* Quicklist::merge_around(QuicklistNode* center) {
  QuicklistNode* previous = center->previous;
  if (previous != nullptr && can_merge(previous->previous, previous)) merge(previous->previous, previous);
  QuicklistNode* next = center->next;
  if (next != nullptr && can_merge(next, next->next)) merge(next, next->next);
  if (can_merge(center->previous, center)) center = merge(center->previous, center);
  if (can_merge(center, center->next)) center = merge(center, center->next);
  return center;
}

// Ends.

void Quicklist::push(End end, std::string_view text) {
  const bool front = end == End::kFront;
  QuicklistNode* node = front ? root_->head : root_->tail;
  ++root_->count;
  if (accepts(node, text)) {
    const ListpackEntry entry(text);
    front ? node->push_front(entry, root_->limit.bytes()) : node->push_back(entry, root_->limit.bytes());
    return;
  }
  if (node != nullptr) node->trim();
  link(node, new_node(text), front ? Side::kBefore : Side::kAfter);
}

void Quicklist::pop(End end) {
  QuicklistNode* node = end == End::kFront ? root_->head : root_->tail;
  --root_->count;
  if (node->count() == 1) {
    unlink(node);
  } else {
    end == End::kFront ? node->pop_front() : node->pop_back();
  }
}

void Quicklist::append_node(Listpack list) {
  root_->count += list.size();
  link(root_->tail, QuicklistNode::make(list), Side::kAfter);
}

void Quicklist::append_plain_node(std::string_view text) {
  ++root_->count;
  link(root_->tail, QuicklistNode::make_plain(text), Side::kAfter);
}

// In between.

void Quicklist::insert(const QuicklistCursor& at, Side side, std::string_view text) {
  QuicklistNode* node = at.node_;
  ++root_->count;
  if (root_->limit.is_large(text)) {
    insert_large(node, at.index_, side, text);
  } else if (accepts(node, text)) {
    node->expand();
    Listpack list = node->tighten();
    side == Side::kBefore ? list.insert(at.position_, text) : list.insert_after(at.position_, text);
    node->put(list);
    compress_around(node);
  } else {
    insert_beside_full(node, at.index_, side, text);
  }
}

void Quicklist::insert_large(QuicklistNode* node, uint32_t index, Side side, std::string_view text) {
  const bool at_edge = index == (side == Side::kAfter ? node->count() - 1 : 0);
  QuicklistNode* large = QuicklistNode::make_plain(text);
  if (node->is_plain() || at_edge) {
    link(node, large, side);
  } else {
    QuicklistNode* rest = split(node, index, side);
    link(node, large, side);
    link(large, rest, side);
  }
  compress_around(large);
}

void Quicklist::insert_beside_full(QuicklistNode* node, uint32_t index, Side side, std::string_view text) {
  const bool after = side == Side::kAfter;
  const auto push_near = [&](QuicklistNode* to) {  // at the end of `to` that is nearer to `node`
    const ListpackEntry entry(text);
    after ? to->push_front(entry, root_->limit.bytes()) : to->push_back(entry, root_->limit.bytes());
  };
  if (index == (after ? node->count() - 1 : 0)) {
    QuicklistNode* neighbour = after ? node->next : node->previous;
    if (accepts(neighbour, text)) {
      neighbour->expand();
      push_near(neighbour);
      compress_around(neighbour);
    } else {
      link(node, new_node(text), side);
      compress_around(node);
    }
    return;
  }
  QuicklistNode* rest = split(node, index, side);
  push_near(rest);
  link(node, rest, side);
  compress_around(merge_around(node));
}

void Quicklist::replace(const QuicklistCursor& at, std::string_view text) {
  QuicklistNode* node = at.node_;
  const bool large = root_->limit.is_large(text);
  if (!node->is_plain() && !large) {
    node->expand();
    Listpack list = node->tighten();
    list.replace(at.position_, text);
    node->put(list);
    compress_around(node);
  } else if (!node->is_plain()) {
    replace_by_large(node, at.index_, text);
  } else {
    insert(at, Side::kAfter, text);
    --root_->count;
    unlink(node);
  }
}

void Quicklist::replace_by_large(QuicklistNode* node, uint32_t index, std::string_view text) {
  QuicklistNode* rest = index + 1 < node->count() ? split(node, index, Side::kAfter) : nullptr;
  QuicklistNode* large = QuicklistNode::make_plain(text);
  link(node, large, Side::kAfter);
  if (rest != nullptr) link(large, rest, Side::kAfter);
  if (node->count() == 1) {
    unlink(node);
  } else {
    node->expand();
    node->pop_back();
    merge_around(large);
  }
  compress_around(large);
}

void Quicklist::erase_range(uint64_t index, uint64_t count) {
  const QuicklistCursor from = at(static_cast<int64_t>(index));
  QuicklistNode* node = from.node_;
  uint64_t first = from.index_;
  count = std::min(count, root_->count - index);
  root_->count -= count;
  while (count > 0) {
    const uint64_t here = std::min(count, node->count() - first);
    QuicklistNode* next = node->next;
    if (here == node->count()) {
      unlink(node);
    } else {
      node->expand();
      Listpack list = node->tighten();
      list.erase_at(static_cast<int64_t>(first), static_cast<uint32_t>(here));
      node->put(list);
      compress_around(node);
    }
    count -= here;
    first = 0;
    node = next;
  }
}

uint64_t Quicklist::remove(std::string_view text, uint64_t count, End from) {
  Needle needle(text);
  uint64_t removed = 0;
  for (QuicklistNode* node = from == End::kFront ? root_->head : root_->tail; node != nullptr && removed < count;) {
    QuicklistNode* following = from == End::kFront ? node->next : node->previous;
    removed += remove_in(node, needle, count - removed, from);
    node = following;
  }
  return removed;
}

uint64_t Quicklist::remove_in(QuicklistNode* node, Needle& needle, uint64_t count, End from) {
  QuicklistCursor cursor;
  cursor.enter(node, 0);
  while (cursor.node_ == node && !cursor.equals(needle)) cursor.next();
  if (cursor.node_ != node) return 0;
  if (node->count() == 1) {
    --root_->count;
    unlink(node);
    return 1;
  }
  node->expand();
  Listpack list = node->tighten();
  const uint64_t removed = list.erase_equal(needle, count, from == End::kBack);
  node->put(list);
  root_->count -= removed;
  if (node->count() == 0) {
    unlink(node);
  } else {
    compress_around(node);
  }
  return removed;
}

// Compression.

bool Quicklist::is_near_end(const QuicklistNode* node) const {
  const QuicklistNode* head = root_->head;
  const QuicklistNode* tail = root_->tail;
  for (uint32_t i = 0; i < root_->compress_depth && head != nullptr; ++i, head = head->next, tail = tail->previous) {
    if (node == head || node == tail) return true;
  }
  return false;
}

void Quicklist::compress_ends() {
  if (root_->compress_depth == 0) return;
  QuicklistNode* head = root_->head;
  QuicklistNode* tail = root_->tail;
  for (uint32_t i = 0; i < root_->compress_depth && head != nullptr; ++i, head = head->next, tail = tail->previous) {
    head->expand();
    tail->expand();
  }
  if (root_->nodes <= uint64_t{2} * root_->compress_depth) return;
  head->compress();
  tail->compress();
}

// `node` has changed, and so may have its neighbours.
void Quicklist::compress_around(QuicklistNode* node) {
  if (root_->compress_depth == 0) return;
  constexpr int kReach = 2;
  for (int i = 0; i < kReach && node->previous != nullptr; ++i) node = node->previous;
  for (int i = 0; i <= 2 * kReach && node != nullptr; ++i, node = node->next) {
    if (!is_near_end(node)) node->compress();
  }
}

}  // namespace structures
