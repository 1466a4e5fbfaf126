// FUNCTION and FCALL.
#include <string>

#include "base/glob.h"
#include "command/call.h"
#include "scripting/engine.h"
#include "scripting/families.h"
#include "scripting/library_dump.h"
#include "scripting/shebang.h"
#include "scripting/words.h"

namespace scripting {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;

void call_function(Call& call, bool ro) {
  constexpr command::Error kBadCount{"ERR Bad number of keys provided"};
  Engine& engine = Engine::of(call);
  const Function* function = engine.libraries().find(call.word(1));
  if (function == nullptr) return call.fail("ERR Function not found");
  Engine::Words words;
  if (!read_words(call, kBadCount, words)) return;
  engine.run(call, Kind::kFunction, function->program, words, ro);
}

void fcall(Call& call) { call_function(call, false); }
void fcall_ro(Call& call) { call_function(call, true); }

void function_load(Call& call) {
  const auto options = call.words().subspan(2, call.count() - 3);
  auto replaces = Libraries::Replaces::kNone;
  for (const std::string_view option : options) {
    if (!command::same_word(option, "replace")) {
      return call.fail("ERR Unknown option given: " + std::string(command::repeated(option)));
    }
    replaces = Libraries::Replaces::kSameName;
  }
  Engine& engine = Engine::of(call);
  const std::string_view code = call.words().back();
  const auto head = read_library_head(code);
  if (!head) return call.fail(head.error().text());
  if (replaces == Libraries::Replaces::kNone && engine.libraries().library(head->name) != nullptr) {
    return call.fail("ERR Library '" + head->name + "' already exists");
  }
  auto library = engine.load_library(call, *head, code);
  if (!library) return call.fail(library.error().text());
  std::vector<Library> added;
  added.push_back(std::move(*library));
  const auto done = engine.add_libraries(added, replaces);
  if (!done) return call.fail(done.error().text());
  call.reply().bulk(head->name);
}

void function_delete(Call& call) {
  Engine& engine = Engine::of(call);
  if (engine.libraries().library(call.word(2)) == nullptr) return call.fail("ERR Library not found");
  engine.remove_library(call.word(2));
  call.reply().ok();
}

void function_flush(Call& call) {
  if (call.count() > 3) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  if (!is_flush_mode(call)) return call.fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  Engine::of(call).flush_libraries();
  call.reply().ok();
}

void write_function(resp::Writer& reply, const Function& function) {
  reply.map(3);
  reply.bulk("name");
  reply.bulk(function.name);
  reply.bulk("description");
  if (function.description) {
    reply.bulk(*function.description);
  } else {
    reply.null();
  }
  reply.bulk("flags");
  size_t flags = 0;
  for (const auto& known : kScriptFlags) flags += (function.program.flags & known.flag) != 0 ? 1 : 0;
  reply.set(flags);
  for (const auto& known : kScriptFlags) {
    if ((function.program.flags & known.flag) != 0) reply.simple(known.name);
  }
}

void write_library(resp::Writer& reply, const Library& library, bool with_code) {
  reply.map(with_code ? 4 : 3);
  reply.bulk("library_name");
  reply.bulk(library.name);
  reply.bulk("engine");
  reply.bulk("LUA");
  reply.bulk("functions");
  reply.array(library.functions.size());
  for (const Function& function : library.functions) write_function(reply, function);
  if (!with_code) return;
  reply.bulk("library_code");
  reply.bulk(library.code);
}

void function_list(Call& call) {
  command::Args args = call.args();
  bool with_code = false;
  std::optional<std::string_view> pattern;
  while (args.more()) {
    if (!with_code && args.accept("withcode")) {
      with_code = true;
    } else if (!pattern && args.accept("libraryname")) {
      if (!args.more()) return call.fail("ERR library name argument was not given");
      pattern = args.text();
    } else {
      return call.fail("ERR Unknown argument " + std::string(command::repeated(args.text())));
    }
  }
  std::vector<const Library*> found;
  for (const auto& [name, library] : Engine::of(call).libraries().all()) {
    if (!pattern || base::glob_match(*pattern, name, true)) found.push_back(&library);
  }
  call.reply().array(found.size());
  for (const Library* library : found) write_library(call.reply(), *library, with_code);
}

void function_stats(Call& call) {
  Engine& engine = Engine::of(call);
  const auto running = engine.long_function();
  resp::Writer& reply = call.reply();
  reply.map(2);
  reply.bulk("running_script");
  if (!running) {
    reply.null();
  } else {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(running->name);
    reply.bulk("command");
    reply.array(running->words.size());
    for (const std::string& word : running->words) reply.bulk(word);
    reply.bulk("duration_ms");
    reply.integer((base::kernel_mono_time().ns - running->since.ns) / 1'000'000);
  }
  reply.bulk("engines");
  reply.map(1);
  reply.bulk("LUA");
  reply.map(2);
  reply.bulk("libraries_count");
  reply.integer(static_cast<int64_t>(engine.counts().libraries.load(std::memory_order_relaxed)));
  reply.bulk("functions_count");
  reply.integer(static_cast<int64_t>(engine.counts().functions.load(std::memory_order_relaxed)));
}

void function_kill(Call& call) { call.host().kill_script(call, true); }

void function_dump(Call& call) { call.reply().bulk(dump_libraries(Engine::of(call).libraries())); }

void function_restore(Call& call) {
  if (call.count() > 4) return call.fail(command::wrong_subcommand(call.word(0), call.word(1)));
  auto replaces = Libraries::Replaces::kNone;
  if (call.count() == 4) {
    const std::string_view policy = call.word(3);
    if (command::same_word(policy, "flush")) {
      replaces = Libraries::Replaces::kAll;
    } else if (command::same_word(policy, "replace")) {
      replaces = Libraries::Replaces::kSameName;
    } else if (!command::same_word(policy, "append")) {
      return call.fail("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
  }
  Engine& engine = Engine::of(call);
  const auto libraries = load_dump(call, engine, call.word(2));
  if (!libraries) return call.fail(libraries.error().text());
  const auto done = engine.add_libraries(*libraries, replaces);
  if (!done) return call.fail(done.error().text());
  call.reply().ok();
}

void function_help(Call& call) {
  constexpr std::string_view kLines[] = {
      "FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "DELETE <library>",
      "    Forgets a library and its functions.",
      "DUMP",
      "    All libraries as one value, for RESTORE.",
      "FLUSH [ASYNC|SYNC]",
      "    Forgets all libraries.",
      "KILL",
      "    Ends the function that runs, if it has not written yet.",
      "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
      "    The libraries and their functions.",
      "LOAD [REPLACE] <code>",
      "    Loads a library, whose functions FCALL runs.",
      "RESTORE <value> [FLUSH|APPEND|REPLACE]",
      "    Loads the libraries of a DUMP: in the place of all, as new ones (the default), or also over those of",
      "    their names.",
      "STATS",
      "    The function that runs, and how many there are.",
      "HELP",
      "    This text.",
  };
  call.reply().array(std::size(kLines));
  for (const std::string_view line : kLines) call.reply().simple(line);
}

constexpr uint32_t kChanges = command::kNoScript | command::kWrite;
constexpr uint32_t kToAllShards = command::kRequestAllShards | command::kResponseAllSucceeded;

constexpr Spec kFunctionRows[] = {
    {.name = "fcall",
     .arity = -3,
     .flags = kRunsProgram,
     .keys = keys_of_program(command::kRW | command::kAccess | command::kUpdate, kKeysNotes),
     .locks = LockClass::kStray,
     .handler = fcall,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "Runs a function.",
     .complexity = "Depends on the function.",
     .syntax = "function numkeys:i key:k0?* arg?*"},
    {.name = "fcall_ro",
     .arity = -3,
     .flags = kRunsProgram | command::kReadOnly,
     .keys = keys_of_program(command::kRO | command::kAccess, kKeysNotes),
     .locks = LockClass::kStray,
     .handler = fcall_ro,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "Runs a function that only reads.",
     .complexity = "Depends on the function.",
     .syntax = "function numkeys:i key:k0?* arg?*"},
    {.name = "function",
     .arity = -2,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "A container for function commands.",
     .complexity = "Depends on subcommand."},
    {.name = "function|delete",
     .arity = 3,
     .flags = kChanges,
     .locks = LockClass::kStray,
     .handler = function_delete,
     .group = Group::kScripting,
     .tips = kToAllShards,
     .since = "7.0.0",
     .summary = "Forgets a library and its functions.",
     .complexity = "O(1)",
     .syntax = "library-name"},
    {.name = "function|dump",
     .arity = 2,
     .flags = command::kNoScript,
     .locks = LockClass::kStray,
     .handler = function_dump,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "All libraries as one value.",
     .complexity = "O(N) for N functions."},
    {.name = "function|flush",
     .arity = -2,
     .flags = kChanges,
     .locks = LockClass::kStray,
     .handler = function_flush,
     .group = Group::kScripting,
     .tips = kToAllShards,
     .since = "7.0.0",
     .summary = "Forgets all libraries.",
     .complexity = "O(N) for N functions.",
     .syntax = "flush-type(ASYNC|SYNC)?"},
    {.name = "function|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = LockClass::kNone,
     .handler = function_help,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "Helpful text about the subcommands.",
     .complexity = "O(1)"},
    {.name = "function|kill",
     .arity = 2,
     .flags = command::kNoScript | command::kAllowBusy,
     .locks = LockClass::kNone,
     .handler = function_kill,
     .group = Group::kScripting,
     .tips = command::kRequestAllShards | command::kResponseOneSucceeded,
     .since = "7.0.0",
     .summary = "Ends the function that runs.",
     .complexity = "O(1)"},
    {.name = "function|list",
     .arity = -2,
     .flags = command::kNoScript,
     .locks = LockClass::kStray,
     .handler = function_list,
     .group = Group::kScripting,
     .tips = command::kNondeterministicOutputOrder,
     .since = "7.0.0",
     .summary = "The libraries and their functions.",
     .complexity = "O(N) for N functions.",
     .syntax = "LIBRARYNAME=library-name-pattern? WITHCODE?"},
    {.name = "function|load",
     .arity = -3,
     .flags = kChanges | command::kDenyOom,
     .locks = LockClass::kStray,
     .handler = function_load,
     .group = Group::kScripting,
     .tips = kToAllShards,
     .since = "7.0.0",
     .summary = "Loads a library of functions.",
     .complexity = "O(1), and what its code does.",
     .syntax = "REPLACE? function-code"},
    {.name = "function|restore",
     .arity = -3,
     .flags = kChanges | command::kDenyOom,
     .locks = LockClass::kStray,
     .handler = function_restore,
     .group = Group::kScripting,
     .tips = kToAllShards,
     .since = "7.0.0",
     .summary = "Loads the libraries of a dump.",
     .complexity = "O(N) for N functions in the dump.",
     .syntax = "serialized-value policy(FLUSH|APPEND|REPLACE)?"},
    {.name = "function|stats",
     .arity = 2,
     .flags = command::kNoScript | command::kAllowBusy,
     .locks = LockClass::kNone,
     .handler = function_stats,
     .group = Group::kScripting,
     .tips = command::kNondeterministicOutput | command::kRequestAllShards | command::kResponseSpecial,
     .since = "7.0.0",
     .summary = "The function that runs, and how many there are.",
     .complexity = "O(1)"},
};
static_assert(command::well_formed(kFunctionRows));

}  // namespace

std::span<const Spec> function_commands() { return kFunctionRows; }

}  // namespace scripting
