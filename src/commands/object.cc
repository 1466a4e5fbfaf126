// OBJECT: how a value is held and when it was used.
#include <array>

#include "command/call.h"
#include "commands/families.h"
#include "keyspace/access.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::LockClass;

constexpr command::Error kNoFrequency{
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
    "between policies at runtime LRU and LFU data will take some time to adjust."};
constexpr command::Error kNoIdleTime{
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies "
    "at runtime LRU and LFU data will take some time to adjust."};

std::string_view encoding_of(const Entry& entry) {
  if (entry.type() != keyspace::Type::kString) return entry.collection().row().encoding(entry.word());
  if (entry.form() == Entry::Form::kInteger) return "int";
  return entry.embedded() ? "embstr" : "raw";
}

// The entry, or null when the reply has told that there is none.
const Entry* find(Call& call) {
  const Entry* entry = call.db().look(call.key(0), false);
  if (entry == nullptr) call.reply().null();
  return entry;
}

void encoding(Call& call) {
  if (const Entry* entry = find(call)) call.reply().bulk(encoding_of(*entry));
}

void frequency(Call& call) {
  const Entry* entry = find(call);
  if (entry == nullptr) return;
  const keyspace::Unit& unit = call.db().unit();
  if (!unit.lfu) return call.fail(kNoFrequency);
  call.reply().integer(keyspace::lfu_counter(*entry, call.now_ms(), unit.lfu_settings));
}

void idle_time(Call& call) {
  const Entry* entry = find(call);
  if (entry == nullptr) return;
  if (call.db().unit().lfu) return call.fail(kNoIdleTime);
  call.reply().integer(keyspace::idle_steps(*entry, call.now_ms()) / keyspace::kLruStepsPerSecond);
}

// Values are never shared between keys.
void reference_count(Call& call) {
  if (find(call) != nullptr) call.reply().integer(1);
}

void help(Call& call) {
  constexpr std::array<std::string_view, 12> kLines{
      "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ENCODING <key>",
      "    How the value at <key> is held: int, embstr or raw for a string, say.",
      "FREQ <key>",
      "    How often <key> was used of late, on a logarithmic scale of 0 to 255.",
      "    Known under an LFU policy only.",
      "IDLETIME <key>",
      "    The seconds since <key> was last used. Not known under an LFU policy.",
      "REFCOUNT <key>",
      "    How many keys share the value: always 1.",
      "HELP",
      "    This text.",
  };
  call.reply().array(kLines.size());
  for (const std::string_view line : kLines) call.reply().simple(line);
}

constexpr command::KeySpecs kKey = {command::key_at(2, command::kRO)};

constexpr Spec kObjectRows[] = {
    {.name = "object",
     .arity = -2,
     .locks = LockClass::kNone,
     .group = Group::kGeneric,
     .since = "2.2.3",
     .summary = "Commands about how values are held and used.",
     .complexity = "Depends on the subcommand."},
    {.name = "object|encoding",
     .arity = 3,
     .flags = command::kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = encoding,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "2.2.3",
     .summary = "Names the way in which a key's value is held.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "object|freq",
     .arity = 3,
     .flags = command::kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = frequency,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "4.0.0",
     .summary = "Tells how often a key was used, by a logarithm.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "object|help",
     .arity = 2,
     .flags = command::kLoading | command::kStale,
     .locks = LockClass::kNone,
     .handler = help,
     .group = Group::kGeneric,
     .since = "6.2.0",
     .summary = "Describes the subcommands of OBJECT.",
     .complexity = "O(1)"},
    {.name = "object|idletime",
     .arity = 3,
     .flags = command::kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = idle_time,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "2.2.3",
     .summary = "Tells for how many seconds a key was not used.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "object|refcount",
     .arity = 3,
     .flags = command::kReadOnly,
     .keys = kKey,
     .locks = LockClass::kKeys,
     .handler = reference_count,
     .group = Group::kGeneric,
     .tips = command::kNondeterministicOutput,
     .since = "2.2.3",
     .summary = "Tells how many keys share a key's value.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
};
static_assert(command::well_formed(kObjectRows));

}  // namespace

std::span<const Spec> object_commands() { return kObjectRows; }

}  // namespace commands
