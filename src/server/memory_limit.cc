#include "server/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/numbers.h"

namespace server {
namespace {

// The least of `limit` and what the files of this name say in a group's folder and in those above it. A folder that is
// not there, because a container sees only its own part of the tree, counts as one without a limit.
uint64_t least_limit(const std::string& root, std::string group, std::string_view file, uint64_t limit) {
  for (;;) {
    std::ifstream input(root + group + "/" + std::string(file));
    std::string text;
    input >> text;
    const auto bytes = base::parse_int64(text);  // version 2 says "max" for none
    if (bytes && *bytes > 0) limit = std::min(limit, static_cast<uint64_t>(*bytes));
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return limit;
    group.resize(slash);
  }
}

bool names_memory(std::string_view controllers) {
  for (size_t from = 0; from <= controllers.size();) {
    const size_t comma = std::min(controllers.find(',', from), controllers.size());
    if (controllers.substr(from, comma - from) == "memory") return true;
    from = comma + 1;
  }
  return false;
}

}  // namespace

uint64_t system_memory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// A line is "number:controllers:/group"; version 2 has the number 0 and no controllers.
uint64_t memory_limit(uint64_t system, const std::string& cgroup_file, const std::string& cgroup_root) {
  uint64_t limit = system;
  std::ifstream lines(cgroup_file);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    std::string group = line.substr(second + 1);
    if (group == "/") group.clear();
    if (controllers.empty()) {
      limit = least_limit(cgroup_root, group, "memory.max", limit);
    } else if (names_memory(controllers)) {
      limit = least_limit(cgroup_root + "/memory", group, "memory.limit_in_bytes", limit);
    }
  }
  return limit;
}

}  // namespace server
