#include "rdb/write_value.h"

#include <algorithm>

#include "base/check.h"
#include "rdb/output.h"
#include "values/hash.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"
#include "values/stream.h"

namespace rdb {
namespace {

using structures::Element;

bool knows(const WriteOptions& options, ValueType type) { return options.version >= first_version_of(type); }

void write_list_elements(Output& out, const values::List& list, const WriteOptions& options) {
  out.type(ValueType::kList, options.key);
  out.length(list.size());
  for (auto at = list.at(0); at.valid(); at.step(values::ListEnd::kBack)) out.text(at.get());
}

void write_list(Output& out, const values::List& list, const WriteOptions& options) {
  if (!knows(options, ValueType::kListQuicklist2)) return write_list_elements(out, list, options);
  out.type(ValueType::kListQuicklist2, options.key);
  if (list.is_listpack()) {
    out.length(1);
    out.length(kPackedNode);
    return out.text(list.listpack().bytes());
  }
  const structures::Quicklist quicklist = list.quicklist();
  out.length(quicklist.nodes());
  for (const auto* node = quicklist.first_node(); node != nullptr; node = node->next) {
    out.length(node->is_plain() ? kPlainNode : kPackedNode);
    if (node->is_compressed()) {
      out.compressed(node->compressed_data(), node->bytes());
    } else {
      out.text(std::string_view(reinterpret_cast<const char*>(node->data()), node->bytes()));
    }
  }
}

void write_set(Output& out, const values::Set& set, const WriteOptions& options) {
  if (set.form() == values::Set::Encoding::kIntset) {
    out.type(ValueType::kSetIntset, options.key);
    return out.text(set.intset().bytes());
  }
  if (set.form() == values::Set::Encoding::kListpack && knows(options, ValueType::kSetListpack)) {
    out.type(ValueType::kSetListpack, options.key);
    return out.text(set.listpack().bytes());
  }
  out.type(ValueType::kSet, options.key);
  out.length(set.size());
  set.for_each([&](const Element& member) { out.text(member); });
}

void write_hash(Output& out, const values::Hash& hash, const WriteOptions& options) {
  if (hash.is_listpack() && knows(options, ValueType::kHashListpack)) {
    out.type(ValueType::kHashListpack, options.key);
    return out.text(hash.listpack().bytes());
  }
  const bool expires = hash.has_expiries();
  out.type(expires ? ValueType::kHashExpiring : ValueType::kHash, options.key);
  out.length(hash.size());
  if (hash.is_listpack()) {
    return hash.for_each(values::Hash::kSeesAll, [&](const Element& name, const Element& value) {
      out.text(name);
      out.text(value);
    });
  }
  static_assert(values::Hash::kNoExpiry == kNoFieldExpiry);
  hash.for_each_with_expiry([&](std::string_view name, std::string_view value, int64_t expiry_ms) {
    out.text(name);
    out.text(value);
    if (expires) out.milliseconds(expiry_ms);
  });
}

// From the highest score down, so that a reader that inserts at the front is fast.
void write_sorted_set(Output& out, const values::SortedSet& set, const WriteOptions& options) {
  if (set.is_listpack() && knows(options, ValueType::kSortedSetListpack)) {
    out.type(ValueType::kSortedSetListpack, options.key);
    return out.text(set.listpack().bytes());
  }
  out.type(ValueType::kSortedSet, options.key);
  out.length(set.size());
  for (auto walk = set.last(); walk; walk.previous()) {
    out.text(walk.text());
    out.score(walk.score());
  }
}

void write_group(Output& out, const values::ConsumerGroup& group, ValueType type) {
  out.text(group.name());
  out.length_pair(group.last_id);
  if (type != ValueType::kStream1) out.length(static_cast<uint64_t>(group.entries_read));
  out.length(group.pending().size());
  for (auto at = group.pending().first(); at; at.next()) {
    out.sortable(at->id);
    out.milliseconds(at->delivered_ms);
    out.length(at->deliveries);
  }
  out.length(group.consumers().size());
  for (auto at = group.consumers().first(); at; at.next()) {
    const values::Consumer& consumer = **at;
    out.text(consumer.name());
    out.milliseconds(consumer.seen_ms);
    if (type == ValueType::kStream3) out.milliseconds(consumer.active_ms);
    out.length(consumer.pending().size());
    for (auto id = consumer.pending().first(); id; id.next()) out.sortable(id->id);
  }
}

void write_stream(Output& out, const values::Stream& stream, const WriteOptions& options) {
  const ValueType type = knows(options, ValueType::kStream3)   ? ValueType::kStream3
                         : knows(options, ValueType::kStream2) ? ValueType::kStream2
                                                               : ValueType::kStream1;
  out.type(type, options.key);
  out.length(stream.nodes().size());
  for (auto at = stream.nodes().first(); at; at.next()) {
    std::string id;
    Output(id, false).sortable(at->id);
    out.text(id);
    out.text(at->pack.bytes());
  }
  const values::StreamCounters& counters = stream.counters();
  out.length(counters.length);
  out.length_pair(counters.last_id);
  if (type != ValueType::kStream1) {
    out.length_pair(counters.first_id);
    out.length_pair(counters.max_deleted_id);
    out.length(counters.entries_added);
  }
  out.length(stream.groups().size());
  for (auto at = stream.groups().first(); at; at.next()) write_group(out, **at, type);
}

}  // namespace

void write_text_value(std::string& bytes, std::string_view text, const WriteOptions& options) {
  Output out(bytes, options.compress);
  out.type(ValueType::kString, options.key);
  out.text(text);
}

void write_collection(std::string& bytes, const values::Collection& collection, const WriteOptions& options) {
  DCHECK(options.version >= needed_version(collection));
  Output out(bytes, options.compress);
  switch (collection.type) {
    case values::Type::kString: CHECK(false); break;
    case values::Type::kList: return write_list(out, values::List::from_word(collection.word), options);
    case values::Type::kSet: return write_set(out, values::Set::from_word(collection.word), options);
    case values::Type::kSortedSet: return write_sorted_set(out, values::SortedSet::from_word(collection.word), options);
    case values::Type::kHash: return write_hash(out, values::Hash::from_word(collection.word), options);
    case values::Type::kStream: return write_stream(out, values::Stream::from_word(collection.word), options);
  }
}

uint16_t lossless_version(const values::Collection& collection) {
  if (collection.type == values::Type::kStream) {
    const auto stream = values::Stream::from_word(collection.word);
    for (auto at = stream.groups().first(); at; at.next()) {
      if ((*at)->consumers().size() != 0) return first_version_of(ValueType::kStream3);
    }
  }
  return std::max(first_version_of(ValueType::kHashListpack), needed_version(collection));
}

uint16_t needed_version(const values::Collection& collection) {
  switch (collection.type) {
    case values::Type::kHash:
      return first_version_of(values::Hash::word_has_expiries(collection.word) ? ValueType::kHashExpiring
                                                                               : ValueType::kHash);
    case values::Type::kSortedSet: return first_version_of(ValueType::kSortedSet);
    case values::Type::kStream: return first_version_of(ValueType::kStream1);
    default: return first_version_of(ValueType::kSet);
  }
}

}  // namespace rdb
