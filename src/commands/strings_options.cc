#include "commands/strings_options.h"

#include "base/numbers.h"

namespace commands {
namespace {

using command::Args;
using command::Call;

constexpr int64_t kMsPerSecond = 1000;

// Takes a lifetime's word, and its text where it has one, unless another lifetime came before.
bool accept_lifetime(Args& args, StoreCommand command, StoreOptions& options) {
  const auto take = [&](std::string_view word, Lifetime lifetime, bool has_text) {
    if (!args.next_is(word)) return false;
    if (options.lifetime != Lifetime::kNone && options.lifetime != lifetime) return false;
    args.skip();
    options.lifetime = lifetime;
    if (has_text) options.lifetime_text = args.text();
    return true;
  };
  return take("EX", Lifetime::kSeconds, true) || take("PX", Lifetime::kMilliseconds, true) ||
         take("EXAT", Lifetime::kUntilSeconds, true) || take("PXAT", Lifetime::kUntilMilliseconds, true) ||
         (command == StoreCommand::kGetex ? take("PERSIST", Lifetime::kPersist, false)
                                          : take("KEEPTTL", Lifetime::kKeep, false));
}

bool accept_condition(Args& args, StoreCommand command, StoreOptions& options) {
  if (command == StoreCommand::kGetex) return false;
  const auto take = [&](std::string_view word, Condition condition) {
    if (!args.next_is(word)) return false;
    if (options.condition != Condition::kNone && options.condition != condition) return false;
    args.skip();
    options.condition = condition;
    return true;
  };
  if (take("NX", Condition::kIfMissing) || take("XX", Condition::kIfPresent)) return true;
  if (command != StoreCommand::kSet || options.condition != Condition::kNone) return false;
  if (!take("IFEQ", Condition::kIfEqual)) return false;
  options.comparison = args.text();
  return true;
}

}  // namespace

StoreOptions read_store_options(Args& args, StoreCommand command) {
  StoreOptions options;
  while (args.more()) {
    if (command == StoreCommand::kSet && args.accept("GET")) {
      options.get = true;
    } else if (!accept_condition(args, command, options) && !accept_lifetime(args, command, options)) {
      args.fail(command::kSyntaxError);
    }
  }
  return options;
}

std::optional<int64_t> expiry_of(Call& call, Lifetime lifetime, std::string_view text) {
  if (lifetime == Lifetime::kNone || lifetime == Lifetime::kKeep || lifetime == Lifetime::kPersist) {
    return keyspace::Entry::kNoExpiry;
  }
  std::optional<int64_t> expiry = base::parse_int64(text);
  if (!expiry) {
    call.fail(command::kNotAnInteger);
    return std::nullopt;
  }
  const bool positive = *expiry > 0;
  if (lifetime == Lifetime::kSeconds || lifetime == Lifetime::kUntilSeconds) {
    expiry = base::checked_multiply(*expiry, kMsPerSecond);
  }
  if (expiry && (lifetime == Lifetime::kSeconds || lifetime == Lifetime::kMilliseconds)) {
    expiry = base::checked_add(*expiry, call.now_ms());
  }
  if (positive && expiry) return expiry;
  call.fail(command::invalid_expiry(call.spec().name));
  return std::nullopt;
}

bool is_past(Call& call, int64_t expiry_ms) {
  return expiry_ms != keyspace::Entry::kNoExpiry && expiry_ms <= call.now_ms() && call.db().unit().expires;
}

}  // namespace commands
