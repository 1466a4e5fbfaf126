// Goal: a stream holds exactly the entries that were appended and neither deleted nor trimmed, in nodes that RDB could
// carry; its counters, trimming and the owners of pending entries are right after any history.
// Method: random changes beside plain models (a map of entries; maps of pending entries), everything compared as it
// goes; every node is checked as a stranger's bytes would be, and a copy is compared with the original.
#include "values/stream.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"
#include "base/check.h"

namespace values {
namespace {

using Words = std::vector<std::string>;
using Entries = std::map<StreamId, Words>;
using Direction = StreamReader::Direction;

std::string draw_text(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0: return std::to_string(static_cast<int64_t>(random()) >> (random() % 64));
    case 1: return std::string(random() % 300, 'x');
    case 2: return "";
    default: return std::string(1, static_cast<char>('a' + random() % 4));
  }
}

Words read_pairs(StreamReader& reader) {
  Words out;
  structures::Element::Buffer buffer;
  while (reader.has_pair()) {
    const auto [field, value] = reader.next_pair();
    out.emplace_back(field.text(buffer));
    out.emplace_back(value.text(buffer));
  }
  return out;
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void expect_range(const Stream& stream, const Entries& model, StreamId first, StreamId last, bool read) {
  StreamReader reader(stream, first, last, Direction::kForward);
  for (auto it = model.lower_bound(first); it != model.end() && it->first <= last; ++it) {
    ASSERT_TRUE(reader.next());
    ASSERT_EQ(reader.entry().id(), it->first);
    if (read) {
      ASSERT_EQ(read_pairs(reader), it->second);
    }
  }
  ASSERT_FALSE(reader.next());
  StreamReader back(stream, first, last, Direction::kBackward);
  if (first > last) {
    ASSERT_FALSE(back.next());
    return;
  }
  for (auto it = model.upper_bound(last); it != model.begin() && std::prev(it)->first >= first; --it) {
    ASSERT_TRUE(back.next());
    ASSERT_EQ(back.entry().id(), std::prev(it)->first);
  }
  ASSERT_FALSE(back.next());
}

void expect_same(const Stream& stream, const Entries& model) {
  ASSERT_EQ(stream.size(), model.size());
  ASSERT_EQ(stream.counters().first_id, model.empty() ? StreamId{} : model.begin()->first);
  ASSERT_NO_FATAL_FAILURE(expect_range(stream, model, StreamId::least(), StreamId::greatest(), true));
  uint64_t live = 0;
  for (auto at = stream.nodes().first(); at; at.next()) {
    ASSERT_TRUE(is_stream_node(as_bytes(at->pack.bytes()), true));
    live += static_cast<uint64_t>(at->view().live());
  }
  ASSERT_EQ(live, model.size());
}

// Takes from the model what exact trimming takes.
uint64_t trim_model(Entries& model, const StreamTrim& trim) {
  uint64_t gone = 0;
  const auto goes = [&] {
    if (model.empty()) return false;
    return trim.by == StreamTrim::By::kLength ? model.size() > trim.max_length : model.begin()->first < trim.min_id;
  };
  for (; goes(); ++gone) model.erase(model.begin());
  return gone;
}

class History {
 public:
  explicit History(std::mt19937_64& random) : random_(random) {
    limits_ = {random() % 3 == 0 ? 0 : 50 + random() % 4000, random() % 3 == 0 ? 0 : 1 + random() % 200};
  }
  ~History() { stream_.destroy(); }

  void step() {
    switch (random_() % 12) {
      case 0: return erase(near());
      case 1: return erase(model_.empty() ? StreamId{} : model_.begin()->first);
      case 2: return random_() % 20 == 0 ? trim() : append();
      case 3: return expect_range(stream_, model_, near(), near(), false);
      default: return append();
    }
  }
  void expect_all_same() {
    expect_same(stream_, model_);
    Stream copy = stream_.copy();
    expect_same(copy, model_);
    EXPECT_EQ(copy.radix_nodes(), stream_.radix_nodes());
    copy.destroy();
  }

 private:
  StreamId near() {
    const auto it = model_.lower_bound({random_() % (last_.ms + 2), random_() % 3});
    return it == model_.end() || random_() % 8 == 0 ? StreamId{random_() % (last_.ms + 2), random_() % 3} : it->first;
  }
  void append() {
    last_ = random_() % 3 == 0 ? *last_.next() : StreamId{last_.ms + 1 + random_() % 300, random_() % 3};
    Words words;
    const uint64_t fields = 1 + random_() % 3;
    for (uint64_t i = 0; i < fields; ++i) {
      words.push_back(random_() % 5 == 0 ? draw_text(random_) : "field" + std::to_string(i));
      words.push_back(draw_text(random_));
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    stream_.append(last_, views, limits_);
    model_.emplace(last_, std::move(words));
    ASSERT_EQ(stream_.counters().last_id, last_);
  }
  void erase(StreamId id) {
    ASSERT_EQ(stream_.contains(id), model_.contains(id));
    ASSERT_EQ(stream_.erase(id), model_.erase(id) == 1);
    ASSERT_FALSE(stream_.contains(id));
  }
  void trim() {
    StreamTrim trim;
    trim.by = random_() % 2 == 0 ? StreamTrim::By::kLength : StreamTrim::By::kId;
    trim.max_length = random_() % (model_.size() + 2);
    trim.min_id = near();
    if (random_() % 2 == 0) {
      ASSERT_EQ(stream_.trim(trim), trim_model(model_, trim));
      return;
    }
    // Approximate: some of what exact trimming takes, in order, within the limit.
    trim.approximate = true;
    trim.most = random_() % 100;
    const uint64_t gone = stream_.trim(trim);
    Entries exact = model_;
    ASSERT_LE(gone, trim_model(exact, trim));
    ASSERT_TRUE(trim.most == 0 || gone <= trim.most);
    for (uint64_t i = 0; i < gone; ++i) model_.erase(model_.begin());
  }

  std::mt19937_64& random_;
  Stream stream_ = Stream::make();
  Entries model_;
  StreamId last_{1, 0};
  StreamLimits limits_;
};

TEST(Stream, MatchesAMapThroughRandomHistories) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 40; ++round) {
    History history(random);
    for (int step = 0; step < 1500; ++step) {
      ASSERT_NO_FATAL_FAILURE(history.step());
      if (step % 300 == 299) {
        ASSERT_NO_FATAL_FAILURE(history.expect_all_same());
      }
    }
  }
}

TEST(Stream, GivesIdsThatGrow) {
  Stream stream = Stream::make();
  const auto id = [&](std::string_view text, uint64_t now_ms) {
    return stream.new_id(*parse_new_stream_id(text), now_ms);
  };
  EXPECT_EQ(id("0-*", 7), (StreamId{0, 1}));
  EXPECT_EQ(id("*", 7), (StreamId{7, 0}));
  stream.set_last_id({9, UINT64_MAX});
  EXPECT_EQ(id("*", 7), (StreamId{10, 0})) << "the clock went back";
  EXPECT_EQ(id("9-*", 7), std::nullopt);
  EXPECT_EQ(id("9-5", 7), std::nullopt);
  EXPECT_EQ(id("10-*", 7), (StreamId{10, 0}));
  stream.set_last_id(StreamId::greatest());
  EXPECT_EQ(id("*", 7), std::nullopt);
  stream.destroy();
}

TEST(Stream, NodesFromOutsideAreChecked) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  Stream stream = Stream::make();
  const std::string_view pairs[] = {"field", "value", "number", "12345"};
  const std::string_view others[] = {"other", "100000"};
  using Texts = std::span<const std::string_view>;
  for (uint64_t i = 1; i < 20; ++i) stream.append({i, i}, i % 4 == 0 ? Texts(others) : Texts(pairs), {});
  stream.erase({5, 5});
  const std::string good(stream.nodes().first()->pack.bytes());
  ASSERT_TRUE(is_stream_node(as_bytes(good), true));
  // Whatever passes after a byte was changed can be read and changed without leaving the bytes (asan watches).
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
    if (!is_stream_node(exact, true)) continue;
    Stream other = Stream::make();
    ASSERT_TRUE(other.add_node({1, 1}, bytes));
    StreamReader reader(other, StreamId::least(), StreamId::greatest(), Direction::kForward);
    while (reader.next()) read_pairs(reader);
    other.erase({7, 7});
    StreamTrim trim;
    trim.by = StreamTrim::By::kLength;
    trim.max_length = 3;
    other.trim(trim);
    other.destroy();
  }
  stream.destroy();
}

// A group beside a map of who owns what.
class GroupHistory {
 public:
  explicit GroupHistory(std::mt19937_64& random) : random_(random) {}
  ~GroupHistory() { group_->destroy(); }

  void step() {
    const StreamId id{random_() % 5 == 0 ? random_() % 2000 : next_++, 0};
    const std::string name = "consumer" + std::to_string(random_() % 12);
    switch (random_() % 8) {
      case 0: {
        ASSERT_EQ(group_->acknowledge(id), owners_.erase(id) == 1);
        return;
      }
      case 1: {
        if (owners_.empty()) return;
        const StreamId first = owners_.begin()->first;
        owners_.erase(owners_.begin());
        const auto next = group_->acknowledge(group_->pending().lower_bound(first));
        ASSERT_EQ(static_cast<bool>(next), !owners_.empty());
        return;
      }
      case 2: return random_() % 30 == 0 ? erase_consumer(name) : assign(id, name);
      default: return assign(id, name);
    }
  }

  void expect_same(const ConsumerGroup& group) const {
    ASSERT_EQ(group.pending().size(), owners_.size());
    std::map<std::string, std::vector<StreamId>> by_owner;
    auto at = group.pending().first();
    for (const auto& [id, owner] : owners_) {
      ASSERT_EQ(at->id, id);
      ASSERT_EQ(at->consumer->name(), owner);
      ASSERT_EQ(group.consumer(owner), at->consumer);
      by_owner[owner].push_back(id);
      at.next();
    }
    std::string before;
    for (auto consumer = group.consumers().first(); consumer; consumer.next()) {
      ASSERT_LT(before, (*consumer)->name());
      before = (*consumer)->name();
      std::vector<StreamId> ids;
      for (auto id = (*consumer)->pending().first(); id; id.next()) ids.push_back(id->id);
      ASSERT_EQ(ids, by_owner[before]);
    }
  }
  const ConsumerGroup& group() const { return *group_; }

 private:
  void assign(StreamId id, const std::string& name) {
    Consumer* consumer = group_->consumer(name);
    if (consumer == nullptr) consumer = &group_->add_consumer(name, 1);
    const PendingEntry* entry = group_->assign(id, *consumer);
    ASSERT_EQ(entry->id, id);
    ASSERT_EQ(entry->consumer, consumer);
    owners_[id] = name;
  }
  void erase_consumer(const std::string& name) {
    Consumer* consumer = group_->consumer(name);
    if (consumer == nullptr) return;
    group_->erase_consumer(*consumer);
    std::erase_if(owners_, [&](const auto& pair) { return pair.second == name; });
    ASSERT_EQ(group_->consumer(name), nullptr);
  }

  std::mt19937_64& random_;
  ConsumerGroup* group_ = ConsumerGroup::make("group");
  std::map<StreamId, std::string> owners_;
  uint64_t next_ = 1;
};

TEST(ConsumerGroup, EveryPendingEntryHasOneOwner) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 20; ++round) {
    GroupHistory history(random);
    for (int step = 0; step < 2000; ++step) {
      ASSERT_NO_FATAL_FAILURE(history.step());
      if (step % 400 == 399) {
        ASSERT_NO_FATAL_FAILURE(history.expect_same(history.group()));
      }
    }
    ConsumerGroup* copy = history.group().copy();
    ASSERT_NO_FATAL_FAILURE(history.expect_same(*copy));
    copy->destroy();
  }
}

TEST(Stream, TakesLittleMemory) {
  Stream stream = Stream::make();
  const std::string_view pairs[] = {"field", "0123456789abcdef"};
  for (uint64_t i = 1; i <= 10'000; ++i) stream.append({1'700'000'000'000 + i, 0}, pairs, {4096, 100});
  EXPECT_LT(stream.memory_bytes(), 10'000U * 27) << "17 of the value, 5 of the id, and flags, count and lengths";
  stream.destroy();
}

}  // namespace
}  // namespace values
