// Engine: the interpreters that run scripts and functions, and those that they know.
//
// A script runs inside the unit of the command that runs it. What it calls runs through command::Host, with the locks
// that it turns out to need; values pass between replies and Lua without text (scripting/lua_reply.h).
//
// Threads  whoever holds the token U; the counts, what FUNCTION STATS tells and the kills at the end: any.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/call.h"
#include "lua/state.h"
#include "scripting/libraries.h"
#include "scripting/program.h"
#include "scripting/script_cache.h"
#include "scripting/shebang.h"
#include "scripting/watchdog.h"

namespace scripting {

class Engine final : public command::ScriptEngine {
 public:
  static Engine& of(command::Call& call);
  // The script with this text, compiled if it is new; `stays` as SCRIPT LOAD wants it. Failure: the error's text.
  base::Result<Script*, base::Failure> load(std::string_view text, bool stays);
  Script* find(std::string_view sha) { return scripts_.find(sha); }
  bool has(std::string_view sha) const { return scripts_.has(sha); }
  // Forgets all scripts, and the interpreter with them.
  void flush();

  const Libraries& libraries() const { return libraries_; }
  // Runs the code of a library, which registers its functions: for add_libraries(). Failure: the error's text.
  base::Result<Library, base::Failure> load_library(command::Call& call, const LibraryHead& head,
                                                    std::string_view code);
  // As Libraries::add(), and the interpreter forgets those that had to go, or those that may not come.
  base::Result<base::Done, base::Failure> add_libraries(const std::vector<Library>& libraries,
                                                        Libraries::Replaces replaces);
  void remove_library(std::string_view name);  // REQUIRES: it is there
  void drop(const Library& library);           // one that was loaded and is not to be added
  void flush_libraries();

  // Runs a program for `call` and writes its reply. `ro`: by EVAL_RO, EVALSHA_RO or FCALL_RO.
  struct Words {
    std::span<const std::string_view> keys, arguments;
  };
  void run(command::Call& call, Kind kind, const Program& program, Words words, bool ro);

  // What functions that Lua calls find of the script that runs.
  struct Running {
    command::Call& call;
    lua::State& state;
    Kind kind;
    command::ScriptRun run;
    bool resp3 = false;
    bool is_told = false;                 // by FUNCTION STATS
    Library* loading = nullptr;           // what registers its functions
    std::vector<std::string_view> words;  // of the command that it calls
    base::MonoTime since;                 // of its first interruption
  };
  Running* running() { return running_; }
  // The watchdog's hook: the script's thread looks at other work, and ends the script if it is to end.
  void interrupt(lua_State* lua);

  // SCRIPT KILL and FUNCTION KILL. Any thread.
  enum class Kill : uint8_t { kNothingRuns, kHasWritten, kIsOfOtherKind, kWillEnd };
  Kill kill(Kind kind);
  // The server is to end, whatever the script has done. Any thread.
  void kill_for_shutdown();
  // What runs, if anything does.
  std::optional<Kind> runs() const;
  // The function that has run for some time, a millisecond at least. Any thread.
  struct LongFunction {
    std::string name;
    std::vector<std::string> words;
    base::MonoTime since;  // about
  };
  std::optional<LongFunction> long_function();

  // For INFO.
  struct Counts {
    std::atomic<uint64_t> interpreter_bytes{0};
    std::atomic<uint64_t> script_bytes{0};
    std::atomic<uint64_t> scripts{0};
    std::atomic<uint64_t> evicted{0};
    std::atomic<uint64_t> functions_interpreter_bytes{0};
    std::atomic<uint64_t> library_bytes{0};
    std::atomic<uint64_t> libraries{0};
    std::atomic<uint64_t> functions{0};
  };
  const Counts& counts() const { return counts_; }

 private:
  lua::State& open(Kind kind);
  lua::State* state(Kind kind) const { return states_[static_cast<size_t>(kind)].get(); }
  uint64_t interpreter_bytes(Kind kind) const { return state(kind) == nullptr ? 0 : state(kind)->memory_bytes(); }
  void count();
  void push_program(lua::State& state, Kind kind, const Program& program, const Words& words);
  void reply_error(command::Call& call, lua_State* lua);
  bool run_library(command::Call& call, lua::State& state, Library& library);

  void begin(Running& running);
  void end();
  bool is_to_end() const;
  void tell_long_function(Running& running);

  std::array<std::unique_ptr<lua::State>, 2> states_;  // each made by the first program of its kind
  std::unique_ptr<Watchdog> watchdog_;                 // likewise
  std::atomic<uint64_t> phase_{0};                     // of what runs (command/script_run.h)
  uint64_t runs_ = 0;
  ScriptCache scripts_;
  Libraries libraries_;
  Running* running_ = nullptr;
  Counts counts_;

  std::mutex long_function_mutex_;
  std::optional<LongFunction> long_function_;
};

}  // namespace scripting
