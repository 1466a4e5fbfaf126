// Goal: a list is the sequence that was put into it in either encoding, and the encoding changes where Valkey's does.
// Method: random operations beside a vector of strings; the thresholds, as recorded from valkey-server 9.1.2. What
// random commands do to the encoding is compared with Valkey by tests/differential.
#include "values/list.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"
#include "structures/memory.h"

namespace values {
namespace {

using structures::Element;
using Model = std::vector<std::string>;

constexpr ListLimits kDefault{-2, 0};

std::string text_of(const ListCursor& cursor) {
  Element::Buffer buffer;
  return std::string(cursor.get().text(buffer));
}

Model texts(List list, int64_t from, ListEnd towards) {
  Model out;
  for (ListCursor c = list.at(from); c.valid(); c.step(towards)) out.push_back(text_of(c));
  return out;
}

void push(List& list, const std::string& text, const ListLimits& limits = kDefault) {
  const std::string_view view = text;
  list.push(ListEnd::kBack, {&view, 1}, limits);
}

TEST(List, BecomesAQuicklistBeyondTheBytesOfTheLimit) {
  List list = List::make();
  // 7 bytes of frame and 81 entries of 101 (98 of text) are 8188.
  for (int i = 0; i < 81; ++i) push(list, std::string(98, 'x'));
  EXPECT_EQ(list.encoding(), "listpack");
  push(list, "abcd");  // 8192: the limit itself is still a listpack
  EXPECT_EQ(list.encoding(), "listpack");
  push(list, "");
  EXPECT_EQ(list.encoding(), "quicklist");
  list.destroy();
}

TEST(List, BecomesAListpackAtHalfTheLimit) {
  const ListLimits limits{10, 0};
  List list = List::make();
  for (int i = 0; i < 10; ++i) push(list, std::to_string(i), limits);
  EXPECT_EQ(list.encoding(), "listpack");
  push(list, "10", limits);
  EXPECT_EQ(list.encoding(), "quicklist");
  list.pop(ListEnd::kBack, 1, limits);
  list.pop(ListEnd::kBack, 4, limits);
  EXPECT_EQ(list.size(), 6u);
  EXPECT_EQ(list.encoding(), "quicklist");
  list.pop(ListEnd::kFront, 1, limits);
  EXPECT_EQ(list.encoding(), "listpack");
  list.destroy();
}

// One random operation on both.
void change(List& list, Model& model, const ListLimits& limits, std::mt19937_64& random) {
  const auto draw = [&] {
    return random() % 30 == 0 ? std::string(random() % 9000, 'L')
                              : std::to_string(random() % 30) + std::string(random() % 2 * (random() % 30), 'x');
  };
  const size_t index = model.empty() ? 0 : random() % model.size();
  const auto at = model.begin() + static_cast<ptrdiff_t>(index);
  const std::string text = draw();
  const bool back = random() % 2 == 0;
  switch (model.empty() ? 0 : random() % 10) {
    case 0:
    case 1: {
      Model more;
      for (size_t i = 1 + random() % 30; i > 0; --i) more.push_back(draw());
      list.push(back ? ListEnd::kBack : ListEnd::kFront, std::vector<std::string_view>(more.begin(), more.end()),
                limits);
      if (!back) std::reverse(more.begin(), more.end());
      model.insert(back ? model.end() : model.begin(), more.begin(), more.end());
      return;
    }
    case 2:
      ASSERT_TRUE(list.set(static_cast<int64_t>(index), text, limits));
      *at = text;
      return;
    case 3:
    case 4: {
      const std::string pivot = random() % 4 == 0 ? text : *at;
      const auto found = std::find(model.begin(), model.end(), pivot);
      ASSERT_EQ(list.insert(pivot, back ? ListSide::kAfter : ListSide::kBefore, text, limits), found != model.end());
      if (found != model.end()) model.insert(found + (back ? 1 : 0), text);
      return;
    }
    case 5: {
      const std::string gone = *at;
      const auto expected = static_cast<uint64_t>(std::count(model.begin(), model.end(), gone));
      ASSERT_EQ(list.remove(gone, UINT64_MAX, back ? ListEnd::kBack : ListEnd::kFront, limits), expected);
      model.erase(std::remove(model.begin(), model.end(), gone), model.end());
      return;
    }
    case 6: {
      const size_t count = std::min<size_t>(1 + random() % 3, model.size());
      list.pop(back ? ListEnd::kBack : ListEnd::kFront, count, limits);
      const auto from = back ? model.end() - static_cast<ptrdiff_t>(count) : model.begin();
      model.erase(from, from + static_cast<ptrdiff_t>(count));
      return;
    }
    case 7: {
      const size_t count = std::min<size_t>(random() % 20 == 0 ? 500 : random() % 8, model.size() - index);
      list.erase_range(index, count, limits);
      model.erase(at, at + static_cast<ptrdiff_t>(count));
      return;
    }
    case 8: {
      const std::string moved = back ? model.back() : model.front();
      const bool to_back = random() % 2 == 0;
      list.rotate(back ? ListEnd::kBack : ListEnd::kFront, to_back ? ListEnd::kBack : ListEnd::kFront, moved, limits);
      model.erase(back ? model.end() - 1 : model.begin());
      model.insert(to_back ? model.end() : model.begin(), moved);
      return;
    }
    default: {
      List twin = list.copy();
      list.destroy();
      list = List::from_word(twin.word());
    }
  }
}

TEST(List, FollowsTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  structures::flush_memory_count();
  const int64_t before = structures::allocated_bytes();
  for (const ListLimits limits : {ListLimits{-1, 0}, ListLimits{-2, 1}, ListLimits{16, 0}, ListLimits{100, 2}}) {
    List list = List::make();
    Model model;
    for (int i = 0; i < 800; ++i) {
      ASSERT_NO_FATAL_FAILURE(change(list, model, limits, random));
      if (model.size() > 700) {
        list.erase_range(3, 650, limits);
        model.erase(model.begin() + 3, model.begin() + 653);
      }
      ASSERT_EQ(list.size(), model.size());
      ASSERT_EQ(list.empty(), model.empty());
      ASSERT_EQ(texts(list, 0, ListEnd::kBack), model);
      ASSERT_EQ(texts(list, -1, ListEnd::kFront), Model(model.rbegin(), model.rend()));
      ASSERT_FALSE(list.at(static_cast<int64_t>(model.size())).valid());
    }
    list.destroy();
  }
  structures::flush_memory_count();
  EXPECT_EQ(structures::allocated_bytes(), before);
}

}  // namespace
}  // namespace values
