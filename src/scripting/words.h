// What the commands that run programs have in common: EVAL and its kin, FCALL.
#pragma once

#include "command/call.h"
#include "scripting/engine.h"

namespace scripting {

// The words behind that of the program: how many keys, the keys, the arguments. False: the reply has told what is
// wrong; `no_number`: that the first is none.
inline bool read_words(command::Call& call, command::Error no_number, Engine::Words& words) {
  command::Args args(call.words(), 2);
  const int64_t keys = args.integer(no_number);
  if (args.failed()) return call.fail(args.error()), false;
  const auto rest = call.words().subspan(3);
  if (keys > static_cast<int64_t>(rest.size())) {
    return call.fail("ERR Number of keys can't be greater than number of args"), false;
  }
  if (keys < 0) return call.fail("ERR Number of keys can't be negative"), false;
  words.keys = rest.first(static_cast<size_t>(keys));
  words.arguments = rest.subspan(static_cast<size_t>(keys));
  return true;
}

// Of SCRIPT FLUSH and FUNCTION FLUSH: nothing, ASYNC or SYNC.
inline bool is_flush_mode(const command::Call& call) {
  return call.count() == 2 ||
         (call.count() == 3 && (command::same_word(call.word(2), "sync") || command::same_word(call.word(2), "async")));
}

constexpr uint32_t kRunsProgram =
    command::kNoScript | command::kStale | command::kSkipMonitor | command::kNoMandatoryKeys | command::kMovableKeys;

constexpr std::string_view kKeysNotes = "Nobody can know which keys a script uses; it should be told all of them.";

constexpr command::KeySpecs keys_of_program(uint16_t flags, std::string_view notes = {}) {
  command::KeySpec keys = command::counted_keys(2, 1, flags);
  keys.notes = notes;
  return {keys};
}

}  // namespace scripting
