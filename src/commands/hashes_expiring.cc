// Commands that read or store fields and see to their expiry, or delete them, on the way: HGETEX, HSETEX, HGETDEL.
#include "commands/families.h"
#include "commands/hashes.h"
#include "commands/hashes_fields.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::kHashEvent;
using keyspace::LockClass;
using keyspace::Missing;
using values::Hash;
using enum command::Flags;
using enum command::KeyFlags;

enum class Change : uint8_t { kNone, kTime, kPersist, kKeep };

// The options before FIELDS. The same word twice is no error, and the last value counts.
struct Options {
  Change change = Change::kNone;
  TimeForm form = TimeForm::kSeconds;
  std::string_view time{};
  bool nx = false;
  bool xx = false;
  bool fnx = false;
  bool fxx = false;
};

class OptionReader {
 public:
  OptionReader(Call& call, size_t end) : call_(call), end_(end) {}

  // Nothing: a syntax error.
  std::optional<Options> read(bool stores) {
    while (at_ < end_) {
      const bool known = accept_time("EX", TimeForm::kSeconds) || accept_time("PX", TimeForm::kMilliseconds) ||
                         accept_time("EXAT", TimeForm::kUntilSeconds) ||
                         accept_time("PXAT", TimeForm::kUntilMilliseconds) ||
                         (stores ? accept_condition() || accept_change("KEEPTTL", Change::kKeep)
                                 : accept_change("PERSIST", Change::kPersist));
      if (!known) return std::nullopt;
    }
    return options_;
  }

 private:
  bool next_is(std::string_view word) const { return command::same_word(call_.word(at_), word); }
  bool accept_time(std::string_view word, TimeForm form) {
    if (!next_is(word) || at_ + 1 >= end_) return false;
    if (options_.change != Change::kNone && (options_.change != Change::kTime || options_.form != form)) return false;
    options_.change = Change::kTime;
    options_.form = form;
    options_.time = call_.word(at_ + 1);
    at_ += 2;
    return true;
  }
  bool accept_change(std::string_view word, Change change) {
    if (!next_is(word) || (options_.change != Change::kNone && options_.change != change)) return false;
    options_.change = change;
    ++at_;
    return true;
  }
  bool accept_condition() {
    const auto take = [this](std::string_view word, bool& wanted, bool opposite) {
      if (!next_is(word) || opposite) return false;
      wanted = true;
      ++at_;
      return true;
    };
    return take("NX", options_.nx, options_.xx) || take("XX", options_.xx, options_.nx) ||
           take("FNX", options_.fnx, options_.fxx) || take("FXX", options_.fxx, options_.fnx);
  }

  Call& call_;
  size_t at_ = 2;
  size_t end_;
  Options options_;
};

// The time of EX and its like; kNoExpiry without one. Nothing: the reply says what is wrong.
std::optional<int64_t> expiry_of(Call& call, const Options& options) {
  if (options.change != Change::kTime) return Hash::kNoExpiry;
  return read_field_expiry(call, options.time, options.form);
}

void hgetex(Call& call) {
  const size_t fields_at = find_fields_word(call, 1);
  if (fields_at == 0) return call.fail(kFieldCountMismatch);
  const auto options = OptionReader(call, fields_at).read(false);
  if (!options) return call.fail(command::kSyntaxError);
  const auto fields = read_fields(call, fields_at, kFieldCountMismatch);
  if (!fields) return;
  auto hash = call.edit<Hash>(call.key(0), Missing::kNone);
  if (!hash) return call.fail(hash.error());
  const auto expiry_ms = expiry_of(call, *options);
  if (!expiry_ms) return;
  const bool past = options->change == Change::kTime && is_past_for_fields(call, *expiry_ms);
  const int64_t now_ms = fields_now_ms(call);
  uint64_t changed = 0;
  call.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const auto value = hash->exists() ? (*hash)->get(field, now_ms) : std::nullopt;
    reply_element(call.reply(), value);
    if (!value || options->change == Change::kNone) continue;
    if (options->change == Change::kPersist && *(*hash)->expiry_ms(field, now_ms) == Hash::kNoExpiry) continue;
    ++changed;
    if (past) {
      (*hash)->erase(field, now_ms);
    } else {
      (*hash)->set_expiry(field, *expiry_ms, call.now_ms());
    }
  }
  if (changed == 0) return;
  if (!past) return hash->changed(changed, kHashEvent, options->change == Change::kTime ? "hexpire" : "hpersist");
  call.db().count_changes(changed);
  fields_expired(call, *hash, changed);
}

bool key_fits(const HashEdit& hash, const Options& options) {
  return !(options.nx && !hash.is_new()) && !(options.xx && hash.is_new());
}

bool fields_fit(Call& call, HashEdit& hash, const Options& options, std::span<const std::string_view> pairs) {
  if (!options.fnx && !options.fxx) return true;
  for (size_t at = 0; at < pairs.size(); at += 2) {
    if (hash->has(pairs[at], fields_now_ms(call)) != options.fxx) return false;
  }
  return true;
}

// The fields are stored and expire in the same moment.
void store_past(Call& call, HashEdit& hash, std::span<const std::string_view> pairs) {
  for (size_t at = 0; at < pairs.size(); at += 2) {
    if (!hash->empty()) hash->erase(pairs[at], Hash::kSeesAll);
  }
  if (hash.is_new()) call.db().notify(keyspace::kNewEvent, "new", hash.key());
  hash.changed(pairs.size() / 2, kHashEvent, "hset");
  hash.changed(0, kHashEvent, "hexpire");
  fields_expired(call, hash, pairs.size() / 2);
  if (hash.is_new()) call.db().notify(keyspace::kGenericEvent, "del", hash.key());
}

void store_fields(Call& call, HashEdit& hash, const Hash::Store& how, std::span<const std::string_view> pairs) {
  uint64_t expired = 0;
  for (size_t at = 0; at < pairs.size(); at += 2) {
    const Hash::Stored stored = hash->set(pairs[at], pairs[at + 1], how);
    if (stored == Hash::Stored::kReplacedExpired) ++expired;
  }
  fields_expired(call, hash, expired);
  hash.changed(pairs.size() / 2, kHashEvent, "hset");
  if (how.expiry_ms != Hash::kNoExpiry) hash.changed(0, kHashEvent, "hexpire");
}

void hsetex(Call& call) {
  const size_t fields_at = find_fields_word(call, 1);
  if (fields_at == 0) return call.fail(kFieldCountMismatch);
  const auto options = OptionReader(call, fields_at).read(true);
  if (!options) return call.fail(command::kSyntaxError);
  const auto pairs = read_fields(call, fields_at, kFieldCountMismatch, 2);
  if (!pairs) return;
  auto hash = call.edit<Hash>(call.key(0), Missing::kCreate);
  if (!hash) return call.fail(hash.error());
  // As the reference does, before the time is read: where the key does not fit, any time will do.
  if (!key_fits(*hash, *options)) return call.reply().integer(0);
  const auto expiry_ms = expiry_of(call, *options);
  if (!expiry_ms) return;
  if (!fields_fit(call, *hash, *options, *pairs)) return call.reply().integer(0);
  if (options->change == Change::kTime && is_past_for_fields(call, *expiry_ms)) {
    store_past(call, *hash, *pairs);
  } else {
    store_fields(call, *hash,
                 {.limits = hash_limits(call),
                  .now_ms = call.now_ms(),
                  .expiry_ms = *expiry_ms,
                  .keeps_expiry = options->change == Change::kKeep},
                 *pairs);
  }
  call.reply().integer(1);
}

void hgetdel(Call& call) {
  if (find_fields_word(call, 2) != 2) return call.fail(command::kSyntaxError);
  const auto fields = read_fields(call, 2, kFieldCountMismatch);
  if (!fields) return;
  auto hash = call.edit<Hash>(call.key(0), Missing::kNone);
  if (!hash) return call.fail(hash.error());
  const int64_t now_ms = fields_now_ms(call);
  uint64_t erased = 0;
  call.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const auto value = hash->exists() && !(*hash)->empty() ? (*hash)->get(field, now_ms) : std::nullopt;
    reply_element(call.reply(), value);
    if (value && (*hash)->erase(field, now_ms)) ++erased;
  }
  if (erased > 0) hash->changed(erased, kHashEvent, "hdel");
}

constexpr Spec kHashExpiring[] = {
    {.name = "hgetex",
     .arity = -5,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kAccess | kUpdate),
     .locks = LockClass::kKeys,
     .handler = hgetex,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Reads fields of a hash and sets or takes away their expiry.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 "
               "expiration(EX=seconds:i|PX=milliseconds:i|EXAT=unix-time-seconds:t|"
               "PXAT=unix-time-milliseconds:t|PERSIST)? "
               "FIELDS=fields[numfields:i0 field*]"},
    {.name = "hsetex",
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = hsetex,
     .group = Group::kHash,
     .since = "9.0.0",
     .summary = "Stores values in fields of a hash, with an expiry.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 key-condition(NX|XX)? fields-condition(FNX|FXX)? "
               "expiration(EX=seconds:i|PX=milliseconds:i|EXAT=unix-time-seconds:t|"
               "PXAT=unix-time-milliseconds:t|KEEPTTL)? "
               "FIELDS=fields[numfields:i0 data[field value]*]"},
    {.name = "hgetdel",
     .arity = -5,
     .flags = kWrite | kFast,
     .keys = one_key(kRW | kAccess | kDelete),
     .locks = LockClass::kKeys,
     .handler = hgetdel,
     .group = Group::kHash,
     .since = "9.1.0",
     .summary = "Reads fields of a hash and deletes them.",
     .complexity = "O(N) for N fields.",
     .syntax = "key:k0 FIELDS=fields[numfields:i0 field*]"},
};
static_assert(command::well_formed(kHashExpiring));

}  // namespace

std::span<const Spec> hash_expiring_commands() { return kHashExpiring; }

}  // namespace commands
