#include "commands/hashes_fields.h"

#include "base/numbers.h"

namespace commands {

using command::Call;

size_t find_fields_word(Call& call, size_t first) {
  for (size_t at = first; at + 1 < call.count(); ++at) {
    if (command::same_word(call.word(at), "FIELDS")) return at;
  }
  return 0;
}

std::optional<std::span<const std::string_view>> read_fields(Call& call, size_t fields_at, command::Error mismatch,
                                                             size_t stride) {
  const std::optional<int64_t> declared = base::parse_int64(call.word(fields_at + 1));
  if (!declared) {
    call.fail(command::kNotAnInteger);
    return std::nullopt;
  }
  const auto fields = call.words().subspan(fields_at + 2);
  // As the reference does, HSETEX doubles the count before it looks, and takes what wraps around to the right number:
  // tests/differential, seed 1.
  const auto count = static_cast<uint64_t>(*declared);
  if (fields.empty() || count * stride != fields.size()) {
    call.fail(mismatch);
    return std::nullopt;
  }
  return fields;
}

std::optional<int64_t> read_field_expiry(Call& call, std::string_view word, TimeForm form) {
  constexpr int64_t kMsPerSecond = 1000;
  std::optional<int64_t> expiry = base::parse_int64(word);
  if (!expiry) {
    call.fail(command::kNotAnInteger);
    return std::nullopt;
  }
  const bool negative = *expiry < 0;
  if (form == TimeForm::kSeconds || form == TimeForm::kUntilSeconds) {
    expiry = base::checked_multiply(*expiry, kMsPerSecond);
  }
  if (expiry && (form == TimeForm::kSeconds || form == TimeForm::kMilliseconds)) {
    expiry = base::checked_add(*expiry, call.now_ms());
  }
  if (expiry && !negative) return expiry;
  call.fail(command::invalid_expiry(call.spec().name));
  return std::nullopt;
}

}  // namespace commands
