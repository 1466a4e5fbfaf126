// Goal: a value that no command could have made is refused, whatever its lengths and checksums say.
// Method: each value is made whole first, which is read, and then wrong in one point.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <utility>
#include <vector>

#include "rdb/output.h"
#include "rdb/read_value.h"
#include "values/stream.h"

namespace rdb {
namespace {

using structures::Listpack;

constexpr Limits kLimits{.list = {-2, 0}, .set = {512, 128, 64}, .sorted_set = {128, 64}, .hash = {512, 64}};

bool is_read(const std::string& bytes, uint16_t version = kVersion) {
  Input input(bytes);
  return static_cast<bool>(read_value(input, version, kLimits));
}

std::string_view reason(const std::string& bytes) {
  Input input(bytes);
  const auto value = read_value(input, kVersion, kLimits);
  return value ? "" : value.error().text();
}

std::string listpack(std::initializer_list<std::string_view> texts) {
  Listpack pack = Listpack::make();
  for (const std::string_view text : texts) pack.append(text);
  std::string bytes(pack.bytes());
  pack.destroy();
  return bytes;
}

std::string of_text(ValueType type, std::string_view text) {
  std::string bytes;
  Output out(bytes, true);
  out.type(type);
  out.text(text);
  return bytes;
}

std::string of_texts(ValueType type, std::initializer_list<std::string_view> texts, uint64_t count) {
  std::string bytes;
  Output out(bytes, true);
  out.type(type);
  out.length(count);
  for (const std::string_view text : texts) out.text(text);
  return bytes;
}

TEST(Refused, SetsWithAMemberTwice) {
  EXPECT_TRUE(is_read(of_text(ValueType::kSetListpack, listpack({"a", "b", "5"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSetListpack, listpack({"a", "b", "a"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSetListpack, listpack({"5", "b", "5"}))));
  EXPECT_TRUE(is_read(of_texts(ValueType::kSet, {"a", "b"}, 2)));
  EXPECT_FALSE(is_read(of_texts(ValueType::kSet, {"a", "a"}, 2)));
  EXPECT_FALSE(is_read(of_texts(ValueType::kSet, {"1", "1"}, 2)));
  EXPECT_FALSE(is_read(of_texts(ValueType::kSet, {"a", "b"}, 3)));
}

TEST(Refused, IntsetsOutOfOrderOrOfNoWidth) {
  const auto intset = [](uint32_t width, uint32_t count, std::initializer_list<int16_t> members) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &width, 4);
    std::memcpy(bytes.data() + 4, &count, 4);
    for (const int16_t member : members) bytes.append(reinterpret_cast<const char*>(&member), 2);
    return of_text(ValueType::kSetIntset, bytes);
  };
  EXPECT_TRUE(is_read(intset(2, 3, {-5, 1, 7})));
  EXPECT_FALSE(is_read(intset(2, 3, {1, -5, 7})));
  EXPECT_FALSE(is_read(intset(2, 3, {1, 1, 7})));
  EXPECT_FALSE(is_read(intset(2, 2, {-5, 1, 7})));
  EXPECT_FALSE(is_read(intset(2, 4, {-5, 1, 7})));
  EXPECT_FALSE(is_read(intset(3, 2, {-5, 1, 7})));
  EXPECT_FALSE(is_read(intset(2, 0, {})));
  EXPECT_FALSE(is_read(intset(4, 0x80000000U, {})));
}

TEST(Refused, HashesWithAFieldTwiceOrWithoutItsValue) {
  EXPECT_TRUE(is_read(of_text(ValueType::kHashListpack, listpack({"a", "x", "b", "x"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kHashListpack, listpack({"a", "x", "a", "y"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kHashListpack, listpack({"a", "x", "b"}))));
  EXPECT_TRUE(is_read(of_texts(ValueType::kHash, {"a", "x", "b", "x"}, 2)));
  EXPECT_FALSE(is_read(of_texts(ValueType::kHash, {"a", "x", "a", "x"}, 2)));
  EXPECT_FALSE(is_read(of_texts(ValueType::kHash, {"a", "x", "b"}, 2)));
  std::string expiring(8, '\0');
  EXPECT_TRUE(
      is_read(std::string("\x19") + expiring + of_text(ValueType::kString, listpack({"a", "x", "5"})).substr(1), 12));
  EXPECT_FALSE(
      is_read(std::string("\x19") + expiring + of_text(ValueType::kString, listpack({"a", "x"})).substr(1), 12));
  EXPECT_FALSE(
      is_read(std::string("\x19") + expiring + of_text(ValueType::kString, listpack({"a", "x", "y"})).substr(1), 12));
  EXPECT_FALSE(
      is_read(std::string("\x19") + expiring + of_text(ValueType::kString, listpack({"a", "x", "-1"})).substr(1), 12));
}

TEST(Refused, SortedSetsOutOfOrderOrWithAMemberTwiceOrWithoutANumber) {
  EXPECT_TRUE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"a", "1", "b", "1", "c", "2.5"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"a", "1", "b", "0.5"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"b", "1", "a", "1"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"a", "1", "a", "2"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"a", "nan"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"a", "x"}))));
  EXPECT_FALSE(is_read(of_text(ValueType::kSortedSetListpack, listpack({"a", "1", "b"}))));
  const auto scored = [](uint64_t count, std::initializer_list<std::pair<std::string_view, double>> members) {
    std::string bytes;
    Output out(bytes, true);
    out.type(ValueType::kSortedSet);
    out.length(count);
    for (const auto& [member, score] : members) {
      out.text(member);
      out.score(score);
    }
    return bytes;
  };
  EXPECT_TRUE(is_read(scored(2, {{"a", 2}, {"b", 1}})));
  EXPECT_FALSE(is_read(scored(2, {{"a", 2}, {"a", 1}})));
  EXPECT_FALSE(is_read(scored(1, {{"a", std::nan("")}})));
  EXPECT_FALSE(is_read(scored(3, {{"a", 2}, {"b", 1}})));
}

TEST(Refused, CollectionsWithoutElementsButStreams) {
  EXPECT_EQ(reason(of_text(ValueType::kHashListpack, listpack({}))), kEmpty.text());
  EXPECT_EQ(reason(of_text(ValueType::kSortedSetListpack, listpack({}))), kEmpty.text());
  EXPECT_EQ(reason(of_text(ValueType::kSetListpack, listpack({}))), kEmpty.text());
  for (const ValueType type : {ValueType::kList, ValueType::kSet, ValueType::kHash, ValueType::kSortedSet,
                               ValueType::kSortedSetText, ValueType::kListQuicklist, ValueType::kListQuicklist2}) {
    EXPECT_EQ(reason(of_texts(type, {}, 0)), kEmpty.text());
  }
}

TEST(Refused, ModulesAndUnknownTypesSayWhatTheyAre) {
  EXPECT_EQ(reason("\x07xyz"), kModuleValue.text());
  EXPECT_EQ(reason("\x06xyz"), kModuleValue.text());
  for (const int type : {8, 23, 24, 25, 26, 99, 255}) {
    EXPECT_EQ(reason(std::string(1, static_cast<char>(type)) + "xyz"), kUnknownType.text()) << type;
  }
  EXPECT_FALSE(
      is_read("\x16\x01\x01"
              "a\x01"
              "b\xff\xff\xff\xff\xff\xff\xff\xff",
              12));
  EXPECT_TRUE(
      is_read("\x16\x01\x01"
              "a\x01"
              "b\xff\xff\xff\xff\xff\xff\xff\xff",
              80));
}

// A stream with a group, of which each part can be made wrong.
struct StreamParts {
  struct Owner {
    std::string_view name;
    std::vector<values::StreamId> pending;
  };
  std::vector<values::StreamId> entries{{5, 1}, {5, 2}, {6, 0}};
  std::string flags = "2";  // of the second entry
  values::StreamId node_id{5, 1};
  uint64_t length = 3;
  std::string live = "3";
  values::StreamId last_id{7, 0};
  values::StreamId max_deleted;
  uint64_t entries_added = 3;
  std::vector<values::StreamId> pending{{5, 1}, {5, 2}};
  std::vector<Owner> owners{{"c", {{5, 2}}}, {"d", {{5, 1}}}};
  uint64_t entries_read = 2;
  int64_t delivered_ms = 17;
  uint64_t groups = 1;

  std::string node() const {
    Listpack pack = Listpack::make();
    for (const std::string_view text : {std::string_view(live), std::string_view("0"), std::string_view("1"),
                                        std::string_view("f"), std::string_view("0")}) {
      pack.append(text);
    }
    for (size_t at = 0; at < entries.size(); ++at) {
      pack.append(at == 1 ? std::string_view(flags) : std::string_view("2"));
      pack.append(static_cast<int64_t>(entries[at].ms - node_id.ms));
      pack.append(static_cast<int64_t>(entries[at].sequence - node_id.sequence));
      pack.append("value");
      pack.append("4");
    }
    std::string bytes(pack.bytes());
    pack.destroy();
    return bytes;
  }

  std::string bytes() const {
    std::string made;
    Output out(made, true);
    out.type(ValueType::kStream3);
    out.length(1);
    std::string id;
    Output(id, false).sortable(node_id);
    out.text(id);
    out.text(node());
    out.length(length);
    out.length_pair(last_id);
    out.length_pair(entries.front());
    out.length_pair(max_deleted);
    out.length(entries_added);
    out.length(groups);
    for (uint64_t left = groups; left > 0; --left) {
      out.text(std::string_view("group"));
      out.length_pair({6, 0});
      out.length(entries_read);
      out.length(pending.size());
      for (const values::StreamId one : pending) {
        out.sortable(one);
        out.milliseconds(delivered_ms);
        out.length(1);
      }
      out.length(owners.size());
      for (const Owner& owner : owners) {
        out.text(owner.name);
        out.milliseconds(20);
        out.milliseconds(-1);
        out.length(owner.pending.size());
        for (const values::StreamId one : owner.pending) out.sortable(one);
      }
    }
    return made;
  }
};

bool is_read_with(void (*change)(StreamParts& parts)) {
  StreamParts parts;
  change(parts);
  return is_read(parts.bytes());
}

TEST(Refused, StreamsWhoseCountsOrIdsAreWrong) {
  EXPECT_TRUE(is_read(StreamParts().bytes()));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.length = 2; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.live = "2"; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.live = "text"; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.entries_added = 2; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.entries_added = UINT64_MAX; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.last_id = {5, 9}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.max_deleted = {8, 0}; }));
  EXPECT_TRUE(is_read_with([](StreamParts& parts) { parts.max_deleted = {7, 0}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.entries[1] = {5, 1}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.entries[2] = {5, 0}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.entries[0] = {4, 9}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.flags = "3"; }));  // deleted, but counted as live
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.flags = "6"; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.flags = "0"; }));
}

TEST(Refused, PendingEntriesThatHaveNotExactlyOneConsumer) {
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.owners[0].pending = {{5, 1}}; }));          // both own it
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.owners[0].pending = {}; }));                // nobody does
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.owners[0].pending = {{5, 2}, {6, 0}}; }));  // not pending
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.owners[0].pending = {{5, 2}, {5, 2}}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.owners[1].name = "c"; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.pending = {{5, 2}, {5, 1}}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.pending = {{5, 1}, {5, 2}, {5, 2}}; }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.owners = {}; }));
  EXPECT_TRUE(is_read_with([](StreamParts& parts) {
    parts.owners = {};
    parts.pending = {};
  }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.groups = 2; }));  // of one name
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.entries_read = static_cast<uint64_t>(-2); }));
  EXPECT_TRUE(is_read_with([](StreamParts& parts) { parts.entries_read = static_cast<uint64_t>(-1); }));
  EXPECT_FALSE(is_read_with([](StreamParts& parts) { parts.delivered_ms = -1; }));
}

}  // namespace
}  // namespace rdb
