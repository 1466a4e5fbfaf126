// Streams.
#include <algorithm>
#include <limits>
#include <vector>

#include "rdb/read_parts.h"
#include "values/stream.h"

namespace rdb {

using values::Consumer;
using values::ConsumerGroup;
using values::Stream;
using values::StreamCounters;
using values::StreamId;

namespace {

constexpr auto kCountMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
constexpr size_t kIdBytes = 16;

// What the nodes say themselves of what is counted beside them.
struct Entries {
  uint64_t live = 0;
  StreamId first_live;
  StreamId last;  // also of deleted ones

  // False if the ids do not ascend.
  bool add(const values::StreamNodeView& node) {
    values::StreamEntry entry;
    for (bool found = node.first(entry); found; found = node.next(entry)) {
      if (entry.id() <= last) return false;
      last = entry.id();
      if (entry.is_deleted()) continue;
      if (live++ == 0) first_live = entry.id();
    }
    return true;
  }
};

bool read_node(Input& input, Stream& stream, Entries& entries) {
  const Text id_text = input.text();
  const Text pack = input.text();
  if (input.failed() || id_text.view().size() != kIdBytes) return false;
  const StreamId id = Input(id_text.view()).sortable_id();
  if (!values::is_stream_node(pack.bytes(), true)) return false;
  const values::StreamNodeView node(structures::ListpackView(pack.bytes().data()), id);
  values::StreamEntry first;
  if (!node.first(first) || first.id() < id || !entries.add(node)) return false;
  return stream.add_node(id, pack.view());
}

// False where they contradict what was read, or each other.
bool read_counters(Input& input, ValueType type, const Entries& entries, StreamCounters& counters) {
  counters.length = input.length();
  counters.last_id = input.length_pair();
  counters.first_id = entries.first_live;
  counters.entries_added = counters.length;
  if (type != ValueType::kStream1) {
    input.length_pair();  // the first id, which is known
    counters.max_deleted_id = input.length_pair();
    counters.entries_added = input.length();
  }
  return !input.failed() && counters.length == entries.live && counters.last_id >= entries.last &&
         counters.max_deleted_id <= counters.last_id && counters.entries_added >= counters.length &&
         counters.entries_added <= kCountMax;
}

// A pending entry as the group tells of it, before a consumer has claimed it.
struct Unclaimed {
  StreamId id;
  int64_t delivered_ms = 0;
  uint64_t deliveries = 0;
  bool claimed = false;
};

bool read_pending(Input& input, std::vector<Unclaimed>& pending) {
  for (uint64_t left = input.count(); left > 0; --left) {
    Unclaimed one{.id = input.sortable_id()};
    one.delivered_ms = input.milliseconds();
    one.deliveries = input.length();
    if (input.failed() || one.deliveries > kCountMax) return false;
    if (!pending.empty() && one.id <= pending.back().id) return false;
    pending.push_back(one);
  }
  return !input.failed();
}

bool claim(ConsumerGroup& group, Consumer& consumer, StreamId id, std::vector<Unclaimed>& pending) {
  const auto at = std::lower_bound(pending.begin(), pending.end(), id,
                                   [](const Unclaimed& one, StreamId wanted) { return one.id < wanted; });
  if (at == pending.end() || at->id != id || at->claimed) return false;
  at->claimed = true;
  values::PendingEntry* const entry = group.assign(id, consumer);
  entry->delivered_ms = at->delivered_ms;
  entry->deliveries = at->deliveries;
  return true;
}

bool read_consumer(Input& input, ValueType type, ConsumerGroup& group, std::vector<Unclaimed>& pending) {
  const Text name = input.text();
  const int64_t seen_ms = input.milliseconds();
  const int64_t active_ms = type == ValueType::kStream3 ? input.number<int64_t>() : seen_ms;
  const uint64_t count = input.count();
  if (input.failed() || active_ms < Consumer::kNever || group.consumer(name.view()) != nullptr) return false;
  Consumer& consumer = group.add_consumer(name.view(), seen_ms);
  consumer.active_ms = active_ms;
  StreamId last;
  for (uint64_t left = count; left > 0; --left) {
    const StreamId id = input.sortable_id();
    if (input.failed() || (left != count && id <= last) || !claim(group, consumer, id, pending)) return false;
    last = id;
  }
  return true;
}

bool read_group(Input& input, ValueType type, Stream& stream) {
  const Text name = input.text();
  const StreamId last_id = input.length_pair();
  if (input.failed() || stream.group(name.view()) != nullptr) return false;
  int64_t entries_read = 0;
  if (type == ValueType::kStream1) {
    entries_read = stream.estimated_entries_read(last_id);
  } else {
    entries_read = static_cast<int64_t>(input.length());
    if (entries_read < ConsumerGroup::kUnknown) return false;
  }
  ConsumerGroup& group = stream.add_group(name.view(), last_id, entries_read);
  std::vector<Unclaimed> pending;
  if (!read_pending(input, pending)) return false;
  for (uint64_t left = input.count(); left > 0; --left) {
    if (!read_consumer(input, type, group, pending)) return false;
  }
  const auto is_claimed = [](const Unclaimed& one) { return one.claimed; };
  return !input.failed() && std::all_of(pending.begin(), pending.end(), is_claimed);
}

}  // namespace

ReadValue read_stream(Input& input, ValueType type) {
  Owned<Stream> stream(Stream::make());
  Entries entries;
  for (uint64_t left = input.count(); left > 0; --left) {
    if (!read_node(input, *stream, entries)) return kDamaged;
  }
  StreamCounters counters;
  if (input.failed() || !read_counters(input, type, entries, counters)) return kDamaged;
  stream->restore_counters(counters);
  for (uint64_t left = input.count(); left > 0; --left) {
    if (!read_group(input, type, *stream)) return kDamaged;
  }
  if (input.failed()) return kDamaged;
  return Value::of(stream.release());
}

}  // namespace rdb
