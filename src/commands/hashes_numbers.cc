// Commands that take the value of a field as a number.
#include <cmath>

#include "base/numbers.h"
#include "commands/families.h"
#include "commands/hashes.h"
#include "values/counter.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::kHashEvent;
using keyspace::LockClass;
using keyspace::Missing;
using structures::Element;
using values::Hash;
using enum command::Flags;
using enum command::KeyFlags;

// A live field keeps its expiry.
void store_number(Call& call, HashEdit& hash, std::string_view number) {
  const Hash::Stored stored =
      hash->set(call.word(2), number, {.limits = hash_limits(call), .now_ms = call.now_ms(), .keeps_expiry = true});
  fields_expired(call, hash, stored == Hash::Stored::kReplacedExpired ? 1 : 0);
  hash.changed(1, kHashEvent, call.spec().name);
}

void hincrby(Call& call) {
  const std::optional<int64_t> by = base::parse_int64(call.word(3));
  if (!by) return call.fail(command::kNotAnInteger);
  auto hash = call.edit<Hash>(call.key(0), Missing::kCreate);
  if (!hash) return call.fail(hash.error());
  const auto held = (*hash)->get(call.word(2), fields_now_ms(call));
  const std::optional<int64_t> value = held ? held->to_integer() : 0;
  if (!value) return call.fail("ERR hash value is not an integer");
  const std::optional<int64_t> sum = values::increment(*value, *by);
  if (!sum) return call.fail(command::kOverflow);
  char digits[base::kInt64Chars];
  store_number(call, *hash, base::format_int64(*sum, digits));
  call.reply().integer(*sum);
}

void hincrbyfloat(Call& call) {
  const std::optional<long double> by = base::parse_long_double(call.word(3));
  if (!by) return call.fail(command::kNotAFloat);
  if (!std::isfinite(*by)) return call.fail("ERR value is NaN or Infinity");
  auto hash = call.edit<Hash>(call.key(0), Missing::kCreate);
  if (!hash) return call.fail(hash.error());
  const auto held = (*hash)->get(call.word(2), fields_now_ms(call));
  Element::Buffer buffer;
  const std::optional<long double> value = held ? base::parse_long_double(held->text(buffer)) : 0;
  if (!value) return call.fail("ERR hash value is not a float");
  const std::optional<long double> sum = values::increment_float(*value, *by);
  if (!sum) return call.fail("ERR increment would produce NaN or Infinity");
  const std::string text = base::format_long_double(*sum);
  store_number(call, *hash, text);
  call.reply().bulk(text);
}

constexpr Spec kHashNumbers[] = {
    {.name = "hincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kAccess | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hincrby,
     .group = Group::kHash,
     .since = "2.0.0",
     .summary = "Adds to the integer in a field of a hash; a missing field counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0 field increment:i",
     .element = 2},
    {.name = "hincrbyfloat",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kAccess | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hincrbyfloat,
     .group = Group::kHash,
     .since = "2.6.0",
     .summary = "Adds to the decimal number in a field of a hash; a missing field counts as 0.",
     .complexity = "O(1)",
     .syntax = "key:k0 field increment:d",
     .element = 2},
};
static_assert(command::well_formed(kHashNumbers));

}  // namespace

std::span<const Spec> hash_number_commands() { return kHashNumbers; }

}  // namespace commands
