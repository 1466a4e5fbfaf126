#include "values/stream.h"

#include <new>

#include "base/check.h"
#include "structures/memory.h"
#include "values/radix_count.h"

namespace values {

using structures::Listpack;

Stream Stream::make() { return Stream(new (structures::allocate(sizeof(Body))) Body); }

void Stream::destroy() {
  for (auto at = body_->nodes.first(); at; at.next()) at->pack.destroy();
  for (auto at = body_->groups.first(); at; at.next()) (*at)->destroy();
  body_->~Body();
  structures::release(body_, sizeof(Body));
  body_ = nullptr;
}

Stream Stream::copy() const {
  Stream out = make();
  for (auto at = body_->nodes.first(); at; at.next()) out.body_->nodes.insert({at->id, at->pack.copy()});
  for (auto at = body_->groups.first(); at; at.next()) out.body_->groups.insert((*at)->copy());
  out.body_->counters = body_->counters;
  out.body_->radix_nodes = body_->radix_nodes;
  out.body_->pack_bytes = body_->pack_bytes;
  return out;
}

size_t Stream::memory_bytes() const {
  return sizeof(Body) + body_->nodes.memory_bytes() + body_->pack_bytes + body_->groups.memory_bytes() +
         sampled_memory(body_->groups);
}

uint64_t Stream::free_cost() const {
  uint64_t cost = 1 + body_->nodes.size() + body_->nodes.node_count() + body_->groups.node_count();
  for (auto at = body_->groups.first(); at; at.next()) cost += (*at)->free_cost();
  return cost;
}

// Entries.

std::optional<StreamId> Stream::new_id(const NewStreamId& wanted, uint64_t now_ms) const {
  const StreamId last = counters().last_id;
  StreamId id = wanted.id;
  if (!wanted.has_ms) {
    if (now_ms <= last.ms) return last.next();
    id = {now_ms, 0};
  } else if (!wanted.has_sequence && id.ms == last.ms) {
    if (last.sequence == UINT64_MAX) return std::nullopt;
    id.sequence = last.sequence + 1;
  }
  return id > last ? std::optional(id) : std::nullopt;
}

// The room is judged by the bytes of the texts alone, and deleted entries count.
bool Stream::tail_has_room(const Node& tail, std::span<const std::string_view> pairs,
                           const StreamLimits& limits) const {
  uint64_t bytes = 0;
  for (const std::string_view text : pairs) bytes += text.size();
  const uint64_t most = limits.node_max_bytes == 0 ? kMostNodeBytes : std::min(limits.node_max_bytes, kMostNodeBytes);
  if (tail.pack.size_bytes() + bytes >= most) return false;
  if (limits.node_max_entries == 0) return true;
  const StreamNodeView view = tail.view();
  return static_cast<uint64_t>(view.live() + view.deleted()) < limits.node_max_entries;
}

// Keeps the count of bytes right around a change of the node's listpack.
template <typename Change>
void Stream::change_pack(Node& node, Change change) {
  body_->pack_bytes -= node.pack.size_bytes();
  change(node.pack);
  body_->pack_bytes += node.pack.size_bytes();
}

void Stream::insert_node(StreamId id, Listpack pack) {
  body_->nodes.insert({id, pack});
  body_->radix_nodes += static_cast<uint64_t>(radix_nodes_of(body_->nodes, id));
  body_->pack_bytes += pack.size_bytes();
}

Stream::Nodes::Cursor Stream::erase_node(Nodes::Cursor at) {
  body_->radix_nodes -= static_cast<uint64_t>(radix_nodes_of(body_->nodes, at->id));
  body_->pack_bytes -= at->pack.size_bytes();
  at->pack.destroy();
  return body_->nodes.erase(at);
}

void Stream::append(StreamId id, std::span<const std::string_view> pairs, const StreamLimits& limits) {
  DCHECK(id > counters().last_id);
  const auto tail = body_->nodes.last();
  if (tail && tail_has_room(*tail, pairs, limits)) {
    change_pack(*tail, [&](Listpack& pack) { append_to_stream_node(pack, tail->id, id, pairs); });
  } else {
    insert_node(id, make_stream_node(pairs));
  }
  StreamCounters& counters = body_->counters;
  counters.last_id = id;
  ++counters.entries_added;
  if (++counters.length == 1) counters.first_id = id;
}

bool Stream::contains(StreamId id) const {
  const auto at = body_->nodes.at_or_before(id);
  StreamEntry entry;
  return at && at->view().find(id, entry) && !entry.is_deleted();
}

bool Stream::erase(StreamId id) {
  const auto at = body_->nodes.at_or_before(id);
  if (!at) return false;
  const StreamNodeView node = at->view();
  StreamEntry entry;
  if (!node.find(id, entry) || entry.is_deleted()) return false;
  if (node.live() == 1) {
    erase_node(at);
  } else {
    change_pack(*at, [&](Listpack& pack) {
      node.mark_deleted(pack, entry);
      count_in_stream_node(pack, -1, 1);
    });
  }
  StreamCounters& counters = body_->counters;
  --counters.length;
  if (id > counters.max_deleted_id) counters.max_deleted_id = id;
  if (counters.length == 0 || id == counters.first_id) find_first_id();
  return true;
}

void Stream::find_first_id() {
  StreamReader reader(*this, StreamId::least(), StreamId::greatest(), StreamReader::Direction::kForward);
  body_->counters.first_id = reader.next() ? reader.entry().id() : StreamId{};
}

// Trimming.

bool Stream::node_goes(const Node& node, const StreamTrim& trim) const {
  const StreamNodeView view = node.view();
  if (trim.by == StreamTrim::By::kLength) {
    // An emptied node may stay within the stream; it makes no difference to the length.
    return counters().length - static_cast<uint64_t>(view.live()) >= trim.max_length;
  }
  StreamEntry last;
  return view.last(last) && last.id() < trim.min_id;  // a deleted one counts
}

uint64_t Stream::trim(const StreamTrim& trim) {
  uint64_t gone = 0;
  auto at = body_->nodes.first();
  while (at) {
    if (trim.by == StreamTrim::By::kLength && counters().length <= trim.max_length) break;
    const auto live = static_cast<uint64_t>(at->view().live());
    if (trim.most != 0 && gone + live > trim.most) break;
    if (!node_goes(*at, trim)) {
      if (!trim.approximate) gone += trim_node(*at, trim);
      break;
    }
    at = erase_node(at);
    body_->counters.length -= live;
    gone += live;
  }
  if (gone != 0) find_first_id();
  return gone;
}

// Marks entries at the beginning of a node that stays.
uint64_t Stream::trim_node(Node& node, const StreamTrim& trim) {
  const StreamNodeView view = node.view();
  uint64_t gone = 0;
  change_pack(node, [&](Listpack& pack) {
    StreamEntry entry;
    for (bool found = view.first(entry); found; found = view.next(entry)) {
      const bool stays =
          trim.by == StreamTrim::By::kLength ? counters().length <= trim.max_length : entry.id() >= trim.min_id;
      if (stays) break;
      if (entry.is_deleted()) continue;
      view.mark_deleted(pack, entry);
      --body_->counters.length;
      ++gone;
    }
    count_in_stream_node(pack, -static_cast<int64_t>(gone), static_cast<int64_t>(gone));
  });
  return gone;
}

// Groups.

ConsumerGroup* Stream::group(std::string_view name) const {
  ConsumerGroup** found = body_->groups.find(name);
  return found == nullptr ? nullptr : *found;
}

ConsumerGroup& Stream::add_group(std::string_view name, StreamId last_id, int64_t entries_read) {
  ConsumerGroup* made = ConsumerGroup::make(name);
  made->last_id = last_id;
  made->entries_read = entries_read;
  body_->groups.insert(made);
  return *made;
}

bool Stream::erase_group(std::string_view name) {
  ConsumerGroup* found = group(name);
  if (found == nullptr) return false;
  body_->groups.erase(name);
  found->destroy();
  return true;
}

// Whether XDEL took an entry at or behind `id`, though it may lie before the first that is left.
bool Stream::has_tombstones_from(StreamId id) const {
  const StreamCounters& c = counters();
  if (c.length == 0 || c.max_deleted_id.is_zero()) return false;
  return id <= c.max_deleted_id;
}

// How many entries were ever added up to `id`, where the counters tell.
int64_t Stream::estimated_entries_read(StreamId id) const {
  const StreamCounters& c = counters();
  if (c.entries_added == 0) return 0;
  if (c.length == 0 && id <= c.last_id) return static_cast<int64_t>(c.entries_added);
  if (!id.is_zero() && id < c.max_deleted_id) return ConsumerGroup::kUnknown;
  if (id == c.last_id) return static_cast<int64_t>(c.entries_added);
  if (id > c.last_id) return ConsumerGroup::kUnknown;
  if (c.max_deleted_id.is_zero() || c.max_deleted_id < c.first_id) {
    if (id < c.first_id) return static_cast<int64_t>(c.entries_added - c.length);
    if (id == c.first_id) return static_cast<int64_t>(c.entries_added - c.length + 1);
  }
  return ConsumerGroup::kUnknown;
}

std::optional<uint64_t> Stream::lag(const ConsumerGroup& group) const {
  const uint64_t added = counters().entries_added;
  if (added == 0) return 0;
  int64_t read = group.entries_read;
  if (read == ConsumerGroup::kUnknown || has_tombstones_from(group.last_id)) {
    read = estimated_entries_read(group.last_id);
  }
  if (read == ConsumerGroup::kUnknown) return std::nullopt;
  return added - static_cast<uint64_t>(read);
}

void Stream::delivered(ConsumerGroup& group, StreamId id) const {
  const bool continues = group.last_id >= counters().first_id && !has_tombstones_from(group.last_id);
  if (group.entries_read != ConsumerGroup::kUnknown && continues) {
    ++group.entries_read;
  } else if (counters().entries_added != 0) {
    group.entries_read = estimated_entries_read(id);
  }
  group.last_id = id;
}

bool Stream::add_node(StreamId id, std::string_view bytes) {
  const auto tail = body_->nodes.last();
  if (tail && id <= tail->id) return false;
  insert_node(id, Listpack::from_bytes(bytes));
  return true;
}

// Reading.

StreamReader::StreamReader(const Stream& stream, StreamId first, StreamId last, Direction direction)
    : first_(first), last_(last), forward_(direction == Direction::kForward) {
  if (first > last) return;
  at_ = stream.nodes().at_or_before(forward_ ? first : last);
  if (!at_ && forward_) at_ = stream.nodes().first();
}

bool StreamReader::enter_node() {
  while (at_) {
    node_.emplace(at_->view());
    if (forward_ ? node_->first(entry_) : node_->last(entry_)) return true;
    forward_ ? at_.next() : at_.previous();
  }
  return false;
}

bool StreamReader::step() {
  if (!node_) return enter_node();
  if (forward_ ? node_->next(entry_) : node_->previous(entry_)) return true;
  forward_ ? at_.next() : at_.previous();
  return enter_node();
}

bool StreamReader::next() {
  while (at_ && step()) {
    const StreamId id = entry_.id();
    if (forward_ ? id > last_ : id < first_) break;
    if (!entry_.is_deleted() && (forward_ ? id >= first_ : id <= last_)) return true;
  }
  at_ = {};
  return false;
}

}  // namespace values
