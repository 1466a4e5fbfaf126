// Goal: a quicklist is the sequence that was put into it, whatever its nodes hold and wherever it is changed; its nodes
// stay within their limit; nothing leaks.
// Method: random operations beside a vector of strings, for limits in bytes and in entries, with large elements, and
// with compression of all but the ends.
#include "structures/quicklist.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"
#include "structures/memory.h"

namespace structures {
namespace {

using Model = std::vector<std::string>;
using End = Quicklist::End;
using Side = Quicklist::Side;

std::string text_of(const QuicklistCursor& cursor) {
  Element::Buffer buffer;
  return std::string(cursor.get().text(buffer));
}

Model texts(Quicklist list) {
  Model out;
  for (QuicklistCursor c = list.at(0); c.valid(); c.next()) out.push_back(text_of(c));
  return out;
}

Model texts_backward(Quicklist list) {
  Model out;
  for (QuicklistCursor c = list.at(-1); c.valid(); c.previous()) out.push_back(text_of(c));
  return out;
}

// Every node is a valid listpack in its limit or a large text, the counts agree, and those in the middle are
// compressed where that pays.
void expect_sound(Quicklist list, uint32_t depth) {
  uint64_t nodes = 0, entries = 0;
  const QuicklistNode* previous = nullptr;
  for (const QuicklistNode* node = list.first_node(); node != nullptr; previous = node, node = node->next, ++nodes) {
    ASSERT_EQ(node->previous, previous);
    ASSERT_GT(node->count(), 0u);
    entries += node->count();
    const bool near_end = depth == 0 || nodes < depth || nodes + depth >= list.nodes();
    ASSERT_FALSE(near_end && node->is_compressed()) << "node " << nodes << " of " << list.nodes();
    if (!node->is_plain() && !node->is_compressed()) {
      ASSERT_TRUE(ListpackView::validate({node->data(), node->bytes()}, true));
      ASSERT_EQ(node->list().size(), node->count());
    }
    if (!near_end && !node->is_compressed()) {
      QuicklistNode* twin = node->copy();
      twin->compress();
      ASSERT_FALSE(twin->is_compressed()) << "node " << nodes << " of " << list.nodes() << " could be compressed";
      twin->destroy();
    }
  }
  ASSERT_EQ(nodes, list.nodes());
  ASSERT_EQ(entries, list.size());
}

class Fuzzed {
 public:
  Fuzzed(int64_t limit, uint32_t depth, uint64_t seed)
      : limit_(limit), depth_(depth), random_(seed), list_(Quicklist::make(limit_, depth)) {}
  ~Fuzzed() { list_.destroy(); }
  Fuzzed(const Fuzzed&) = delete;
  Fuzzed& operator=(const Fuzzed&) = delete;

  void step() {
    ASSERT_NO_FATAL_FAILURE(change());
    if (model_.size() > 3000) erase(model_.size() / 4, model_.size() / 2);
  }
  void compare() {
    ASSERT_NO_FATAL_FAILURE(expect_sound(list_, depth_));
    ASSERT_EQ(texts(list_), model_);
    ASSERT_EQ(texts_backward(list_), Model(model_.rbegin(), model_.rend()));
  }

 private:
  std::string draw() {
    switch (random_() % 40) {
      case 0: return std::string(limit_.bytes() + random_() % 3, 'L');  // just fits, and does not
      case 1: return std::string(random_() % limit_.bytes(), static_cast<char>('a' + random_() % 26));
      case 2: return std::to_string(static_cast<int64_t>(random_()));
      case 3: return "";
      default: return "value:" + std::to_string(random_() % 50) + std::string(random_() % 60, 'x');
    }
  }

  void erase(size_t index, size_t count) {
    list_.erase_range(index, count);
    const auto at = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(at, at + static_cast<ptrdiff_t>(std::min(count, model_.size() - index)));
  }

  void push() {
    const bool front = random_() % 2 == 0;
    for (size_t i = 1 + random_() % 20; i > 0; --i) {
      const std::string text = draw();
      list_.push(front ? End::kFront : End::kBack, text);
      model_.insert(front ? model_.begin() : model_.end(), text);
    }
  }

  void pop() {
    const bool front = random_() % 2 == 0;
    for (size_t i = random_() % 20; i > 0 && !model_.empty(); --i) {
      list_.pop(front ? End::kFront : End::kBack);
      model_.erase(front ? model_.begin() : model_.end() - 1);
    }
  }

  void remove() {
    const std::string text = draw();
    const uint64_t count = random_() % 4 == 0 ? UINT64_MAX : random_() % 4;
    const bool front = random_() % 2 == 0;
    uint64_t expected = 0;
    Model kept;
    if (!front) std::reverse(model_.begin(), model_.end());
    for (const std::string& entry : model_) {
      if (expected < count && entry == text) {
        ++expected;
      } else {
        kept.push_back(entry);
      }
    }
    if (!front) std::reverse(kept.begin(), kept.end());
    model_ = kept;
    ASSERT_EQ(list_.remove(text, count, front ? End::kFront : End::kBack), expected);
  }

  void change() {
    if (model_.empty() || random_() % 8 == 0) return push();
    const size_t index = random_() % model_.size();
    const auto at = model_.begin() + static_cast<ptrdiff_t>(index);
    const int64_t signed_index =
        static_cast<int64_t>(index) - (random_() % 2 == 0 ? static_cast<int64_t>(model_.size()) : 0);
    const QuicklistCursor cursor = list_.at(signed_index);
    ASSERT_EQ(text_of(cursor), *at);
    const std::string text = draw();
    switch (random_() % 7) {
      case 0: return pop();
      case 1: return remove();
      case 2:
      case 3:
        list_.insert(cursor, Side::kBefore, text);
        model_.insert(at, text);
        return;
      case 4:
        list_.insert(cursor, Side::kAfter, text);
        model_.insert(at + 1, text);
        return;
      case 5:
        list_.replace(cursor, text);
        *at = text;
        return;
      default: return erase(index, random_() % 10 == 0 ? random_() % 400 : random_() % 4);
    }
  }

  QuicklistLimit limit_;
  uint32_t depth_;
  std::mt19937_64 random_;
  Quicklist list_;
  Model model_;
};

TEST(Quicklist, FollowsTheModel) {
  TRACE_SEED();
  flush_memory_count();
  const int64_t before = allocated_bytes();
  for (const int64_t limit : {-1, -2, -5, 1, 2, 7, 128}) {
    for (const uint32_t depth : {0u, 1u, 3u}) {
      SCOPED_TRACE("limit " + std::to_string(limit) + ", depth " + std::to_string(depth));
      Fuzzed fuzzed(limit, depth, test_seed() + depth);
      for (int i = 0; i < 1500; ++i) {
        ASSERT_NO_FATAL_FAILURE(fuzzed.step());
        if (i % 10 == 0) {
          ASSERT_NO_FATAL_FAILURE(fuzzed.compare());
        }
      }
    }
  }
  flush_memory_count();
  EXPECT_EQ(allocated_bytes(), before);
}

TEST(Quicklist, CopiesAreApart) {
  for (const uint32_t depth : {0u, 1u}) {
    Quicklist list = Quicklist::make(QuicklistLimit(-1), depth);
    for (int i = 0; i < 2000; ++i) list.push(i % 3 == 0 ? End::kFront : End::kBack, "value " + std::to_string(i));
    list.push(End::kBack, std::string(5000, 'L'));
    Quicklist twin = list.copy();
    const Model model = texts(list);
    ASSERT_EQ(texts(twin), model);
    ASSERT_NO_FATAL_FAILURE(expect_sound(twin, depth));
    list.erase_range(0, 1500);
    list.push(End::kFront, "x");
    EXPECT_EQ(texts(twin), model);
    list.destroy();
    EXPECT_EQ(texts_backward(twin), Model(model.rbegin(), model.rend()));
    twin.destroy();
  }
}

TEST(Quicklist, CompressionPays) {
  Quicklist plain = Quicklist::make(QuicklistLimit(-2), 0);
  Quicklist compressed = Quicklist::make(QuicklistLimit(-2), 1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = "the same words again and again " + std::to_string(i);
    plain.push(End::kBack, text);
    compressed.push(End::kBack, text);
  }
  EXPECT_LT(compressed.memory_bytes(), plain.memory_bytes() / 2);
  EXPECT_EQ(texts(compressed), texts(plain));
  plain.destroy();
  compressed.destroy();
}

// A million short elements, pushed at either end: what Valkey takes is 17 bytes an element (bench).
TEST(Quicklist, FullNodesWasteLittle) {
  for (const End end : {End::kFront, End::kBack}) {
    flush_memory_count();
    const int64_t before = allocated_bytes();
    Quicklist list = Quicklist::make(QuicklistLimit(-2), 0);
    size_t text_bytes = 0;
    for (int i = 0; i < 200'000; ++i) {
      const std::string text = "element:" + std::to_string(100'000 + i);
      text_bytes += text.size() + 2;
      list.push(end, text);
    }
    flush_memory_count();
    EXPECT_LT(allocated_bytes() - before, static_cast<int64_t>(text_bytes + text_bytes / 30));
    EXPECT_NEAR(static_cast<double>(list.memory_bytes()), static_cast<double>(allocated_bytes() - before),
                static_cast<double>(text_bytes) / 30);
    list.destroy();
  }
}

// Pushing and popping at both ends in turn moves no node again and again: the time of this test would tell.
TEST(Quicklist, IsAQueueBothWays) {
  Quicklist list = Quicklist::make(QuicklistLimit(-2), 0);
  for (int i = 0; i < 3'000; ++i) list.push(i % 2 == 0 ? End::kFront : End::kBack, std::to_string(i));
  int64_t next = 3'000;
  for (int i = 0; i < 200'000; ++i) {
    list.push(End::kBack, std::to_string(next++));
    list.pop(End::kFront);
  }
  EXPECT_EQ(list.size(), 3'000u);
  EXPECT_EQ(text_of(list.at(0)), "200000");
  EXPECT_EQ(text_of(list.at(-1)), "202999");
  EXPECT_NO_FATAL_FAILURE(expect_sound(list, 0));
  while (list.size() > 0) list.pop(End::kBack);
  EXPECT_EQ(list.nodes(), 0u);
  list.destroy();
}

}  // namespace
}  // namespace structures
