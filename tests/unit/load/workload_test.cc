// Goal: the load generator accepts exactly the right reply, wherever the network splits it.
// Method: every proper prefix of a right reply must read as incomplete, the whole as right, and any changed byte
// must be found by the time the reply is whole. The replies are written out here, not made by the code under test.
#include "load/workload.h"

#include <gtest/gtest.h>

namespace load {
namespace {

Options with_value_size(uint64_t bytes) {
  Options options;
  options.value_size = bytes;
  return options;
}

Workload make(std::string_view name, const Options& options) {
  auto made = Workload::make(name, options);
  EXPECT_TRUE(made) << name;
  return std::move(*made);
}

std::string ask(const Workload& workload, std::initializer_list<uint64_t> keys) {
  std::string request = workload.pattern();
  size_t slot = 0;
  for (const uint64_t key : keys) workload.place(request.data(), slot++, key);
  return request;
}

void expect_only(const Workload& workload, const std::string& request, const std::string& reply,
                 Check::Verdict verdict) {
  for (size_t bytes = 0; bytes < reply.size(); ++bytes) {
    EXPECT_EQ(workload.check(reply.substr(0, bytes), request.data()).verdict, Check::kIncomplete) << reply << bytes;
  }
  const Check whole = workload.check(reply + "+NEXT", request.data());
  EXPECT_EQ(whole.verdict, verdict) << reply;
  EXPECT_EQ(whole.bytes, reply.size());
}

void expect_no_byte_free(const Workload& workload, const std::string& request, const std::string& reply) {
  for (size_t index = 0; index < reply.size(); ++index) {
    std::string changed = reply;
    changed[index] = changed[index] == '#' ? '%' : '#';
    EXPECT_EQ(workload.check(changed, request.data()).verdict, Check::kWrong) << changed;
  }
}

TEST(Workload, WritesTheKeyIntoNameAndValue) {
  const Options options = with_value_size(16);
  EXPECT_EQ(ask(make("get", options), {1234}), "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000001234\r\n");
  const std::string set = ask(make("set", options), {1234});
  EXPECT_EQ(set.substr(0, set.size() - 5), "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000001234\r\n$16\r\nv000000001234");
}

TEST(Workload, StoresIntegersThatAreCanonical) {
  Options options;
  options.integers = true;
  const std::string set = ask(make("set", options), {42});
  EXPECT_EQ(set, "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000042\r\n$13\r\n1000000000042\r\n");
}

TEST(Workload, SetsATimeToLiveOfFiveDigits) {
  Random random(1);
  const Workload workload = make("set_ex", with_value_size(16));
  std::string request = ask(workload, {7});
  workload.place_ttl(request.data(), random);
  const size_t at = request.find("$2\r\nEX\r\n$5\r\n");
  ASSERT_NE(at, std::string::npos);
  const std::string digits = request.substr(at + 12, 5);
  EXPECT_EQ(digits.find_first_not_of("0123456789"), std::string::npos) << digits;
  EXPECT_NE(digits[0], '0');
  EXPECT_EQ(request.substr(at + 17), "\r\n");
}

TEST(Workload, TakesOnlyTheKeysOwnValue) {
  const Workload workload = make("get", with_value_size(13));
  const std::string request = ask(workload, {5});
  const std::string reply = "$13\r\nv000000000005\r\n";
  expect_only(workload, request, reply, Check::kGood);
  expect_no_byte_free(workload, request, reply);
  EXPECT_EQ(workload.check("$13\r\nv000000000006\r\n", request.data()).verdict, Check::kWrong);
  expect_only(workload, request, "$-1\r\n", Check::kMissing);
  EXPECT_EQ(workload.check("-ERR no\r\n", request.data()).verdict, Check::kWrong);
  EXPECT_EQ(workload.check("$130", request.data()).verdict, Check::kWrong);
}

TEST(Workload, TakesArraysValueByValue) {
  Options options = with_value_size(13);
  options.batch = 2;
  const Workload workload = make("mget", options);
  const std::string request = ask(workload, {5, 6});
  const std::string reply = "*2\r\n$13\r\nv000000000005\r\n$13\r\nv000000000006\r\n";
  expect_only(workload, request, reply, Check::kGood);
  expect_no_byte_free(workload, request, reply);
  expect_only(workload, request, "*2\r\n$-1\r\n$13\r\nv000000000006\r\n", Check::kMissing);
  EXPECT_EQ(workload.check("*2\r\n$13\r\nv000000000006\r\n", request.data()).verdict, Check::kWrong);
}

TEST(Workload, TakesStatusAndIntegerReplies) {
  expect_only(make("set", Options{}), "", "+OK\r\n", Check::kGood);
  expect_no_byte_free(make("set", Options{}), "", "+OK\r\n");
  const Workload incr = make("incr", Options{});
  expect_only(incr, "", ":1000000000043\r\n", Check::kGood);
  EXPECT_EQ(incr.check(":12x\r\n", "").verdict, Check::kWrong);
  EXPECT_EQ(incr.check("-ERR value is not an integer or out of range\r\n", "").verdict, Check::kWrong);
}

TEST(Workload, SendsTheWordsThatItIsGiven) {
  const Workload workload = Workload::from_words("SETID s {n}-0 ; GET a:{n}{n}");
  EXPECT_EQ(workload.keys_per_request(), 3U);
  EXPECT_EQ(ask(workload, {12, 345, 6}),
            "*3\r\n$5\r\nSETID\r\n$1\r\ns\r\n$14\r\n000000000012-0\r\n"
            "*2\r\n$3\r\nGET\r\n$26\r\na:000000000345000000000006\r\n");
}

TEST(Workload, TakesAnyRepliesToWordsButErrors) {
  const Workload workload = Workload::from_words("A ; B");
  for (const char* replies : {"+OK\r\n:5\r\n", "$-1\r\n$2\r\n\r\n\r\n", "*-1\r\n*0\r\n",
                              "*2\r\n$1\r\na\r\n*2\r\n:1\r\n*-1\r\n$3\r\nabc\r\n"}) {
    expect_only(workload, "", replies, Check::kGood);
  }
  EXPECT_EQ(workload.check("+OK\r\n-ERR no\r\n", "").verdict, Check::kWrong);
  EXPECT_EQ(workload.check("*2\r\n:1\r\n-ERR no\r\n", "").verdict, Check::kWrong);
}

TEST(Workload, RefusesAnUnknownName) { EXPECT_FALSE(Workload::make("gets", Options{})); }

}  // namespace
}  // namespace load
