// What MEMORY DOCTOR says: what is amiss with the server's memory, by how much, and what to do about it.
//
// Threads  none of its own: a function of figures.
#pragma once

#include <cstdint>
#include <string>

#include "config/choices.h"

namespace server {

// Bytes, unless the name says otherwise.
struct MemoryFacts {
  int64_t used = 0;
  int64_t peak = 0;
  int64_t resident = 0;
  int64_t committed = 0;  // what the allocator holds, with what it keeps for later
  int64_t dataset = 0;
  int64_t clients = 0;
  int64_t client_count = 0;
  int64_t scripts = 0;
  int64_t script_count = 0;
  int64_t limit = 0;   // maxmemory; 0: none
  int64_t system = 0;  // of the machine
  config::MaxmemoryPolicy policy = config::MaxmemoryPolicy::kNoeviction;
  uint64_t keys = 0;           // a number
  uint64_t expiring_keys = 0;  // a number
  int64_t largest_key = 0;
  std::string largest_key_name;
  uint32_t largest_key_database = 0;
};

// Lines, each about one thing that is amiss; or one line that says that nothing is.
std::string memory_advice(const MemoryFacts& facts);

}  // namespace server
