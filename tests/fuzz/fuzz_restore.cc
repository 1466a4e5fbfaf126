// Fuzzes RESTORE: what it accepts must be a value that every command can read and change, and that DUMP writes so that
// RESTORE takes it again and DUMP then says the same.
//
// Input    a byte that chooses the RDB version, then a value as RDB has it. The harness adds version and checksum.
// Limits   as fuzz_commands.cc's.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/words.h"
#include "fuzz/payload_mutator.h"
#include "fuzz/server_connection.h"
#include "rdb/payload.h"

namespace {

using Words = std::vector<std::string>;

constexpr std::array<uint16_t, 4> kVersions{80, 12, 11, 9};

// What a bulk string holds.
std::string bulk_of(const std::string& reply) {
  const size_t end = reply.find("\r\n");
  if (!reply.starts_with('$') || end == reply.npos || reply.size() < end + 4) return {};
  return reply.substr(end + 2, reply.size() - end - 4);
}

// The names in a reply to XINFO GROUPS or CONSUMERS.
Words names_in(const std::string& reply) {
  constexpr std::string_view kBefore = "$4\r\nname\r\n$";
  Words names;
  for (size_t at = reply.find(kBefore); at != reply.npos; at = reply.find(kBefore, at)) {
    at += kBefore.size();
    const size_t size = std::strtoull(reply.c_str() + at, nullptr, 10);
    const size_t begin = reply.find("\r\n", at) + 2;
    if (begin + size > reply.size()) break;
    names.push_back(reply.substr(begin, size));
    at = begin + size;
  }
  return names;
}

// What reads and changes the values of all types.
constexpr std::array<std::string_view, 45> kCommands{"type k",
                                                     "object encoding k",
                                                     "memory usage k",
                                                     "strlen k",
                                                     "append k x",
                                                     "llen k",
                                                     "lrange k 0 -1",
                                                     "lpos k x",
                                                     "lset k 0 y",
                                                     "linsert k before y z",
                                                     "rpop k 2",
                                                     "lpush k a b c",
                                                     "ltrim k 1 -2",
                                                     "lrem k 1 a",
                                                     "scard k",
                                                     "smembers k",
                                                     "srandmember k 3",
                                                     "sadd k 70000 abc",
                                                     "spop k",
                                                     "smove k k2 abc",
                                                     "sscan k 0",
                                                     "hlen k",
                                                     "hgetall k",
                                                     "hscan k 0",
                                                     "hset k f v",
                                                     "hrandfield k 3 withvalues",
                                                     "hexpire k 100 fields 1 f",
                                                     "hdel k f",
                                                     "zcard k",
                                                     "zrange k 0 -1 withscores",
                                                     "zscan k 0",
                                                     "zadd k 1.5 m 2 n",
                                                     "zincrby k 1 m",
                                                     "zrangebyscore k -inf +inf",
                                                     "zpopmin k 1",
                                                     "zremrangebyrank k 0 0",
                                                     "xlen k",
                                                     "xrange k - +",
                                                     "xrevrange k + -",
                                                     "xinfo stream k full count 0",
                                                     "xadd k * a b",
                                                     "xtrim k maxlen 3",
                                                     "xreadgroup group g c count 3 streams k >",
                                                     "xautoclaim k g c 0 0",
                                                     "copy k k3 replace"};

void fail(const std::string& what, const std::string& first, const std::string& second) {
  std::fprintf(stderr, "%s\n%s\n%s\n", what.c_str(), base::quote_word(first).c_str(), base::quote_word(second).c_str());
  std::abort();
}

// Whether two values are the same but for the order of a hash table's elements.
bool same_value(const std::string& first, const std::string& second) {
  if (first == second) return true;
  const bool unordered = first[0] == '\x02' || first[0] == '\x04' || first[0] == '\x16';
  return unordered && first.size() == second.size() && first[0] == second[0];
}

void check_dump(fuzz::ServerConnection& connection) {
  connection.run({"dump", "k"});
  const std::string first = bulk_of(connection.reply());
  connection.run({"restore", "again", "0", first, "replace"});
  if (connection.reply() != "+OK\r\n") fail("its own DUMP is refused: " + connection.reply(), first, "");
  // It may have a smaller encoding now, and keeps that.
  connection.run({"dump", "again"});
  const std::string second = bulk_of(connection.reply());
  connection.run({"restore", "again", "0", second, "replace"});
  connection.run({"dump", "again"});
  if (!same_value(second, bulk_of(connection.reply()))) fail("DUMP changed", second, bulk_of(connection.reply()));
}

// Each consumer and each group goes, as if it were the only owner of what it has.
void end_groups(fuzz::ServerConnection& connection) {
  connection.run({"xinfo", "groups", "k"});
  for (const std::string& group : names_in(connection.reply())) {
    connection.run({"xpending", "k", group, "-", "+", "10"});
    connection.run({"xinfo", "consumers", "k", group});
    for (const std::string& consumer : names_in(connection.reply())) {
      connection.run({"xreadgroup", "group", group, consumer, "streams", "k", "0"});
      connection.run({"xclaim", "k", group, consumer, "0", "1-1", "force"});
      connection.run({"xgroup", "delconsumer", "k", group, consumer});
    }
    connection.run({"xgroup", "destroy", "k", group});
  }
}

void run_input(server::Server& server, std::string_view input) {
  fuzz::ServerConnection connection(server);
  const uint16_t version = kVersions[static_cast<uint8_t>(input[0]) % kVersions.size()];
  std::string payload(input.substr(1));
  rdb::seal_payload(payload, version);
  connection.run({"restore", "k", "0", payload});
  if (connection.reply() == "+OK\r\n") {
    check_dump(connection);
    connection.run({"copy", "k", "whole"});
    end_groups(connection);
    for (const std::string_view line : kCommands) connection.run(*base::split_words(std::string(line)));
    connection.run({"rename", "whole", "k"});
    // The other way round: what shrinks comes before what grows.
    for (size_t at = kCommands.size(); at-- > 0;) connection.run(*base::split_words(std::string(kCommands[at])));
  } else {
    connection.run({"exists", "k"});
    if (connection.reply() != ":0\r\n") fail("a refused payload left a key", payload, "");
  }
  CHECK(connection.run({"flushall", "sync"}));
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  base::Random random(seed);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string changed(1, size > 0 && random.below(16) != 0 ? input[0] : static_cast<char>(random.below(256)));
  changed += fuzz::mutate_value(input.substr(std::min<size_t>(size, 1)), random);
  if (changed.size() > max_size) changed.resize(max_size);
  std::copy(changed.begin(), changed.end(), data);
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  fuzz::run_on_worker([&](server::Server& server) { run_input(server, input); });
  return 0;
}
