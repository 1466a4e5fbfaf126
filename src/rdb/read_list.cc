// Lists and sets.
#include "rdb/read_parts.h"

namespace rdb {

using structures::Element;
using structures::Intset;
using structures::Listpack;
using structures::Quicklist;

namespace {

// A node counts its entries in 16 bits, and holds no more than this by itself.
constexpr uint32_t kNodeEntriesMax = 32767;

void push_all(Quicklist quicklist, structures::ListpackView pack) {
  for (auto at = pack.first(); at != pack.kNone; at = pack.next(at)) {
    Element::Buffer buffer;
    quicklist.push(Quicklist::End::kBack, pack.get(at).text(buffer));
  }
}

void append_node(Quicklist quicklist, Owned<Listpack> pack) {
  if (pack->empty()) return;
  if (pack->size() > kNodeEntriesMax) return push_all(quicklist, *pack);
  quicklist.append_node(pack.release());
}

void read_plain_node(Input& input, Quicklist quicklist) {
  const Text text = input.text();
  if (input.failed()) return;
  if (text.view().empty()) {
    quicklist.push(Quicklist::End::kBack, text.view());
  } else {
    quicklist.append_plain_node(text.view());
  }
}

void read_node(Input& input, ValueType type, Quicklist quicklist) {
  if (type == ValueType::kListQuicklist) {
    if (auto pack = read_ziplist(input)) append_node(quicklist, std::move(*pack));
    return;
  }
  const uint64_t kind = input.length();
  if (kind == kPlainNode) return read_plain_node(input, quicklist);
  if (kind != kPackedNode) return input.fail();
  if (auto pack = read_listpack(input)) append_node(quicklist, std::move(*pack));
}

void read_ziplist_elements(Input& input, Quicklist quicklist) {
  auto pack = read_ziplist(input);
  if (pack) push_all(quicklist, **pack);
}

}  // namespace

ReadValue read_list(Input& input, ValueType type, const Limits& limits) {
  Owned<Quicklist> quicklist(
      Quicklist::make(structures::QuicklistLimit(limits.list.max_listpack_size), limits.list.compress_depth));
  if (type == ValueType::kListZiplist) {
    read_ziplist_elements(input, *quicklist);
  } else {
    for (uint64_t left = input.count(); left > 0 && !input.failed(); --left) {
      if (type == ValueType::kList) {
        const Text text = input.text();
        if (!input.failed()) quicklist->push(Quicklist::End::kBack, text.view());
      } else {
        read_node(input, type, *quicklist);
      }
    }
  }
  if (input.failed()) return kDamaged;
  if (quicklist->size() == 0) return kEmpty;
  return Value::of(values::List::adopt(quicklist.release(), limits.list));
}

namespace {

ReadValue read_set_elements(Input& input, const Limits& limits) {
  using values::Set;
  const uint64_t count = input.count();
  if (input.failed()) return kDamaged;
  if (count == 0) return kEmpty;
  Owned<Set> set(count > limits.set.max_intset_entries ? Set::make(Set::Encoding::kTable) : Set::make());
  for (uint64_t left = count; left > 0; --left) {
    const Text text = input.text();
    if (input.failed() || !set->add(text.view(), limits.set)) return kDamaged;
  }
  return Value::of(set.release());
}

}  // namespace

ReadValue read_set(Input& input, ValueType type, const Limits& limits) {
  if (type == ValueType::kSet) return read_set_elements(input, limits);
  if (type == ValueType::kSetIntset) {
    const Text text = input.text();
    if (input.failed() || !Intset::is_valid(text.view())) return kDamaged;
    values::Set set = values::Set::adopt(Intset::from_bytes(text.view()));
    set.expect(set.size(), limits.set);
    return Value::of(set);
  }
  auto pack = read_listpack(input);
  if (!pack) return kDamaged;
  if ((*pack)->empty()) return kEmpty;
  if (!are_distinct(**pack, 1)) return kDamaged;
  values::Set set = values::Set::adopt(pack->release());
  set.expect(set.size(), limits.set);
  return Value::of(set);
}

}  // namespace rdb
