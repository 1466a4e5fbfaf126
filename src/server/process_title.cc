// The process title: the template's grammar, and the room in memory that `ps` reads.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "server/process.h"

extern char** environ;

namespace server {
namespace {

constexpr base::Error kBadTemplate{"template format is invalid or contains unknown variables"};

// The block that the kernel shows as the command line: argv's texts and, behind them, the environment's. While the
// last byte of argv's part is not zero, the kernel shows the text up to the first zero byte, past that part if need be.
struct TitleRoom {
  char* begin = nullptr;
  size_t arguments = 0;  // bytes of argv's texts, their zeros counted
  size_t size = 0;       // with the environment's
};
TitleRoom room;

std::optional<std::string_view> fact_named(std::string_view name, const TitleFacts& facts) {
  if (name == "title") return facts.title;
  if (name == "listen-addr") return facts.listen_addr;
  if (name == "server-mode") return facts.server_mode;
  if (name == "port") return facts.port;
  if (name == "tls-port") return facts.tls_port;
  if (name == "unixsocket") return facts.unixsocket;
  if (name == "config-file") return facts.config_file;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Where the kernel keeps arguments and environment, which only it knows for sure: whoever parses argv may drop entries.
struct KernelRanges {
  uint64_t arguments_begin = 0;
  uint64_t arguments_end = 0;
  uint64_t environment_begin = 0;
  uint64_t environment_end = 0;
};

// Fields 48 to 51 of /proc/self/stat, counted behind the program's name in parentheses, which is field 2.
std::optional<KernelRanges> kernel_ranges() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 48; ++field) fields >> skipped;
  KernelRanges ranges;
  fields >> ranges.arguments_begin >> ranges.arguments_end >> ranges.environment_begin >> ranges.environment_end;
  if (!fields) return std::nullopt;
  return ranges;
}

// Copies the environment elsewhere, so that getenv still works when titles lie on the original.
void move_environment() {
  static auto& kept = *new std::vector<std::unique_ptr<char[]>>;  // for the life of the process
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const size_t size = std::strlen(*entry) + 1;
    kept.push_back(std::make_unique<char[]>(size));
    std::memcpy(kept.back().get(), *entry, size);
    *entry = kept.back().get();
  }
}

}  // namespace

base::Result<std::string> expand_title(std::string_view title_template, const TitleFacts& facts) {
  if (title_template.empty()) return kBadTemplate;
  std::string title;
  for (std::string_view rest = title_template; !rest.empty();) {
    const size_t brace = rest.find('{');
    title += rest.substr(0, brace);
    if (brace == std::string_view::npos) break;
    rest.remove_prefix(brace + 1);
    if (rest.starts_with('{')) {
      title += '{';
      rest.remove_prefix(1);
      continue;
    }
    const size_t end = rest.find('}');
    if (end == std::string_view::npos) return kBadTemplate;
    const auto fact = fact_named(rest.substr(0, end), facts);
    if (!fact) return kBadTemplate;
    title += *fact;
    rest.remove_prefix(end + 1);
  }
  return std::string(trimmed(title));
}

std::string prepare_proc_title(int argc, char** argv) {
  if (argc == 0 || argv[0] == nullptr) return {};
  std::string name = argv[0];
  const auto ranges = kernel_ranges();
  const auto begin = reinterpret_cast<uint64_t>(argv[0]);
  if (!ranges || begin < ranges->arguments_begin || begin >= ranges->arguments_end) return name;
  const bool adjacent = ranges->environment_begin == ranges->arguments_end;
  move_environment();
  room.begin = argv[0];
  room.arguments = ranges->arguments_end - begin;
  room.size = (adjacent ? ranges->environment_end : ranges->arguments_end) - begin;
  return name;
}

void set_proc_title(std::string_view title) {
  if (room.size < 2) return;
  const size_t length = std::min(title.size(), room.size - 1);
  std::memset(room.begin, 0, room.size);
  std::memcpy(room.begin, title.data(), length);
  // A shorter title leaves this byte zero, and `ps` would show blanks for all that follows.
  if (length < room.arguments - 1) room.begin[room.arguments - 1] = '.';
}

}  // namespace server
