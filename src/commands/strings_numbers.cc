// Commands that take the string at a key as a number.
#include "base/numbers.h"
#include "commands/families.h"
#include "commands/strings_replies.h"
#include "values/counter.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::LockClass;
using keyspace::TextBuffer;
using enum command::Flags;
using enum command::KeyFlags;

std::optional<int64_t> number_at(const Entry& entry) {
  if (const auto value = entry.integer()) return value;
  TextBuffer buffer;
  return base::parse_int64(entry.text(buffer));
}

void increase(Call& call, int64_t by) {
  const keyspace::Key& key = call.key(0);
  const auto found = call.peek_string(key);
  if (!found) return call.fail(found.error());
  Entry* entry = *found;
  const std::optional<int64_t> value = entry == nullptr ? 0 : number_at(*entry);
  if (!value) return call.refuse(entry, command::kNotAnInteger);
  const std::optional<int64_t> sum = values::increment(*value, by);
  if (!sum) return call.refuse(entry, command::kOverflow);
  call.db().set_integer(key, *sum, expiry_at(entry));
  call.db().notify(keyspace::kStringEvent, "incrby", key);
  call.reply().integer(*sum);
}

void incr(Call& call) { increase(call, 1); }

void decr(Call& call) { increase(call, -1); }

void incrby(Call& call) {
  const std::optional<int64_t> by = base::parse_int64(call.word(2));
  if (!by) return call.fail(command::kNotAnInteger);
  increase(call, *by);
}

void decrby(Call& call) {
  const std::optional<int64_t> by = base::parse_int64(call.word(2));
  if (!by) return call.fail(command::kNotAnInteger);
  const std::optional<int64_t> increment = values::negated(*by);
  if (!increment) return call.fail("ERR decrement would overflow");
  increase(call, *increment);
}

void incrbyfloat(Call& call) {
  const keyspace::Key& key = call.key(0);
  const auto found = call.peek_string(key);
  if (!found) return call.fail(found.error());
  Entry* entry = *found;
  TextBuffer buffer;
  const std::optional<long double> value = entry == nullptr ? 0 : base::parse_long_double(entry->text(buffer));
  if (!value) return call.refuse(entry, command::kNotAFloat);
  const std::optional<long double> by = base::parse_long_double(call.word(2));
  if (!by) return call.refuse(entry, command::kNotAFloat);
  const std::optional<long double> sum = values::increment_float(*value, *by);
  if (!sum) return call.refuse(entry, command::Error("ERR increment would produce NaN or Infinity"));
  const std::string text = base::format_long_double(*sum);
  call.db().set_text(key, text, expiry_at(entry));
  call.db().notify(keyspace::kStringEvent, "incrbyfloat", key);
  call.reply().bulk(text);
}

constexpr uint32_t kCounterFlags = kWrite | kDenyOom | kFast;
constexpr uint16_t kCounterKey = kRW | kAccess | kUpdate;

constexpr Spec kNumbers[] = {
    {.name = "incr",
     .arity = 2,
     .flags = kCounterFlags,
     .keys = one_key(kCounterKey),
     .locks = LockClass::kKeys,
     .handler = incr,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Adds one to the integer at a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "decr",
     .arity = 2,
     .flags = kCounterFlags,
     .keys = one_key(kCounterKey),
     .locks = LockClass::kKeys,
     .handler = decr,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Takes one from the integer at a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
    {.name = "incrby",
     .arity = 3,
     .flags = kCounterFlags,
     .keys = one_key(kCounterKey),
     .locks = LockClass::kKeys,
     .handler = incrby,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Adds to the integer at a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0 increment:i"},
    {.name = "decrby",
     .arity = 3,
     .flags = kCounterFlags,
     .keys = one_key(kCounterKey),
     .locks = LockClass::kKeys,
     .handler = decrby,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Takes from the integer at a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0 decrement:i"},
    {.name = "incrbyfloat",
     .arity = 3,
     .flags = kCounterFlags,
     .keys = one_key(kCounterKey),
     .locks = LockClass::kKeys,
     .handler = incrbyfloat,
     .group = Group::kString,
     .since = "2.6.0",
     .summary = "Adds to the decimal number at a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0 increment:d"},
};
static_assert(command::well_formed(kNumbers));

}  // namespace

std::span<const Spec> number_commands() { return kNumbers; }

}  // namespace commands
