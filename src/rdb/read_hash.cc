// Hashes and sorted sets: what is held in pairs.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/numbers.h"
#include "rdb/read_parts.h"
#include "rdb/ziplist.h"

namespace rdb {

using structures::Element;
using structures::Listpack;
using structures::ListpackView;
using values::Hash;

namespace {

// Into a hash that may get no field twice.
bool add_field(Hash& hash, std::string_view name, std::string_view value, const Limits& limits,
               int64_t expiry_ms = Hash::kNoExpiry) {
  const Hash::Store how{.limits = limits.hash, .now_ms = limits.now_ms, .expiry_ms = expiry_ms};
  return hash.set(name, value, how) == Hash::Stored::kAdded;
}

ReadValue read_hash_fields(Input& input, const Limits& limits) {
  const uint64_t count = input.count();
  if (input.failed()) return kDamaged;
  if (count == 0) return kEmpty;
  Owned<Hash> hash(Hash::make());
  hash->expect(count, {}, limits.hash);
  for (uint64_t left = count; left > 0; --left) {
    const Text name = input.text();
    const Text value = input.text();
    if (input.failed() || !add_field(*hash, name.view(), value.view(), limits)) return kDamaged;
  }
  return Value::of(hash.release());
}

ReadValue read_zipmap(Input& input, const Limits& limits) {
  const Text text = input.text();
  if (input.failed()) return kDamaged;
  ZipmapReader reader(text.bytes());
  Owned<Hash> hash(Hash::make());
  std::string_view name, value;
  while (reader.next(name, value)) {
    if (!add_field(*hash, name, value, limits)) return kDamaged;
  }
  if (!reader.valid()) return kDamaged;
  if (hash->empty()) return kEmpty;
  return Value::of(hash.release());
}

ReadValue adopt_hash(std::optional<Owned<Listpack>> pack, const Limits& limits) {
  if (!pack) return kDamaged;
  if ((*pack)->empty()) return kEmpty;
  if ((*pack)->size() % 2 != 0 || !are_distinct(**pack, 2)) return kDamaged;
  Hash hash = Hash::adopt(pack->release());
  hash.expect(hash.size(), {}, limits.hash);
  return Value::of(hash);
}

// A field's expiry comes behind its value in Valkey's form; in Redis's before its name, less the least one of all and
// more by one, so that 0 means none.
class ExpiryReader {
 public:
  ExpiryReader(Input& input, ValueType type) : input_(input), is_redis_(type == ValueType::kHashExpiringRedis) {
    if (is_redis_) least_ms_ = input.milliseconds();
  }
  void before_name() {
    if (!is_redis_) return;
    const uint64_t distance = input_.length();
    expiry_ms_ = kNoFieldExpiry;
    if (distance == 0) return;
    if (distance - 1 > static_cast<uint64_t>(std::numeric_limits<int64_t>::max() - least_ms_)) return input_.fail();
    expiry_ms_ = least_ms_ + static_cast<int64_t>(distance - 1);
  }
  void behind_value() {
    if (is_redis_) return;
    expiry_ms_ = input_.number<int64_t>();
    if (expiry_ms_ < kNoFieldExpiry) input_.fail();
  }
  int64_t expiry_ms() const { return expiry_ms_; }

 private:
  Input& input_;
  bool is_redis_;
  int64_t least_ms_ = 0;
  int64_t expiry_ms_ = kNoFieldExpiry;
};

ReadValue read_expiring_fields(Input& input, ValueType type, const Limits& limits) {
  ExpiryReader expiry(input, type);
  const uint64_t count = input.count();
  if (input.failed()) return kDamaged;
  if (count == 0) return kEmpty;
  Owned<Hash> hash(Hash::make());
  hash->expect(std::numeric_limits<uint64_t>::max(), {}, limits.hash);  // a table from the start
  for (uint64_t left = count; left > 0; --left) {
    expiry.before_name();
    const Text name = input.text();
    const Text value = input.text();
    expiry.behind_value();
    if (input.failed() || !add_field(*hash, name.view(), value.view(), limits, expiry.expiry_ms())) return kDamaged;
  }
  return Value::of(hash.release());
}

// Name, value and expiry (0: none) in turn.
ReadValue read_expiring_listpack(Input& input, const Limits& limits) {
  input.milliseconds();  // the least expiry, which is also among the fields
  auto pack = read_listpack(input);
  if (!pack) return kDamaged;
  if ((*pack)->empty()) return kEmpty;
  if ((*pack)->size() % 3 != 0) return kDamaged;
  Owned<Hash> hash(Hash::make());
  for (auto at = (*pack)->first(); at != Listpack::kNone; at = (*pack)->next(at)) {
    Element::Buffer name_buffer, value_buffer;
    const Element name = (*pack)->get(at);
    at = (*pack)->next(at);
    const Element value = (*pack)->get(at);
    at = (*pack)->next(at);
    const Element expiry = (*pack)->get(at);
    if (!expiry.is_integer() || expiry.integer() < 0) return kDamaged;
    const int64_t expiry_ms = expiry.integer() == 0 ? kNoFieldExpiry : expiry.integer();
    if (!add_field(*hash, name.text(name_buffer), value.text(value_buffer), limits, expiry_ms)) return kDamaged;
  }
  return Value::of(hash.release());
}

}  // namespace

ReadValue read_hash(Input& input, ValueType type, const Limits& limits) {
  switch (type) {
    case ValueType::kHash: return read_hash_fields(input, limits);
    case ValueType::kHashZipmap: return read_zipmap(input, limits);
    case ValueType::kHashZiplist: return adopt_hash(read_ziplist(input), limits);
    case ValueType::kHashListpack: return adopt_hash(read_listpack(input), limits);
    case ValueType::kHashListpackExpiringRedis: return read_expiring_listpack(input, limits);
    default: return read_expiring_fields(input, type, limits);
  }
}

namespace {

struct Scored {
  Text member;
  double score;

  bool operator<(const Scored& other) const {
    return score != other.score ? score < other.score : member.view() < other.member.view();
  }
};

bool members_are_distinct(const std::vector<Scored>& all) {
  std::vector<std::string_view> members;
  members.reserve(all.size());
  for (const Scored& one : all) members.push_back(one.member.view());
  std::sort(members.begin(), members.end());
  return std::adjacent_find(members.begin(), members.end()) == members.end();
}

double read_score(Input& input, ValueType type) {
  return type == ValueType::kSortedSetText ? input.text_score() : input.score();
}

// So few, in any order, that they may become a listpack: they are put in order first.
ReadValue read_few_members(Input& input, ValueType type, uint64_t count, const Limits& limits) {
  std::vector<Scored> all;
  uint64_t longest = 0;
  for (; count > 0 && !input.failed(); --count) {
    Text member = input.text();
    const double score = read_score(input, type);
    longest = std::max<uint64_t>(longest, member.view().size());
    all.push_back({std::move(member), score});
  }
  if (input.failed() || !members_are_distinct(all)) return kDamaged;
  std::sort(all.begin(), all.end());
  values::SortedSet set = values::SortedSet::make_for(all.size(), longest, limits.sorted_set);
  for (const Scored& one : all) set.append(one.member.view(), one.score);
  return Value::of(set);
}

ReadValue read_scored_members(Input& input, ValueType type, const Limits& limits) {
  const uint64_t count = input.count();
  if (input.failed()) return kDamaged;
  if (count == 0) return kEmpty;
  if (limits.sorted_set.allow(count, 0)) return read_few_members(input, type, count, limits);
  Owned<values::SortedSet> set(values::SortedSet::make_for(count, 0, limits.sorted_set));
  for (uint64_t left = count; left > 0; --left) {
    const Text member = input.text();
    const double score = read_score(input, type);
    if (input.failed()) return kDamaged;
    const values::Added added = set->add(member.view(), {}, score, limits.sorted_set);
    if (added.outcome != values::Added::Outcome::kAdded) return kDamaged;
  }
  return Value::of(set.release());
}

std::optional<double> score_of(const Element& element) {
  if (element.is_integer()) return static_cast<double>(element.integer());
  Element::Buffer buffer;
  const auto score = base::parse_double(element.text(buffer));
  return score && std::isnan(*score) ? std::nullopt : score;
}

// Whether members and scores in turn are in order. REQUIRES: whole pairs
bool are_in_order(const ListpackView& pack) {
  std::string before;
  double score_before = -std::numeric_limits<double>::infinity();
  for (auto at = pack.first(); at != pack.kNone;) {
    Element::Buffer buffer;
    const std::string_view member = pack.get(at).text(buffer);
    const bool is_first = at == pack.first();
    at = pack.next(at);
    const auto score = score_of(pack.get(at));
    at = pack.next(at);
    if (!score || *score < score_before) return false;
    if (!is_first && *score == score_before && member <= before) return false;
    before = member;
    score_before = *score;
  }
  return true;
}

ReadValue adopt_sorted_set(std::optional<Owned<Listpack>> pack, const Limits& limits) {
  if (!pack) return kDamaged;
  if ((*pack)->empty()) return kEmpty;
  if ((*pack)->size() % 2 != 0 || !are_in_order(**pack) || !are_distinct(**pack, 2)) return kDamaged;
  values::SortedSet set = values::SortedSet::adopt(pack->release());
  set.prepare_for(set.size(), 0, limits.sorted_set);
  return Value::of(set);
}

}  // namespace

ReadValue read_sorted_set(Input& input, ValueType type, const Limits& limits) {
  if (type == ValueType::kSortedSetListpack) return adopt_sorted_set(read_listpack(input), limits);
  if (type == ValueType::kSortedSetZiplist) return adopt_sorted_set(read_ziplist(input), limits);
  return read_scored_members(input, type, limits);
}

}  // namespace rdb
