// The process title: the template's grammar, and the room in memory that `ps` reads.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
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

// The end of the texts that lie one behind the other from `end` on, as the kernel places them at start.
char* end_of_run(char** texts, char* end) {
  for (; *texts != nullptr && *texts == end; ++texts) end = *texts + std::strlen(*texts) + 1;
  return end;
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
  char* const end_of_arguments = end_of_run(argv, argv[0]);
  char* const end = end_of_run(environ, end_of_arguments);
  move_environment();
  room.begin = argv[0];
  room.arguments = static_cast<size_t>(end_of_arguments - room.begin);
  room.size = static_cast<size_t>(end - room.begin);
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
