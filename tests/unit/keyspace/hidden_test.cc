// Goal: where expired keys are only hidden (import mode), a key that is stored over one takes its place: it is once in
// its table, and a snapshot captures what was there at the cut.
// Method: each way to store, over a key whose time is up.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "keyspace/edit.h"

namespace keyspace {
namespace {

class Sink : public CaptureSink {
 public:
  void capture(uint32_t, const Entry& entry) override {
    TextBuffer buffer;
    captured.emplace_back(entry.type() == Type::kString ? entry.text(buffer) : "a collection");
  }
  std::vector<std::string> captured;
};

class HiddenTest : public testing::Test {
 protected:
  HiddenTest() {
    unit_.captures = &sink_;
    unit_.now_ms = base::kernel_wall_time().ms();
    CHECK(keyspace_.try_acquire_all(locks_));
    database_.set(key_, "old", unit_.now_ms + 5);
    unit_.now_ms += 10;
    unit_.expires = false;
    keyspace_.begin_snapshot(locks_);
  }
  ~HiddenTest() override {
    std::vector<Table> done;
    EXPECT_TRUE(keyspace_.capture_some(
        locks_, 0, sink_, [] { return false; }, done));
    EXPECT_EQ(sink_.captured, std::vector<std::string>{"old"});
    EXPECT_EQ(keyspace_.size(locks_, 0), 1U);
    free_garbage(garbage_);
    keyspace_.release(locks_);
  }

  Keyspace keyspace_{{.shards = 1, .databases = 2, .seed = {1, 2}}};
  LockSet locks_;
  metrics::ThreadStats stats_{0, 2};
  base::Random random_{1};
  Garbage garbage_;
  Sink sink_;
  Unit unit_{.keyspace = keyspace_, .locks = locks_, .stats = stats_, .random = random_, .garbage = garbage_};
  Database database_{unit_, 0};
  const Key key_ = keyspace_.key("key");
};

TEST_F(HiddenTest, ATextTakesItsPlace) { database_.set(key_, "new", Entry::kNoExpiry); }

// These fail: Database::locate() says that there is nothing, so store() inserts the key a second time, and tells the
// snapshot that it is born.
TEST_F(HiddenTest, ARawTextTakesItsPlace) { database_.set_raw(key_, "new", Entry::kNoExpiry); }
TEST_F(HiddenTest, AnIntegerTakesItsPlace) { database_.set_integer(key_, 5, Entry::kNoExpiry); }
TEST_F(HiddenTest, AnEditedTextTakesItsPlace) { database_.edit_text(key_, 3)[0] = 'x'; }
TEST_F(HiddenTest, ACollectionTakesItsPlace) {
  Edit<values::Hash> hash(database_, key_, database_.find_to_change(key_), Missing::kCreate);
  hash->set("field", "value", {});
  hash.changed(1);
}
TEST_F(HiddenTest, ACopyAndAMovedKeyTakeItsPlace) {
  Database other(unit_, 1);
  const Key from = keyspace_.key("from");
  other.set(from, "new", Entry::kNoExpiry);
  database_.copy(*other.peek(from), key_, database_);
  other.move(from, key_, database_);
}

}  // namespace
}  // namespace keyspace
