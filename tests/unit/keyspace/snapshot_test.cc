// Goal: a snapshot captures the keys as they were at the cut, each once and no other, whatever happens meanwhile.
// Method: the keys as a map at the cut, beside what a sink gets while random changes of all kinds (and of whole
// databases) run between short slices of the walk; tables that stay small, that grow and that shrink by thousands.
#include "keyspace/snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "../seed.h"
#include "base/clock.h"
#include "keyspace/edit.h"
#include "keyspace/eviction.h"
#include "keyspace/expiry.h"
#include "values/sorted_set.h"

namespace keyspace {
namespace {

constexpr uint32_t kDatabases = 5;

// Type, expiry and value, with a collection's elements in order.
std::string describe(const Entry& entry) {
  std::vector<std::string> parts;
  TextBuffer buffer;
  switch (entry.type()) {
    case Type::kString: parts.emplace_back(entry.text(buffer)); break;
    case Type::kHash: {
      const auto hash = Database::collection<values::Hash>(entry);
      hash.for_each(values::Hash::kSeesAll, [&](values::Hash::Element name, values::Hash::Element value) {
        structures::Element::Buffer digits, more_digits;
        const std::string field(name.text(digits));
        const int64_t expiry_ms = hash.expiry_ms(field, values::Hash::kSeesAll).value_or(0);
        parts.push_back(field + "=" + std::string(value.text(more_digits)) + "@" + std::to_string(expiry_ms));
      });
      break;
    }
    case Type::kSortedSet:
      Database::collection<values::SortedSet>(entry).scan(0, 1'000'000, [&](std::string_view member, double score) {
        parts.push_back(std::string(member) + ":" + std::to_string(score));
      });
      break;
    default: ADD_FAILURE() << "a type that the test does not make"; break;
  }
  std::sort(parts.begin(), parts.end());
  std::string all = std::to_string(static_cast<int>(entry.type())) + "," + std::to_string(entry.expiry_ms());
  for (const std::string& part : parts) all += "," + part;
  return all;
}

using Contents = std::map<std::pair<uint32_t, std::string>, std::string>;

class Sink : public CaptureSink {
 public:
  void capture(uint32_t database, const Entry& entry) override {
    const bool is_first = captured.try_emplace({database, std::string(entry.key())}, describe(entry)).second;
    EXPECT_TRUE(is_first) << entry.key() << " of database " << database << " comes twice";
  }
  Contents captured;
};

// How a round goes.
struct Round {
  uint32_t shards = 1;
  uint64_t keys = 0;         // different names in each database
  uint64_t changes = 0;      // at most so many between two slices
  uint64_t set_percent = 0;  // of the changes of single keys: the rest lets half of them go
  bool swaps = true;         // whole databases are emptied and exchanged, now and then
};

class World {
 public:
  World(uint64_t seed, const Round& round)
      : round_(round), random_(seed), keyspace_({.shards = round.shards, .databases = kDatabases, .seed = {seed, 2}}) {
    unit_.captures = &sink_;
    unit_.now_ms = base::kernel_wall_time().ms();
    lock();
  }
  ~World() {
    free_garbage(garbage_);
    keyspace_.release(locks_);
  }

  void fill(uint64_t changes) {
    for (; changes > 0; --changes) store(random_.below(kDatabases - 1));  // the last one has no tables at first
  }

  // A snapshot from the cut to its end.
  void run() {
    sink_.captured.clear();
    const Contents wanted = contents();
    keyspace_.begin_snapshot(locks_);
    while (keyspace_.shards_to_capture() > 0 && !testing::Test::HasFailure()) {
      for (uint64_t left = random_.below(round_.changes + 1); left > 0; --left) change();
      slice();
    }
    compare(wanted);
    for (int i = 0; i < 100; ++i) change();  // nobody captures those
    compare(wanted);
  }

  // One that is given up in its midst.
  void run_and_drop() {
    keyspace_.begin_snapshot(locks_);
    for (int i = 0; i < 30 && keyspace_.shards_to_capture() > 0; ++i) {
      for (uint64_t left = random_.below(round_.changes + 1); left > 0; --left) change();
      slice();
    }
    keyspace_.drop_snapshot(locks_);
    EXPECT_EQ(keyspace_.shards_to_capture(), 0U);
    sink_.captured.clear();
    for (int i = 0; i < 100; ++i) change();
    EXPECT_TRUE(sink_.captured.empty());
  }

  Contents contents() {
    Contents all;
    for (uint32_t shard = 0; shard < keyspace_.shard_count(); ++shard) {
      for (uint32_t database = 0; database < kDatabases; ++database) {
        const Table* table = keyspace_.existing_table(locks_, shard, database);
        if (table == nullptr) continue;
        table->for_each([&](const Entry& entry) {
          const bool is_first = all.try_emplace({database, std::string(entry.key())}, describe(entry)).second;
          EXPECT_TRUE(is_first) << entry.key() << " is twice in database " << database;
        });
      }
    }
    return all;
  }

 private:
  void lock() { CHECK(keyspace_.try_acquire_all(locks_)); }

  void slice() {
    const auto shard = static_cast<uint32_t>(random_.below(keyspace_.shard_count()));
    const uint64_t odds = 1 + random_.below(4);
    std::vector<Table> done;
    const bool had = keyspace_.snapshot(shard) != nullptr;
    const uint32_t before = keyspace_.shards_to_capture();
    const bool all = keyspace_.capture_some(
        locks_, shard, sink_, [&] { return random_.below(odds) == 0; }, done);
    EXPECT_EQ(keyspace_.shards_to_capture(), before - (had && all ? 1 : 0));
    EXPECT_EQ(keyspace_.snapshot(shard) == nullptr, all);
  }

  // Tells of some differences, not of thousands.
  void compare(const Contents& wanted) {
    if (sink_.captured == wanted) return;
    std::vector<std::string> wrong;
    for (const auto& [key, value] : wanted) {
      const auto found = sink_.captured.find(key);
      if (found == sink_.captured.end()) wrong.push_back("missing " + key.second);
      if (found != sink_.captured.end() && found->second != value) wrong.push_back("changed " + key.second);
    }
    for (const auto& [key, value] : sink_.captured) {
      if (wanted.count(key) == 0) wrong.push_back("unwanted " + key.second);
    }
    ADD_FAILURE() << wrong.size() << " of " << wanted.size() << " are wrong, one is " << wrong.front();
  }

  Key key() {
    name_ = "key:" + std::to_string(random_.below(round_.keys));
    return keyspace_.key(name_);
  }
  Database any_database() { return {unit_, static_cast<uint32_t>(random_.below(kDatabases))}; }
  int64_t expiry() {
    const uint64_t kind = random_.below(8);
    if (kind < 4) return Entry::kNoExpiry;
    if (kind == 4) return unit_.now_ms + (int64_t{1} << 50);  // wide
    return unit_.now_ms + static_cast<int64_t>(random_.below(500));
  }
  std::string text() {
    const uint64_t kind = random_.below(400);
    if (kind == 0) return std::string(70'000, static_cast<char>('a' + random_.below(20)));
    if (kind < 4) return std::string(300 + random_.below(9'000), 'm');
    if (kind < 150) return std::to_string(random_.below(1'000));
    return std::string(random_.below(20), static_cast<char>('a' + random_.below(20)));
  }

  void store(uint64_t at);
  void edit_hash(Database& database, const Key& key);
  void edit_sorted_set(Database& database, const Key& key);
  void rename_or_copy(Database& database, const Key& key);
  void remove(Database& database, const Key& key);
  void change_keyspace();
  void change();

  Round round_;
  base::Random random_;
  Keyspace keyspace_;
  LockSet locks_;
  metrics::ThreadStats stats_{0, kDatabases};
  Garbage garbage_;
  Unit unit_{.keyspace = keyspace_, .locks = locks_, .stats = stats_, .random = random_, .garbage = garbage_};
  Sink sink_;
  std::string name_;
};

void World::store(uint64_t at) {
  Database database(unit_, static_cast<uint32_t>(at));
  const Key key = this->key();
  const Entry* const entry = database.peek(key);
  const bool is_string = entry == nullptr || entry->type() == Type::kString;
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2: return database.set(key, text(), expiry());
    case 3: return database.set_raw(key, text(), expiry());
    case 4: return edit_hash(database, key);
    case 5: return edit_sorted_set(database, key);
    case 6:
      if (is_string) database.set_integer(key, static_cast<int64_t>(random_.below(1'000'000)), expiry());
      return;
    default: break;
  }
  if (!is_string) return;
  const size_t size = 1 + random_.below(40);
  database.edit_text(key, size)[random_.below(size)] = static_cast<char>('A' + random_.below(20));
}

void World::edit_hash(Database& database, const Key& key) {
  Entry* const entry = database.find_to_change(key);
  if (entry != nullptr && entry->type() != Type::kHash) return;
  Edit<values::Hash> hash(database, key, entry, Missing::kCreate);
  for (uint64_t left = 1 + random_.below(random_.below(50) == 0 ? 300 : 5); left > 0; --left) {
    const std::string field = "f" + std::to_string(random_.below(400));
    if (random_.below(4) == 0) {
      hash->erase(field, unit_.now_ms);
    } else {
      hash->set(field, text(), {.limits = {.max_listpack_entries = 8}, .now_ms = unit_.now_ms, .expiry_ms = expiry()});
    }
  }
  hash.changed(1);
}

void World::edit_sorted_set(Database& database, const Key& key) {
  Entry* const entry = database.find_to_change(key);
  if (entry != nullptr && entry->type() != Type::kSortedSet) return;
  Edit<values::SortedSet> set(database, key, entry, Missing::kCreate);
  for (uint64_t left = 1 + random_.below(5); left > 0; --left) {
    const std::string member = "m" + std::to_string(random_.below(30));
    if (random_.below(4) == 0) {
      set->erase(member);
    } else {
      set->add(member, {}, static_cast<double>(random_.below(100)), {8, 64});
    }
  }
  set.changed(1);
}

void World::rename_or_copy(Database& database, const Key& from) {
  const Entry* const entry = database.peek(from);
  if (entry == nullptr) return;
  const std::string source(from.text), name = "key:" + std::to_string(random_.below(round_.keys));
  const Key to = keyspace_.key(name);
  Database target = any_database();
  if (name == source && target.index() == database.index()) return;
  if (random_.below(2) == 0) {
    database.move({source, from.hash}, to, target);
  } else {
    database.copy(*entry, to, target);
  }
}

void World::remove(Database& database, const Key& key) {
  switch (random_.below(6)) {
    case 0: database.set_expiry(key, expiry()); break;
    case 1: rename_or_copy(database, key); break;
    case 2: database.expire_now(key); break;
    case 3: database.read(key); break;  // which lets it go if its time is up
    default: database.erase(key); break;
  }
}

// What needs more than one key.
void World::change_keyspace() {
  const auto one = static_cast<uint32_t>(random_.below(kDatabases)),
             two = static_cast<uint32_t>(random_.below(kDatabases));
  const auto shard = static_cast<uint32_t>(random_.below(keyspace_.shard_count()));
  const uint64_t kind = random_.below(60);
  if (kind == 0 && round_.swaps) {
    forget_sizes(unit_, one);
    keyspace_.take_tables(locks_, one, garbage_.tables);
  } else if (kind < 5 && round_.swaps && one != two) {
    keyspace_.swap_databases(locks_, one, two);
    exchange_sizes(unit_, one, two);
  } else if (kind < 20) {
    unit_.now_ms += static_cast<int64_t>(random_.below(100));
    expire_shard(unit_, shard, static_cast<int>(1 + random_.below(50)));
  } else if (kind < 40) {
    Database(unit_, one).random_entry(shard);
  } else {
    constexpr EvictionPolicy kPolicies[] = {EvictionPolicy::kAllKeysLru, EvictionPolicy::kAllKeysLfu,
                                            EvictionPolicy::kVolatileTtl, EvictionPolicy::kAllKeysRandom};
    keyspace_.release(locks_);
    evict_one(unit_, {.policy = kPolicies[random_.below(4)], .samples = 5, .database = {}}, [] {});
    lock();
  }
  free_garbage(garbage_);
}

void World::change() {
  if (random_.below(40) == 0) return change_keyspace();
  Database database = any_database();
  if (random_.below(100) < round_.set_percent) {
    store(database.index());
  } else {
    remove(database, key());
  }
}

void run(const Round& round, uint64_t fill, int rounds) {
  TRACE_SEED();
  for (int at = 0; at < rounds; ++at) {
    SCOPED_TRACE("round " + std::to_string(at) + " with " + std::to_string(round.keys) + " keys");
    World world(test_seed() * 1'000 + static_cast<uint64_t>(at), round);
    world.fill(fill);
    for (int again = 0; again < 3 && !testing::Test::HasFailure(); ++again) world.run();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Snapshot, IsTheKeysAtTheCutOfSmallTables) {
  for (const uint32_t shards : {1U, 4U, 16U}) {
    run({.shards = shards, .keys = 30, .changes = 10, .set_percent = 60}, 60, 200);
    run({.shards = shards, .keys = 300, .changes = 20, .set_percent = 50}, 600, 50);
  }
}

TEST(Snapshot, IsTheKeysAtTheCutOfTablesThatGrow) {
  run({.shards = 1, .keys = 20'000, .changes = 400, .set_percent = 95, .swaps = false}, 2'000, 2);
  run({.shards = 4, .keys = 20'000, .changes = 200, .set_percent = 95}, 8'000, 2);
}

TEST(Snapshot, IsTheKeysAtTheCutOfTablesThatShrink) {
  run({.shards = 1, .keys = 5'000, .changes = 200, .set_percent = 5, .swaps = false}, 20'000, 4);
  run({.shards = 4, .keys = 5'000, .changes = 100, .set_percent = 5}, 20'000, 4);
}

TEST(Snapshot, IsTheKeysAtTheCutWhereDatabasesComeAndGo) {
  run({.shards = 2, .keys = 1'000, .changes = 60, .set_percent = 60}, 3'000, 30);
}

TEST(Snapshot, OfNoKeysIsDoneAtOnce) {
  World world(1, {.shards = 4, .keys = 10, .changes = 5, .set_percent = 50});
  world.run();
}

TEST(Snapshot, ThatIsGivenUpCapturesNoMore) {
  TRACE_SEED();
  for (uint64_t at = 0; at < 20; ++at) {
    World world(test_seed() * 1'000 + at, {.shards = 4, .keys = 1'000, .changes = 30, .set_percent = 50});
    world.fill(3'000);
    world.run_and_drop();
    world.run();
  }
}

}  // namespace
}  // namespace keyspace
