#include "server/memory_advice.h"

#include <fmt/format.h>

#include <iterator>

#include "base/numbers.h"
#include "base/words.h"

namespace server {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

std::string size(int64_t bytes) { return base::human_bytes(static_cast<uint64_t>(bytes)); }

int64_t percent(int64_t part, int64_t whole) { return whole == 0 ? 0 : part * 100 / whole; }

void judge_limit(const MemoryFacts& facts, std::string& text) {
  using Policy = config::MaxmemoryPolicy;
  auto out = std::back_inserter(text);
  if (facts.limit == 0) {
    if (percent(facts.used, facts.system) < 50) return;
    fmt::format_to(out,
                   " * No limit: {} of the machine's {} are in use, and maxmemory is 0. Set it, to `auto` at best.\n",
                   size(facts.used), size(facts.system));
    return;
  }
  if (facts.limit > facts.system) {
    fmt::format_to(out, " * Limit: maxmemory is {}, the machine has {}. Set it to `auto` or less than that.\n",
                   size(facts.limit), size(facts.system));
  }
  if (percent(facts.used, facts.limit) < 90) return;
  const bool only_expiring = facts.policy == Policy::kVolatileLru || facts.policy == Policy::kVolatileLfu ||
                             facts.policy == Policy::kVolatileRandom || facts.policy == Policy::kVolatileTtl;
  if (facts.policy == Policy::kNoeviction) {
    fmt::format_to(out, " * Nearly full: {} of {}, and with maxmemory-policy noeviction writes will be refused.\n",
                   size(facts.used), size(facts.limit));
  } else if (only_expiring && facts.expiring_keys < facts.keys / 10) {
    fmt::format_to(
        out,
        " * Nearly full: {} of {}, and only {} of {} keys expire: maxmemory-policy evicts no others. Let more "
        "of them expire, or choose a policy of allkeys.\n",
        size(facts.used), size(facts.limit), facts.expiring_keys, facts.keys);
  }
}

void judge_waste(const MemoryFacts& facts, std::string& text) {
  auto out = std::back_inserter(text);
  if (percent(facts.peak, facts.used) > 150 && facts.peak - facts.used > 10 * kMegabyte) {
    fmt::format_to(out, " * Peak: {} were in use once, {} are now. What is resident may stay near the peak.\n",
                   size(facts.peak), size(facts.used));
  }
  const int64_t kept = facts.committed - facts.used;
  if (percent(kept, facts.used) > 40 && kept > 10 * kMegabyte) {
    fmt::format_to(out,
                   " * Fragmentation: the allocator keeps {} beside the {} in use. MEMORY PURGE gives back what is "
                   "free as whole pages.\n",
                   size(kept), size(facts.used));
  }
  const int64_t other = facts.resident - facts.committed;
  if (percent(other, facts.used) > 40 && other > 50 * kMegabyte) {
    fmt::format_to(out,
                   " * Resident: {} more than all that was allocated. Huge pages may be the reason: see "
                   "/sys/kernel/mm/transparent_hugepage/enabled.\n",
                   size(other));
  }
}

void judge_holders(const MemoryFacts& facts, std::string& text) {
  auto out = std::back_inserter(text);
  if (percent(facts.clients, facts.used) > 20 && facts.clients > 10 * kMegabyte) {
    fmt::format_to(out,
                   " * Clients: the buffers of {} clients hold {}, {}% of all. CLIENT LIST tells whose (tot-mem); "
                   "maxmemory-clients bounds them.\n",
                   facts.client_count, size(facts.clients), percent(facts.clients, facts.used));
  }
  if (facts.script_count > 1000 || facts.scripts > 64 * kMegabyte) {
    fmt::format_to(out,
                   " * Scripts: {} are kept, in {}. Pass what changes in KEYS and ARGV, not in the text; SCRIPT "
                   "FLUSH forgets them.\n",
                   facts.script_count, size(facts.scripts));
  }
  if (percent(facts.largest_key, facts.dataset) > 20 && facts.largest_key > 64 * kMegabyte) {
    fmt::format_to(out, " * Large key: {} of database {} holds {}, {}% of the data. MEMORY TOP lists the largest.\n",
                   base::quote_word(facts.largest_key_name), facts.largest_key_database, size(facts.largest_key),
                   percent(facts.largest_key, facts.dataset));
  }
}

}  // namespace

std::string memory_advice(const MemoryFacts& facts) {
  if (facts.used < 5 * kMegabyte) {
    return "This server holds less than 5 MB: too little to judge how its memory is used.\n";
  }
  std::string text;
  judge_limit(facts, text);
  judge_waste(facts, text);
  judge_holders(facts, text);
  return text.empty() ? "Nothing is wrong with the memory of this server.\n" : "Found in the memory:\n" + text;
}

}  // namespace server
