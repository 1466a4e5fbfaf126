// Goal: an entry gives back what it was made of, in every layout: short and long keys, near and far expiries, every
// form of value.
// Method: each combination at the edges of the layouts, changed in place and moved; pools checked against a model.
#include "keyspace/entry.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "structures/memory.h"

namespace keyspace {
namespace {

constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
const std::vector<int64_t> kExpiries = {Entry::kNoExpiry, 0,        1,   1'790'000'000'000, (int64_t{1} << 48) - 1,
                                        int64_t{1} << 48, kFar - 1, kFar};

std::vector<std::string> keys() {
  std::vector<std::string> made = {""};
  for (const size_t size : {1, 16, 253, 254, 255, 256, 70'000}) made.emplace_back(size, 'k');
  return made;
}

std::vector<std::string> texts() {
  std::vector<std::string> made = {"", "0", "-1", "9223372036854775807", "00", "-0", "9223372036854775808"};
  for (const size_t size : {1, 64, 254, 255, 256, 8191, 8192, 8193, 100'000}) made.emplace_back(size, 'v');
  return made;
}

std::string text_of(const Entry& entry) {
  TextBuffer buffer;
  return std::string(entry.text(buffer));
}

class EntryTest : public testing::Test {
 protected:
};

TEST_F(EntryTest, GivesBackWhatItWasMadeOf) {
  for (const std::string& key : keys()) {
    for (const std::string& text : texts()) {
      for (const int64_t expiry : kExpiries) {
        Entry* entry = Entry::create(key, text, expiry);
        EXPECT_EQ(entry->key(), key);
        EXPECT_EQ(text_of(*entry), text);
        EXPECT_EQ(entry->expiry_ms(), expiry);
        EXPECT_EQ(entry->has_expiry(), expiry != Entry::kNoExpiry);
        EXPECT_EQ(entry->type(), Type::kString);
        EXPECT_FALSE(entry->touched());
        EXPECT_EQ(entry->access(), 0U);
        Entry::destroy(entry);
      }
    }
  }
}

TEST_F(EntryTest, AccessBitsDisturbNothing) {
  Entry* entry = Entry::create("key", "value", 5);
  entry->set_access(0xffff'ffff);
  EXPECT_EQ(entry->access(), Entry::kAccessMask);
  EXPECT_EQ(text_of(*entry), "value");
  EXPECT_EQ(entry->expiry_ms(), 5);
  EXPECT_FALSE(entry->touched());
  entry->mark_touched();
  entry->mark_raw();
  EXPECT_TRUE(entry->touched());
  EXPECT_TRUE(entry->raw());
  EXPECT_EQ(entry->access(), Entry::kAccessMask);
  EXPECT_EQ(entry->form(), Entry::Form::kShort);
  Entry::destroy(entry);
}

TEST_F(EntryTest, AnExpiryMovesInPlaceWhereItFits) {
  for (const std::string& key : keys()) {
    for (const int64_t first : kExpiries) {
      for (const int64_t then : kExpiries) {
        if (first == Entry::kNoExpiry || then == Entry::kNoExpiry) continue;
        Entry* entry = Entry::create(key, "value", first);
        const bool far = then >> 48 != 0;
        EXPECT_EQ(entry->holds_expiry(then), !far || key.size() > 254 || first >> 48 != 0);
        if (entry->holds_expiry(then)) {
          entry->move_expiry(then);
          EXPECT_EQ(entry->expiry_ms(), then);
        }
        EXPECT_EQ(entry->key(), key);
        EXPECT_EQ(text_of(*entry), "value");
        Entry::destroy(entry);
      }
    }
  }
}

TEST_F(EntryTest, MovesAndCopiesKeepValueAndBits) {
  for (const std::string& text : texts()) {
    for (const int64_t expiry : kExpiries) {
      Entry* entry = Entry::create("from", text, 7);
      entry->set_access(12345);
      entry->mark_touched();
      Entry* copy = Entry::copy(*entry, std::string(300, 'c'), expiry);
      Entry* moved = Entry::move(entry, "to", expiry);
      for (const Entry* each : {copy, moved}) {
        EXPECT_EQ(text_of(*each), text);
        EXPECT_EQ(each->expiry_ms(), expiry);
        EXPECT_EQ(each->access(), 12345U);
        EXPECT_TRUE(each->touched());
      }
      EXPECT_EQ(moved->key(), "to");
      Entry::destroy(copy);
      Entry::destroy(moved);
    }
  }
}

TEST_F(EntryTest, OverwritesInPlaceOnlyWhatFits) {
  for (const std::string& first : texts()) {
    for (const std::string& then : texts()) {
      for (const int64_t expiry : kExpiries) {
        Entry* entry = Entry::create("key", first, 9);
        if (entry->overwrite(then, expiry)) {
          EXPECT_EQ(text_of(*entry), then);
          EXPECT_EQ(entry->expiry_ms(), expiry);
        } else {
          EXPECT_EQ(text_of(*entry), first);
          EXPECT_EQ(entry->expiry_ms(), 9);
        }
        Entry::destroy(entry);
      }
    }
  }
}

}  // namespace
}  // namespace keyspace
