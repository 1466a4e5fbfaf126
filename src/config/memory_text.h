// Amounts of memory as CONFIG REWRITE writes them.
#pragma once

#include <cstdint>
#include <string>

namespace config {

// The largest unit that divides `bytes` without a rest: 1gb, 1536mb, 1500.
std::string memory_text(int64_t bytes);
std::string memory_text(uint64_t bytes);

}  // namespace config
