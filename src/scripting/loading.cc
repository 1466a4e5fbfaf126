// FUNCTION LOAD: a library's code runs once, and registers its functions.
#include <string>
#include <unordered_set>

#include "base/letters.h"
#include "scripting/api.h"
#include "scripting/engine.h"
#include "scripting/lua_error.h"
#include "scripting/shebang.h"

namespace scripting {
namespace {

// What is wrong with what the library registered, or nothing.
std::string fault_of(const Library& library) {
  std::unordered_set<std::string> names;
  for (const Function& function : library.functions) {
    if (!is_library_word(function.name)) return "ERR Function" + std::string(kLibraryWords);
    if (!names.insert(base::lower_case(function.name)).second) return "ERR Function already exists in the library";
  }
  return library.functions.empty() ? "ERR No functions registered" : "";
}

}  // namespace

bool Engine::run_library(command::Call& call, lua::State& state, Library& library) {
  lua_State* const lua = state.raw();
  state.enter_host();
  enter_library(lua);
  state.set_tail({chunk_of(Kind::kFunction), last_return_line(library.code)});
  state.leave_host();
  Running running{.call = call,
                  .state = state,
                  .kind = Kind::kFunction,
                  .run = {.phase = phase_},
                  .loading = &library,
                  .words = {}};
  begin(running);
  const bool good = state.call(0, 0);
  end();
  state.enter_host();
  leave_library(lua);
  state.leave_host();
  return good;
}

base::Result<Library, base::Failure> Engine::load_library(command::Call& call, const LibraryHead& head,
                                                          std::string_view code) {
  Library library{.name = head.name, .code = std::string(code), .functions = {}};
  lua::State& state = open(Kind::kFunction);
  lua_State* const lua = state.raw();
  if (!state.compile(code.data() + head.end, code.size() - head.end, chunk_of(Kind::kFunction))) {
    return base::Failure("ERR Error compiling function: " + take_error(lua));
  }
  std::string fault =
      run_library(call, state, library) ? fault_of(library) : "ERR Error registering functions: " + take_error(lua);
  if (fault.empty()) return library;
  drop(library);
  return base::Failure(std::move(fault));
}

void Engine::drop(const Library& library) {
  if (state(Kind::kFunction) == nullptr) return;
  for (const Function& function : library.functions) {
    luaL_unref(state(Kind::kFunction)->raw(), LUA_REGISTRYINDEX, function.program.function);
  }
}

base::Result<base::Done, base::Failure> Engine::add_libraries(const std::vector<Library>& libraries,
                                                              Libraries::Replaces replaces) {
  const auto gone = libraries_.add(libraries, replaces);
  for (const Library& library : gone ? *gone : libraries) drop(library);
  count();
  if (!gone) return gone.error();
  return base::Done();
}

void Engine::remove_library(std::string_view name) {
  drop(libraries_.remove(name));
  count();
}

void Engine::flush_libraries() {
  libraries_.clear();
  states_[static_cast<size_t>(Kind::kFunction)].reset();
  count();
}

}  // namespace scripting
