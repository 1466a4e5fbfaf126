// Goal: ids are read and written as the reference does, its quirks included; the count of radix tree nodes is exact.
// Method: pairs recorded from valkey-server 9.1.2; the count beside a trie that is built anew from all ids.
#include "values/stream_id.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../seed.h"
#include "structures/sorted_index.h"
#include "values/radix_count.h"

namespace values {
namespace {

using std::string_view_literals::operator""sv;

std::string spelled(std::optional<StreamId> id) {
  StreamIdBuffer buffer;
  return id ? std::string(format_stream_id(*id, buffer)) : "none";
}

TEST(StreamIdText, IsReadAsTheReferenceReadsIt) {
  const std::pair<std::string_view, std::string_view> kPairs[] = {
      {"5", "5-77"},
      {"5-3", "5-3"},
      {"05-1", "5-1"},
      {"+6-1", "6-1"},
      {" 8-1", "8-1"},
      {"7- 8", "7-8"},
      {"7-007", "7-7"},
      {"8--0", "8-0"},
      {"1--05", "1-18446744073709551611"},
      {"18446744073709551615-18446744073709551615", "18446744073709551615-18446744073709551615"},
      {"5-3\0junk"sv, "5-3"},
      {"8-1 ", "none"},
      {"1--5", "none"},
      {"-5", "none"},
      {"5-", "none"},
      {"5-*", "none"},
      {"-", "none"},
      {"+", "none"},
      {"", "none"},
      {"5-18446744073709551616", "none"},
      {"1-1-1", "none"},
  };
  for (const auto& [text, id] : kPairs) EXPECT_EQ(spelled(parse_stream_id(text, 77)), id) << text;
  EXPECT_EQ(spelled(parse_stream_id(std::string(126, '0') + "1", 0)), "1-0");
  EXPECT_EQ(spelled(parse_stream_id(std::string(127, '0') + "1", 0)), "none");
}

TEST(StreamIdText, OfANewEntryMayLeaveOutParts) {
  EXPECT_FALSE(parse_new_stream_id("*")->has_ms);
  EXPECT_TRUE(parse_new_stream_id("9-*")->has_ms);
  EXPECT_FALSE(parse_new_stream_id("9-*")->has_sequence);
  EXPECT_EQ(parse_new_stream_id("9-*")->id.ms, 9U);
  EXPECT_TRUE(parse_new_stream_id("9")->has_sequence);
  for (const std::string_view wrong : {"*-1", "**", "9-*x", "", "-*", "-", "+"}) {
    EXPECT_FALSE(parse_new_stream_id(wrong)) << wrong;
  }
}

TEST(StreamId, StepsOverTheEdgesOfTheSequence) {
  EXPECT_EQ(spelled(StreamId{1, UINT64_MAX}.next()), "2-0");
  EXPECT_EQ(spelled(StreamId{2, 0}.previous()), "1-18446744073709551615");
  EXPECT_EQ(spelled(StreamId::greatest().next()), "none");
  EXPECT_EQ(spelled(StreamId::least().previous()), "none");
}

struct Item {
  StreamId id;
};
struct ById {
  using Key = StreamId;
  static Key key_of(const Item& item) { return item.id; }
  static bool less(const Key& a, const Key& b) { return a < b; }
};

// The nodes of the tree over `ids`, which agree in their first `depth` bytes.
int nodes_below(const std::vector<StreamId>& ids, int depth) {
  if (depth == kStreamIdBytes) return 1;
  int parting = depth;
  while (parting < kStreamIdBytes && byte_of(ids.front(), parting) == byte_of(ids.back(), parting)) ++parting;
  int nodes = parting > depth ? 1 : 0;
  if (parting == kStreamIdBytes) return nodes + 1;
  ++nodes;
  for (size_t begin = 0; begin < ids.size();) {
    size_t end = begin;
    while (end < ids.size() && byte_of(ids[end], parting) == byte_of(ids[begin], parting)) ++end;
    nodes += nodes_below({ids.begin() + begin, ids.begin() + end}, parting + 1);
    begin = end;
  }
  return nodes;
}

TEST(RadixCount, MatchesATrieBuiltAnew) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 200; ++round) {
    structures::SortedIndex<Item, ById> index;
    std::set<StreamId> model;
    int nodes = 1;
    const auto draw = [&] {
      // Few values in a byte, so that ids share beginnings of all lengths.
      uint64_t half[2];
      for (uint64_t& bits : half) {
        bits = 0;
        for (int byte = 0; byte < 8; ++byte) bits = bits << 8 | (random() % 4 == 0 ? random() % 3 : 0);
      }
      return StreamId{half[0], half[1]};
    };
    for (int step = 0; step < 60; ++step) {
      StreamId id = draw();
      if (random() % 3 == 0 && !model.empty()) {
        if (const auto at = model.lower_bound(id); at != model.end()) id = *at;
        if (index.find(id) == nullptr) continue;
        nodes -= radix_nodes_of(index, id);
        index.erase(id);
        model.erase(id);
      } else if (model.insert(id).second) {
        index.insert({id});
        nodes += radix_nodes_of(index, id);
      }
      const std::vector<StreamId> ids(model.begin(), model.end());
      ASSERT_EQ(nodes, ids.empty() ? 1 : nodes_below(ids, 0));
    }
  }
}

}  // namespace
}  // namespace values
