// Goal: MEMORY DOCTOR speaks of what is amiss, with its figures, and of nothing else.
// Method: one sound set of figures, of which each test changes what it is about.
#include "server/memory_advice.h"

#include <gtest/gtest.h>

namespace {

using server::memory_advice;
using server::MemoryFacts;

constexpr int64_t kMb = 1 << 20;
constexpr std::string_view kSound = "Nothing is wrong with the memory of this server.\n";

MemoryFacts sound() {
  return {.used = 100 * kMb,
          .peak = 110 * kMb,
          .resident = 120 * kMb,
          .committed = 115 * kMb,
          .dataset = 90 * kMb,
          .clients = kMb,
          .client_count = 50,
          .scripts = kMb,
          .script_count = 10,
          .limit = 200 * kMb,
          .system = 1000 * kMb,
          .keys = 1'000'000,
          .expiring_keys = 10,
          .largest_key = kMb,
          .largest_key_name = "some"};
}

void expect_line(const MemoryFacts& facts, std::string_view line) {
  EXPECT_EQ(memory_advice(facts), "Found in the memory:\n" + std::string(line));
}

TEST(MemoryAdvice, SaysNothingWhereNothingIsAmiss) {
  EXPECT_EQ(memory_advice(sound()), kSound);
  MemoryFacts facts = sound();
  facts.limit = 0;
  EXPECT_EQ(memory_advice(facts), kSound);
  facts.used = kMb;
  EXPECT_EQ(memory_advice(facts), "This server holds less than 5 MB: too little to judge how its memory is used.\n");
}

TEST(MemoryAdvice, LimitsThatDoNotBound) {
  MemoryFacts facts = sound();
  facts.limit = 0;
  facts.system = 150 * kMb;
  expect_line(facts,
              " * No limit: 100.00M of the machine's 150.00M are in use, and maxmemory is 0. Set it, to `auto` at "
              "best.\n");
  facts.limit = 160 * kMb;
  expect_line(facts, " * Limit: maxmemory is 160.00M, the machine has 150.00M. Set it to `auto` or less than that.\n");
}

TEST(MemoryAdvice, NearlyFullMattersWhereNothingCanGo) {
  MemoryFacts facts = sound();
  facts.limit = 105 * kMb;
  expect_line(facts,
              " * Nearly full: 100.00M of 105.00M, and with maxmemory-policy noeviction writes will be refused.\n");
  facts.policy = config::MaxmemoryPolicy::kVolatileLru;
  expect_line(facts,
              " * Nearly full: 100.00M of 105.00M, and only 10 of 1000000 keys expire: maxmemory-policy evicts no "
              "others. Let more of them expire, or choose a policy of allkeys.\n");
  facts.expiring_keys = 500'000;
  EXPECT_EQ(memory_advice(facts), kSound);
  facts.policy = config::MaxmemoryPolicy::kAllkeysLru;
  EXPECT_EQ(memory_advice(facts), kSound);
}

TEST(MemoryAdvice, WhatIsHeldBesideTheData) {
  MemoryFacts facts = sound();
  facts.peak = 300 * kMb;
  expect_line(facts, " * Peak: 300.00M were in use once, 100.00M are now. What is resident may stay near the peak.\n");
  facts = sound();
  facts.committed = facts.resident = 160 * kMb;
  expect_line(facts,
              " * Fragmentation: the allocator keeps 60.00M beside the 100.00M in use. MEMORY PURGE gives back what is "
              "free as whole pages.\n");
  facts = sound();
  facts.resident = 215 * kMb;
  expect_line(facts,
              " * Resident: 100.00M more than all that was allocated. Huge pages may be the reason: see "
              "/sys/kernel/mm/transparent_hugepage/enabled.\n");
}

TEST(MemoryAdvice, WhoHoldsTooMuch) {
  MemoryFacts facts = sound();
  facts.clients = 25 * kMb;
  expect_line(facts,
              " * Clients: the buffers of 50 clients hold 25.00M, 25% of all. CLIENT LIST tells whose (tot-mem); "
              "maxmemory-clients bounds them.\n");
  facts = sound();
  facts.script_count = 5000;
  expect_line(facts,
              " * Scripts: 5000 are kept, in 1.00M. Pass what changes in KEYS and ARGV, not in the text; SCRIPT FLUSH "
              "forgets them.\n");
  facts = sound();
  facts.largest_key = 70 * kMb;
  facts.largest_key_name = "a \"b\"\n";
  facts.largest_key_database = 3;
  expect_line(facts,
              " * Large key: \"a \\\"b\\\"\\n\" of database 3 holds 70.00M, 77% of the data. MEMORY TOP lists the "
              "largest.\n");
}

}  // namespace
