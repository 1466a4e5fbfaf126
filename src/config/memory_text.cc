#include "config/memory_text.h"

namespace config {

std::string memory_text(uint64_t bytes) {
  constexpr uint64_t kKilobyte = 1024;
  constexpr uint64_t kMegabyte = 1024 * kKilobyte;
  constexpr uint64_t kGigabyte = 1024 * kMegabyte;
  if (bytes != 0 && bytes % kGigabyte == 0) return std::to_string(bytes / kGigabyte) + "gb";
  if (bytes != 0 && bytes % kMegabyte == 0) return std::to_string(bytes / kMegabyte) + "mb";
  if (bytes != 0 && bytes % kKilobyte == 0) return std::to_string(bytes / kKilobyte) + "kb";
  return std::to_string(bytes);
}

std::string memory_text(int64_t bytes) {
  return bytes < 0 ? std::to_string(bytes) : memory_text(static_cast<uint64_t>(bytes));
}

}  // namespace config
