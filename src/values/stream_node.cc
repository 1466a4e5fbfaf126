#include "values/stream_node.h"

#include "base/check.h"

namespace values {

using structures::Element;
using structures::Listpack;
using structures::ListpackView;
using Position = ListpackView::Position;

namespace {

constexpr int64_t kDeletedFlag = 1;
constexpr int64_t kSameFieldsFlag = 2;
// Elements of an entry beside its fields: flags, milliseconds, sequence.
constexpr int64_t kEntryHead = 3;

// `Out` is ListpackSizes or ListpackWriter.
template <typename Out>
void put_master(Out& out, std::span<const std::string_view> pairs) {
  out.add(int64_t{1});
  out.add(int64_t{0});
  out.add(static_cast<int64_t>(pairs.size() / 2));
  for (size_t i = 0; i < pairs.size(); i += 2) out.add(pairs[i]);
  out.add(int64_t{0});
}

template <typename Out>
void put_entry(Out& out, StreamId delta, bool same_fields, std::span<const std::string_view> pairs) {
  const auto fields = static_cast<int64_t>(pairs.size() / 2);
  out.add(same_fields ? kSameFieldsFlag : int64_t{0});
  out.add(static_cast<int64_t>(delta.ms));
  out.add(static_cast<int64_t>(delta.sequence));
  if (same_fields) {
    for (size_t i = 1; i < pairs.size(); i += 2) out.add(pairs[i]);
    out.add(kEntryHead + fields);
  } else {
    out.add(fields);
    for (const std::string_view text : pairs) out.add(text);
    out.add(kEntryHead + 1 + 2 * fields);
  }
}

}  // namespace

StreamNodeView::StreamNodeView(ListpackView pack, StreamId id) : pack_(pack), id_(id) {
  Position at = ListpackView::kHeaderBytes;
  live_ = pack.get(at).integer();
  at = pack.next(at);
  deleted_ = pack.get(at).integer();
  at = pack.next(at);
  master_fields_ = static_cast<uint32_t>(pack.get(at).integer());
  first_field_ = pack.next(at);
  first_entry_ = pack.next(pack.skip(first_field_, master_fields_));
}

// The entry whose flags are at `at`.
bool StreamNodeView::read(Position at, StreamEntry& entry) const {
  if (at == ListpackView::kNone) return false;
  entry.at_ = at;
  const int64_t flags = pack_.get(at).integer();
  at = pack_.next(at);
  entry.id_.ms = id_.ms + static_cast<uint64_t>(pack_.get(at).integer());
  at = pack_.next(at);
  entry.id_.sequence = id_.sequence + static_cast<uint64_t>(pack_.get(at).integer());
  at = pack_.next(at);
  entry.deleted_ = (flags & kDeletedFlag) != 0;
  entry.same_fields_ = (flags & kSameFieldsFlag) != 0;
  if (entry.same_fields_) {
    entry.fields_ = master_fields_;
    entry.name_ = first_field_;
  } else {
    entry.fields_ = static_cast<uint32_t>(pack_.get(at).integer());
    at = pack_.next(at);
  }
  entry.unread_ = entry.fields_;
  entry.cursor_ = at;
  return true;
}

bool StreamNodeView::next(StreamEntry& entry) const {
  const uint32_t elements = entry.same_fields_ ? entry.unread_ : 2 * entry.unread_;
  return read(pack_.next(pack_.skip(entry.cursor_, elements)), entry);
}

// The entry that ends where another begins, or where the node ends (kNone).
bool StreamNodeView::read_before(Position end, StreamEntry& entry) const {
  Position at = end == ListpackView::kNone ? pack_.last() : pack_.previous(end);
  int64_t elements = pack_.get(at).integer();
  if (elements == 0) return false;  // the end of the master entry
  for (; elements > 0; --elements) at = pack_.previous(at);
  return read(at, entry);
}

bool StreamNodeView::find(StreamId id, StreamEntry& entry) const {
  bool found = first(entry);
  while (found && entry.id_ < id) found = next(entry);
  return found && entry.id_ == id;
}

StreamNodeView::Pair StreamNodeView::next_pair(StreamEntry& entry) const {
  DCHECK(entry.unread_ != 0);
  --entry.unread_;
  Position& name = entry.same_fields_ ? entry.name_ : entry.cursor_;
  const Element field = pack_.get(name);
  name = pack_.next(name);
  const Element value = pack_.get(entry.cursor_);
  entry.cursor_ = pack_.next(entry.cursor_);
  return {field, value};
}

bool StreamNodeView::has_fields(std::span<const std::string_view> pairs) const {
  if (pairs.size() != 2 * size_t{master_fields_}) return false;
  Position at = first_field_;
  for (size_t i = 0; i < pairs.size(); i += 2, at = pack_.next(at)) {
    structures::Needle needle(pairs[i]);
    if (!pack_.equals(at, needle)) return false;
  }
  return true;
}

void StreamNodeView::mark_deleted(Listpack& pack, StreamEntry& entry) const {
  DCHECK(!entry.deleted_);
  entry.deleted_ = true;
  pack.replace(entry.at_, kDeletedFlag | (entry.same_fields_ ? kSameFieldsFlag : 0));
}

Listpack make_stream_node(std::span<const std::string_view> pairs) {
  const auto put = [&](auto& out) {
    put_master(out, pairs);
    put_entry(out, {0, 0}, true, pairs);
  };
  structures::ListpackSizes sizes;
  put(sizes);
  Listpack pack = Listpack::make();
  auto writer = pack.append(sizes);
  put(writer);
  return pack;
}

void append_to_stream_node(Listpack& pack, StreamId node_id, StreamId id, std::span<const std::string_view> pairs) {
  const bool same_fields = StreamNodeView(pack, node_id).has_fields(pairs);
  const StreamId delta{id.ms - node_id.ms, id.sequence - node_id.sequence};
  structures::ListpackSizes sizes;
  put_entry(sizes, delta, same_fields, pairs);
  auto writer = pack.append(sizes);
  put_entry(writer, delta, same_fields, pairs);
  count_in_stream_node(pack, 1, 0);
}

void count_in_stream_node(Listpack& pack, int64_t live, int64_t deleted) {
  Position at = ListpackView::kHeaderBytes;
  if (live != 0) pack.replace(at, pack.get(at).integer() + live);
  at = pack.next(at);
  if (deleted != 0) pack.replace(at, pack.get(at).integer() + deleted);
}

namespace {

// Reads a stranger's listpack in order; what is not there, or no integer, makes it wrong.
class Check {
 public:
  explicit Check(ListpackView pack) : pack_(pack), at_(pack.first()) {}
  bool wrong() const { return wrong_; }
  bool at_end() const { return at_ == ListpackView::kNone; }
  int64_t integer() {
    const auto value = at_end() ? std::nullopt : as_integer(pack_.get(at_));
    if (!value) wrong_ = true;
    step();
    return value.value_or(0);
  }
  // At least `least`, and few enough to be an index.
  int64_t integer(int64_t least) {
    const int64_t value = integer();
    if (value < least || value > UINT32_MAX / 4) wrong_ = true;
    return value;
  }
  // In one byte: mark_deleted() counts on it that flags can be replaced in place.
  int64_t flags() {
    const bool in_place = !at_end() && pack_.entry_bytes(at_) == structures::listpack_entry_bytes("0");
    const int64_t value = integer();
    if (!in_place || (value & ~(kDeletedFlag | kSameFieldsFlag)) != 0) wrong_ = true;
    return value;
  }
  void skip(int64_t count) {
    for (; count > 0 && !wrong_; --count) {
      if (at_end()) wrong_ = true;
      step();
    }
  }

 private:
  static std::optional<int64_t> as_integer(const Element& element) {
    return element.is_integer() ? std::optional(element.integer()) : std::nullopt;
  }
  void step() {
    if (!at_end()) at_ = pack_.next(at_);
  }
  ListpackView pack_;
  Position at_;
  bool wrong_ = false;
};

}  // namespace

bool is_stream_node(std::span<const uint8_t> bytes, bool deep) {
  if (!ListpackView::validate(bytes, deep)) return false;
  if (!deep) return true;
  Check check{ListpackView(bytes.data())};
  const int64_t live = check.integer(0);
  const int64_t deleted = check.integer(0);
  const int64_t master_fields = check.integer(1);
  constexpr int64_t kMostFields = UINT32_MAX;  // more than any listpack has elements
  if (master_fields > kMostFields) return false;
  check.skip(master_fields);
  if (check.integer() != 0) return false;
  int64_t seen_live = 0;
  int64_t seen_deleted = 0;
  while (!check.wrong() && !check.at_end()) {
    const int64_t flags = check.flags();
    check.integer();
    check.integer();
    const bool same = (flags & kSameFieldsFlag) != 0;
    const int64_t fields = same ? master_fields : check.integer(1);
    if (fields > kMostFields) return false;
    check.skip(same ? fields : 2 * fields);
    if (check.integer() != kEntryHead + (same ? fields : 1 + 2 * fields)) return false;
    ((flags & kDeletedFlag) != 0 ? seen_deleted : seen_live) += 1;
  }
  return !check.wrong() && live == seen_live && deleted == seen_deleted && live + deleted > 0;
}

}  // namespace values
