// Commands that look for keys: SCAN, KEYS, RANDOMKEY, DBSIZE.
//
// SCAN walks the keys in the order of their hashes, from home bucket to home bucket, which no growing or shrinking of
// a table changes: a key that is there from a walk's first call to its last is returned. It holds the shard of its
// cursor, and goes on into later ones, one at a time, while they are free.
//
// Source  design.md section 3; tests/transcripts/keys/scan.transcript; tests/concurrency/scan_stress
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "base/glob.h"
#include "command/call.h"
#include "commands/cursor.h"
#include "commands/families.h"
#include "commands/type_names.h"

namespace commands {

std::optional<uint64_t> parse_cursor(std::string_view word) {
  const std::string text(word.substr(0, word.find('\0')));
  if (const auto value = base::parse_int64(text)) {
    return *value < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(*value));
  }
  char* end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || end == text.c_str() || *end != '\0') return std::nullopt;
  return value;
}

namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Keyspace;
using keyspace::LockClass;

// Which keys a walk returns. "*" is every key, the empty one too, which no glob matches.
struct Filter {
  bool any_key = true;
  std::string_view pattern{};
  std::optional<keyspace::Type> type{};

  void set_pattern(std::string_view text) {
    pattern = text;
    any_key = text == "*";
  }
  bool takes(const Entry& entry) const {
    return (!type || entry.type() == *type) && (any_key || base::glob_match(pattern, entry.key()));
  }
};

// Keys that were found, in one piece: their entries may be gone when the reply is written.
class Found {
 public:
  void add(std::string_view key) {
    bytes_.append(key);
    ends_.push_back(bytes_.size());
  }
  void reply(resp::Writer& reply) const {
    reply.array(ends_.size());
    size_t begin = 0;
    for (const size_t end : ends_) {
      reply.bulk(std::string_view(bytes_).substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

// How far one call goes: so many keys looked at, or ten times as many buckets.
struct Budget {
  int64_t keys = 10;
  int64_t buckets = 100;

  void set(int64_t count) {
    keys = count;
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 10;
    buckets = std::clamp<int64_t>(count, 0, kMost) * 10;
  }
  bool left() const { return keys > 0 && buckets > 0; }
};

// False after the reply said what is wrong.
bool read_options(Call& call, Filter& filter, Budget& budget) {
  Args args(call.words(), 2);
  while (args.more()) {
    const bool has_value = args.left() >= 2;
    if (has_value && args.accept("COUNT")) {
      const int64_t count = args.integer();
      if (!args.failed() && count < 1) args.fail(command::kSyntaxError);
      budget.set(count);
    } else if (has_value && args.accept("MATCH")) {
      filter.set_pattern(args.text());
    } else if (has_value && args.accept("TYPE")) {
      const std::string_view name = command::repeated(args.text());
      size_t at = 0;
      while (at < kTypeNames.size() && !command::same_word(name, kTypeNames[at])) ++at;
      if (at == kTypeNames.size()) {
        call.fail("ERR unknown type name '" + std::string(name) + "'");
        return false;
      }
      filter.type = static_cast<keyspace::Type>(at);
    } else if (args.accept("NOVALUES")) {
      args.fail(command::Error("ERR NOVALUES option can only be used in HSCAN"));
    } else if (args.accept("NOSCORES")) {
      args.fail(command::Error("ERR NOSCORES option can only be used in ZSCAN"));
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (args.failed()) call.fail(args.error());
  return !args.failed();
}

// Walks a shard from `path` on; returns the path to go on from, or 0 at its end. A cursor is coarser than a path and
// rounded down, so a walk goes on, budget or not, until its cursor would rise. Expired keys that the filter takes are
// deleted, once the walk no longer needs the table's shape.
uint64_t scan_shard(Call& call, uint32_t shard, uint64_t path, const Filter& filter, Budget& budget, Found& found) {
  keyspace::Unit& unit = call.db().unit();
  const keyspace::Table* table = unit.keyspace.existing_table(unit.locks, shard, call.db().index());
  if (table == nullptr) return 0;
  const keyspace::KeyHash& hash = unit.keyspace.hash();
  const uint64_t begin = cursor_of_hash(hash.hash_at(shard, path));
  std::vector<std::string> dead;
  do {
    path = table->scan(path, [&](const Entry& entry) {
      --budget.keys;
      if (!filter.takes(entry)) return;
      if (call.db().hides(entry)) {
        dead.emplace_back(entry.key());
      } else {
        found.add(entry.key());
      }
    });
    --budget.buckets;
  } while (path != 0 && (budget.left() || cursor_of_hash(hash.hash_at(shard, path)) <= begin));
  for (const std::string& key : dead) call.db().peek(unit.keyspace.key(key));
  return path;
}

void scan(Call& call) {
  Filter filter;
  Budget budget;
  if (!parse_cursor(call.word(1))) return call.fail(command::kInvalidCursor);
  if (!read_options(call, filter, budget)) return;
  keyspace::Unit& unit = call.db().unit();
  Keyspace& keyspace = unit.keyspace;
  const keyspace::KeyHash& hash = keyspace.hash();
  Found found;
  uint32_t shard = hash.shard(call.key(0).hash);
  uint64_t path = scan_shard(call, shard, hash.path(call.key(0).hash), filter, budget, found);
  while (path == 0) {
    do {
      ++shard;
    } while (shard < keyspace.shard_count() && keyspace.size_hint(shard, call.db().index()) == 0);
    if (shard == keyspace.shard_count() || !budget.left()) break;
    const bool held = unit.locks.holds(shard);
    if (!held && !keyspace.try_acquire_shard(unit.locks, shard)) break;
    path = scan_shard(call, shard, 0, filter, budget, found);
    if (!held) keyspace.release_shard(unit.locks, shard);
  }
  uint64_t cursor = 0;
  if (shard < keyspace.shard_count()) cursor = cursor_of_hash(hash.hash_at(shard, path));
  char digits[base::kInt64Chars];
  call.reply().array(2);
  call.reply().bulk(base::format_uint64(cursor, digits));
  found.reply(call.reply());
}

// A cursor that does not read is refused by the handler.
uint64_t scan_lock_hash(std::span<const std::string_view> words, const keyspace::KeyHash&) {
  return hash_of_cursor(parse_cursor(words[1]).value_or(0));
}

void keys(Call& call) {
  keyspace::Unit& unit = call.db().unit();
  Filter filter;
  filter.set_pattern(call.word(1));
  std::vector<const Entry*> found;
  for (uint32_t shard = 0; shard < unit.keyspace.shard_count(); ++shard) {
    const keyspace::Table* table = unit.keyspace.existing_table(unit.locks, shard, call.db().index());
    if (table == nullptr) continue;
    table->for_each([&](const Entry& entry) {
      if (filter.takes(entry) && !call.db().hides(entry)) found.push_back(&entry);
    });
  }
  call.reply().array(found.size());
  for (const Entry* entry : found) call.reply().bulk(entry->key());
}

// A shard by the number of its keys, or nothing where there are none.
std::optional<uint32_t> choose_shard(Call& call) {
  keyspace::Unit& unit = call.db().unit();
  std::vector<uint64_t> sums(unit.keyspace.shard_count());
  uint64_t sum = 0;
  for (uint32_t shard = 0; shard < sums.size(); ++shard) {
    sum += unit.keyspace.size_hint(shard, call.db().index());
    sums[shard] = sum;
  }
  if (sum == 0) return std::nullopt;
  const uint64_t at = unit.random.below(sum);
  uint32_t shard = 0;
  while (sums[shard] <= at) ++shard;
  return shard;
}

// Replies with a random key of the shard, if it has one.
bool reply_random_key(Call& call, uint32_t shard) {
  const Entry* entry = call.db().random_entry(shard);
  if (entry != nullptr) call.reply().bulk(entry->key());
  return entry != nullptr;
}

void random_key(Call& call) {
  keyspace::Unit& unit = call.db().unit();
  if (unit.locks.holds_all()) {
    for (auto shard = choose_shard(call); shard; shard = choose_shard(call)) {
      if (reply_random_key(call, *shard)) return;
    }
    return call.reply().null();
  }
  constexpr int kTries = 4;
  for (int tries = 0; tries < kTries; ++tries) {
    const auto shard = choose_shard(call);
    if (!shard) break;
    if (!unit.keyspace.try_acquire_shard(unit.locks, *shard)) continue;
    const bool replied = reply_random_key(call, *shard);
    unit.keyspace.release_shard(unit.locks, *shard);
    if (replied) return;
  }
  call.want_all_locks();
}

void db_size(Call& call) {
  keyspace::Unit& unit = call.db().unit();
  call.reply().integer(static_cast<int64_t>(unit.keyspace.size(unit.locks, call.db().index())));
}

constexpr Spec kScanRows[] = {
    {.name = "dbsize",
     .arity = 1,
     .flags = command::kReadOnly | command::kFast,
     .categories = command::kCategoryKeyspace,
     .locks = LockClass::kAll,
     .handler = db_size,
     .group = Group::kServer,
     .tips = command::kRequestAllShards | command::kResponseAggSum,
     .since = "1.0.0",
     .summary = "Counts the keys of the selected database.",
     .complexity = "O(1)"},
    {.name = "keys",
     .arity = 2,
     .flags = command::kReadOnly,
     .categories = command::kDangerous,
     .locks = LockClass::kAll,
     .handler = keys,
     .group = Group::kGeneric,
     .tips = command::kRequestAllShards | command::kNondeterministicOutputOrder | command::kNondeterminismLast,
     .since = "1.0.0",
     .summary = "Returns every key that matches a pattern, while all others wait.",
     .complexity = "O(N) for N keys in the database, with patterns and keys of bounded length.",
     .syntax = "pattern:p"},
    {.name = "randomkey",
     .arity = 1,
     .flags = command::kReadOnly,
     .locks = LockClass::kChosen,
     .handler = random_key,
     .group = Group::kGeneric,
     .tips = command::kRequestAllShards | command::kResponseSpecial | command::kNondeterministicOutput |
             command::kNondeterminismLast,
     .since = "1.0.0",
     .summary = "Returns a key of the selected database at random.",
     .complexity = "O(1)"},
    {.name = "scan",
     .arity = -2,
     .flags = command::kReadOnly,
     .locks = LockClass::kKeys,
     .lock_hash = scan_lock_hash,
     .handler = scan,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput | command::kRequestSpecial | command::kResponseSpecial,
     .since = "2.8.0",
     .summary = "Walks the keys of the selected database, some at each call.",
     .complexity = "O(1) for a call, O(N) for a whole walk over N keys.",
     .history = "6.0.0 Knows `TYPE`.",
     .syntax = "cursor:i MATCH=pattern:p? COUNT=count:i? TYPE=type@6.0.0?"},
};
static_assert(command::well_formed(kScanRows));

}  // namespace

std::span<const Spec> scan_commands() { return kScanRows; }

}  // namespace commands
