// Fuzzes command sequences against a whole server in this process, by a connection of its only worker: after every
// command its reply must be exactly one value, as an independent reader sees it.
//
// Input    lines, each the words of one command, quoted as in an inline command. A line that cannot be split is sent as
//          it is. Every input begins with a new connection and empty databases.
// Limits   commands that would end this process, open files or ports, or start threads are passed over: see
// is_skipped().
//          proto-max-bulk-len is 1 MB, so that no string is larger. CLIENT PAUSE and CONFIG SET cost a new server.
// Threads  a letter to the worker runs the whole input there, as the loop would; the fuzzer's thread waits for it.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/words.h"
#include "fuzz/command_mutator.h"
#include "fuzz/server_connection.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using Words = std::vector<std::string>;

std::string lower(std::string text) {
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte + 32);
  }
  return text;
}

// CONFIG SET of what changes how commands run, and nothing outside.
bool may_set(const std::string& name) {
  constexpr std::array<std::string_view, 10> kNames{"maxmemory",
                                                    "maxmemory-policy",
                                                    "maxmemory-samples",
                                                    "lfu-log-factor",
                                                    "lfu-decay-time",
                                                    "latency-tracking",
                                                    "commandlog-execution-slower-than",
                                                    "import-mode",
                                                    "lazyfree-lazy-user-del",
                                                    "requirepass"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// A quadratic command on large strings is slow by its nature.
bool has_large_number(const Words& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return std::llabs(std::atoll(word.c_str() + (word.starts_with('#') ? 1 : 0))) > 2048;
  });
}

// One connection, and what its commands have done so far.
class Session {
 public:
  explicit Session(server::Server& server) : connection_(server) {}

  // False when the input ends here: the connection is gone, or waits for a pause.
  bool run_line(const std::string& line) {
    const auto words = base::split_words(line);
    if (!words) {
      connection_.exchange(line + "\n", true);
      return false;
    }
    if (words->empty() || is_skipped(*words)) return true;
    return connection_.run(*words);
  }
  bool spoilt() const { return spoilt_; }

 private:
  bool is_skipped(const Words& words) {
    const std::string name = lower(words[0]);
    const std::string second = words.size() > 1 ? lower(words[1]) : "";
    if (name.ends_with("subscribe")) connection_.expect_pushes();
    if (name == "shutdown" || name == "debug" || name == "module" || name == "migrate") return true;
    if (name == "config" && second == "rewrite") return true;
    if (name == "config" && second == "set") {
      for (size_t at = 2; at < words.size(); at += 2) {
        if (!may_set(lower(words[at]))) return true;
      }
      spoilt_ = true;
    }
    if (name == "client" && (second == "pause" || second == "unpause")) spoilt_ = true;
    if (name == "lcs") return large_;
    large_ = large_ || has_large_number(words);
    return false;
  }

  fuzz::ServerConnection connection_;
  bool spoilt_ = false;  // the server is not what it was at the start
  bool large_ = false;   // there may be large strings
};

uint64_t commands_run = 0;

bool run_input(server::Server& server, std::string_view text) {
  Session session(server);
  CHECK(session.run_line("flushall sync"));
  bool more = true;
  while (more && !text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    more = session.run_line(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++commands_run;
  }
  // Keys that stay would look leaked: the leak checker does not know the table's packed addresses.
  if (!session.spoilt()) CHECK(Session(server).run_line("flushall sync"));
  return session.spoilt();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  base::Random random(seed);
  if (random.below(4) == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string text(reinterpret_cast<const char*>(data), size);
  const uint64_t times = 1 + random.below(4);
  for (uint64_t time = 0; time < times; ++time) text = fuzz::mutate_lines(text, fuzz::the_server()->commands, random);
  if (text.size() > max_size) text.resize(max_size);
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bool spoilt = false;
  fuzz::run_on_worker([&](server::Server& server) { spoilt = run_input(server, text); });
  if (spoilt) {
    fuzz::the_server().reset();
    fuzz::the_server() = fuzz::make_server();
  }
  return 0;
}
