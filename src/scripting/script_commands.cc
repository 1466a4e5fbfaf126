// EVAL and its kin, and SCRIPT.
#include <string>

#include "command/call.h"
#include "scripting/engine.h"
#include "scripting/families.h"
#include "scripting/words.h"

namespace scripting {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;

constexpr base::Error kNoScript{"NOSCRIPT No matching script."};

void eval_text(Call& call, bool ro) {
  Engine::Words words;
  if (!read_words(call, command::kNotAnInteger, words)) return;
  Engine& engine = Engine::of(call);
  const auto script = engine.load(call.word(1), false);
  if (!script) return call.fail(script.error().text());
  engine.run(call, Kind::kScript, (*script)->program, words, ro);
}

void eval_sha(Call& call, bool ro) {
  constexpr size_t kDigits = 40;
  Engine& engine = Engine::of(call);
  const Script* script = call.word(1).size() == kDigits ? engine.find(call.word(1)) : nullptr;
  if (script == nullptr && call.word(1).size() != kDigits) return call.fail(kNoScript);
  Engine::Words words;
  if (!read_words(call, command::kNotAnInteger, words)) return;
  if (script == nullptr) return call.fail(kNoScript);
  engine.run(call, Kind::kScript, script->program, words, ro);
}

void eval(Call& call) { eval_text(call, false); }
void eval_ro(Call& call) { eval_text(call, true); }
void evalsha(Call& call) { eval_sha(call, false); }
void evalsha_ro(Call& call) { eval_sha(call, true); }

void script_load(Call& call) {
  const auto script = Engine::of(call).load(call.word(2), true);
  if (!script) return call.fail(script.error().text());
  call.reply().bulk((*script)->sha);
}

void script_exists(Call& call) {
  call.reply().array(call.count() - 2);
  for (const std::string_view sha : call.words().subspan(2)) {
    call.reply().integer(Engine::of(call).has(sha) ? 1 : 0);
  }
}

void script_show(Call& call) {
  const Script* script = Engine::of(call).find(call.word(2));
  if (script == nullptr) return call.fail(kNoScript);
  call.reply().bulk(script->text);
}

void script_flush(Call& call) {
  if (!is_flush_mode(call)) return call.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  Engine::of(call).flush();
  call.reply().ok();
}

void script_kill(Call& call) { call.host().kill_script(call, false); }

// There is no debugger: switching it off is all that can be done.
void script_debug(Call& call) {
  if (call.count() > 4) return call.fail(command::wrong_arity("script|debug"));
  const bool off = command::same_word(call.word(2), "no");
  if (!off && !command::same_word(call.word(2), "yes") && !command::same_word(call.word(2), "sync")) {
    return call.fail("ERR Use SCRIPT DEBUG YES/SYNC/NO");
  }
  if (call.count() == 4 && !command::same_word(call.word(3), "lua")) {
    return call.fail("ERR No scripting engine found with name '" + std::string(command::repeated(call.word(3))) +
                     "' to enable debug");
  }
  if (!off) return call.fail("ERR The script debugger is not supported");
  call.reply().ok();
}

void script_help(Call& call) {
  constexpr std::string_view kLines[] = {
      "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "DEBUG (YES|SYNC|NO) [<engine_name>]",
      "    There is no debugger: only NO is accepted.",
      "EXISTS <sha1> [<sha1> ...]",
      "    Tells for each whether EVALSHA would find it.",
      "FLUSH [ASYNC|SYNC]",
      "    Forgets all scripts.",
      "KILL",
      "    Ends the script that runs, if it has not written yet.",
      "LOAD <script>",
      "    Keeps a script for EVALSHA, without running it.",
      "SHOW <sha1>",
      "    The text of a script.",
      "HELP",
      "    This text.",
  };
  call.reply().array(std::size(kLines));
  for (const std::string_view line : kLines) call.reply().simple(line);
}

constexpr uint32_t kOfScripts = command::kNoScript | command::kStale;
constexpr Spec kScriptRows[] = {
    {.name = "eval",
     .arity = -3,
     .flags = kRunsProgram | command::kMayReplicate,
     .keys = keys_of_program(command::kRW | command::kAccess | command::kUpdate, kKeysNotes),
     .locks = LockClass::kStray,
     .handler = eval,
     .group = Group::kScripting,
     .since = "2.6.0",
     .summary = "Runs a Lua script.",
     .complexity = "Depends on the script.",
     .syntax = "script numkeys:i key:k0?* arg?*"},
    {.name = "eval_ro",
     .arity = -3,
     .flags = kRunsProgram | command::kReadOnly,
     .keys = keys_of_program(command::kRO | command::kAccess, kKeysNotes),
     .locks = LockClass::kStray,
     .handler = eval_ro,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "Runs a Lua script that only reads.",
     .complexity = "Depends on the script.",
     .syntax = "script numkeys:i key:k0?* arg?*"},
    {.name = "evalsha",
     .arity = -3,
     .flags = kRunsProgram | command::kMayReplicate,
     .keys = keys_of_program(command::kRW | command::kAccess | command::kUpdate),
     .locks = LockClass::kStray,
     .handler = evalsha,
     .group = Group::kScripting,
     .since = "2.6.0",
     .summary = "Runs a Lua script that the server knows, by the SHA-1 of its text.",
     .complexity = "Depends on the script.",
     .syntax = "sha1 numkeys:i key:k0?* arg?*"},
    {.name = "evalsha_ro",
     .arity = -3,
     .flags = kRunsProgram | command::kReadOnly,
     .keys = keys_of_program(command::kRO | command::kAccess),
     .locks = LockClass::kStray,
     .handler = evalsha_ro,
     .group = Group::kScripting,
     .since = "7.0.0",
     .summary = "Runs a Lua script that the server knows and that only reads, by the SHA-1 of its text.",
     .complexity = "Depends on the script.",
     .syntax = "sha1 numkeys:i key:k0?* arg?*"},
    {.name = "script",
     .arity = -2,
     .group = Group::kScripting,
     .since = "2.6.0",
     .summary = "A container for script commands.",
     .complexity = "Depends on subcommand."},
    {.name = "script|debug",
     .arity = -3,
     .flags = command::kNoScript,
     .locks = LockClass::kNone,
     .handler = script_debug,
     .group = Group::kScripting,
     .since = "3.2.0",
     .summary = "Sets the debug mode of scripts.",
     .complexity = "O(1)",
     .syntax = "mode(YES|SYNC|NO) engine@9.1.0?"},
    {.name = "script|exists",
     .arity = -3,
     .flags = kOfScripts,
     .locks = LockClass::kStray,
     .handler = script_exists,
     .group = Group::kScripting,
     .tips = command::kRequestAllShards | command::kResponseAggLogicalAnd,
     .since = "2.6.0",
     .summary = "Tells whether scripts are known.",
     .complexity = "O(N) for N scripts.",
     .syntax = "sha1*"},
    {.name = "script|flush",
     .arity = -2,
     .flags = kOfScripts,
     .locks = LockClass::kStray,
     .handler = script_flush,
     .group = Group::kScripting,
     .tips = command::kToAllNodes,
     .since = "2.6.0",
     .summary = "Forgets all scripts.",
     .complexity = "O(N) for N scripts.",
     .history = "6.2.0 Knows `ASYNC` and `SYNC`.",
     .syntax = "flush-type(ASYNC|SYNC)@6.2.0?"},
    {.name = "script|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = LockClass::kNone,
     .handler = script_help,
     .group = Group::kScripting,
     .since = "5.0.0",
     .summary = "Helpful text about the subcommands.",
     .complexity = "O(1)"},
    {.name = "script|kill",
     .arity = 2,
     .flags = command::kNoScript | command::kAllowBusy,
     .locks = LockClass::kNone,
     .handler = script_kill,
     .group = Group::kScripting,
     .tips = command::kRequestAllShards | command::kResponseOneSucceeded,
     .since = "2.6.0",
     .summary = "Ends the script that runs.",
     .complexity = "O(1)"},
    {.name = "script|load",
     .arity = 3,
     .flags = kOfScripts,
     .locks = LockClass::kStray,
     .handler = script_load,
     .group = Group::kScripting,
     .tips = command::kToAllNodes,
     .since = "2.6.0",
     .summary = "Keeps a script for EVALSHA.",
     .complexity = "O(N) for N bytes of text.",
     .syntax = "script"},
    {.name = "script|show",
     .arity = 3,
     .flags = kOfScripts,
     .locks = LockClass::kStray,
     .handler = script_show,
     .group = Group::kScripting,
     .since = "8.0.0",
     .summary = "The text of a script.",
     .complexity = "O(1)",
     .syntax = "sha1"},
};
static_assert(command::well_formed(kScriptRows));

}  // namespace

std::span<const Spec> script_commands() { return kScriptRows; }

}  // namespace scripting
