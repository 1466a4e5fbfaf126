// Commands that take the string at a key as a HyperLogLog.
#include "values/hyperloglog.h"

#include <cmath>
#include <string>

#include "commands/families.h"
#include "commands/strings_replies.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;
using keyspace::TextBuffer;
using values::HyperLogLog;
using values::Raised;
using enum command::Flags;
using enum command::KeyFlags;

constexpr base::Error kNotHyperLogLog{"WRONGTYPE Key is not a valid HyperLogLog string value."};
constexpr base::Error kCorrupt{"INVALIDOBJ Corrupted HLL object detected"};

// The HyperLogLog at an entry that was found, or nothing where there is none.
base::Result<std::optional<HyperLogLog>> as_hyperloglog(const Entry* entry) {
  if (entry == nullptr) return std::optional<HyperLogLog>();
  if (entry->type() != keyspace::Type::kString) return command::kWrongType;
  if (entry->integer()) return kNotHyperLogLog;
  TextBuffer unused;
  const std::optional<HyperLogLog> found = HyperLogLog::of(entry->text(unused));
  if (!found) return kNotHyperLogLog;
  return found;
}

size_t sparse_max_bytes(const Call& call) { return static_cast<size_t>(call.settings().hll_sparse_max_bytes); }

// Writes changed bytes over the HyperLogLog at a key, which keeps its expiry.
void store(Call& call, const Key& key, std::string_view bytes, uint64_t changes) {
  char* out = call.db().edit_text(key, bytes.size(), changes);
  std::memcpy(out, bytes.data(), bytes.size());
}

// One event for all that change a HyperLogLog.
void notify(Call& call) { call.db().notify(keyspace::kStringEvent, "pfadd", call.key(0)); }

std::string copy_of(const Entry& entry) {
  TextBuffer unused;
  return std::string(entry.text(unused));
}

void add_to_new(Call& call) {
  std::string bytes(HyperLogLog::empty());
  for (const std::string_view element : call.words().subspan(2)) {
    values::raise_register(bytes, HyperLogLog::mark_of(element), sparse_max_bytes(call));
  }
  values::void_count(bytes);  // that of one without elements too, as in the reference
  call.db().set_raw(call.key(0), bytes, Entry::kNoExpiry);
  notify(call);
  call.reply().integer(1);
}

// In place, but only from the first element on that changes anything.
void add_to_dense(Call& call, const HyperLogLog& old) {
  const std::span<const std::string_view> words = call.words();
  const auto raises = [&old](std::string_view element) {
    const HyperLogLog::Mark mark = HyperLogLog::mark_of(element);
    return old.dense_register(mark.index) < mark.rank;
  };
  size_t at = 2;
  while (at < words.size() && !raises(words[at])) ++at;
  if (at == words.size()) return call.reply().integer(0);
  const std::span<char> bytes{call.db().edit_text(call.key(0), HyperLogLog::kDenseBytes, 0), HyperLogLog::kDenseBytes};
  uint64_t changes = 0;
  for (; at < words.size(); ++at) {
    if (values::raise_dense_register(bytes, HyperLogLog::mark_of(words[at]))) ++changes;
  }
  call.db().count_changes(changes);
  call.db().key_changed(call.key(0));
  notify(call);
  call.reply().integer(1);
}

void add_to_sparse(Call& call, const Entry& entry) {
  std::string bytes = copy_of(entry);
  uint64_t changes = 0;
  for (const std::string_view element : call.words().subspan(2)) {
    const Raised raised = values::raise_register(bytes, HyperLogLog::mark_of(element), sparse_max_bytes(call));
    if (raised == Raised::kCorrupt) {
      // What was added before stays, as in the reference.
      if (changes > 0) store(call, call.key(0), bytes, 0);
      return call.fail(kCorrupt);
    }
    if (raised == Raised::kYes) ++changes;
  }
  if (changes > 0) {
    store(call, call.key(0), bytes, changes);
    notify(call);
  }
  call.reply().integer(changes > 0 ? 1 : 0);
}

void pfadd(Call& call) {
  Entry* entry = call.db().find_to_change(call.key(0));
  const auto found = as_hyperloglog(entry);
  if (!found) return call.fail(found.error());
  if (!found->has_value()) return add_to_new(call);
  entry->mark_raw();
  (*found)->dense() ? add_to_dense(call, **found) : add_to_sparse(call, *entry);
}

// Raises registers to those of all keys that exist. False: an error was replied.
bool raise_by_keys(Call& call, HyperLogLog::Registers& registers, bool& has_dense) {
  for (const Key& key : call.keys()) {
    const auto found = as_hyperloglog(call.db().read(key));
    if (!found) return call.fail(found.error()), false;
    if (!found->has_value()) continue;
    has_dense |= (*found)->dense();
    if (!(*found)->raise(registers)) return call.fail(kCorrupt), false;
  }
  return true;
}

void count_many(Call& call) {
  HyperLogLog::Registers registers{};
  bool has_dense = false;
  if (!raise_by_keys(call, registers, has_dense)) return;
  call.reply().integer(static_cast<int64_t>(values::count_registers(registers)));
}

// The count of one key is kept in its header, so this reading command may write.
void pfcount(Call& call) {
  if (call.keys().size() > 1) return count_many(call);
  const Key& key = call.key(0);
  Entry* entry = call.db().read(key);
  const auto found = as_hyperloglog(entry);
  if (!found) return call.fail(found.error());
  if (!found->has_value()) return call.reply().integer(0);
  entry->mark_raw();
  if (const auto cached = (*found)->cached_count()) return call.reply().integer(static_cast<int64_t>(*cached));
  const std::optional<uint64_t> count = (*found)->count();
  if (!count) return call.fail(kCorrupt);
  const size_t size = entry->text_size();
  values::cache_count({call.db().edit_text(key, size, 1), size}, *count);
  call.reply().integer(static_cast<int64_t>(*count));
}

bool write_registers(std::string& bytes, const HyperLogLog::Registers& registers, bool dense, size_t sparse_max_bytes) {
  if (dense) {
    if (!values::make_dense(bytes)) return false;
    values::set_dense_registers(bytes, registers);
    return true;
  }
  for (uint32_t i = 0; i < registers.size(); ++i) {
    if (registers[i] != 0) values::raise_register(bytes, {i, registers[i]}, sparse_max_bytes);
  }
  values::void_count(bytes);
  return true;
}

void pfmerge(Call& call) {
  HyperLogLog::Registers registers{};
  bool has_dense = false;
  if (!raise_by_keys(call, registers, has_dense)) return;
  const Key& target = call.key(0);
  const Entry* entry = call.db().find_to_change(target);
  std::string bytes = entry == nullptr ? std::string(HyperLogLog::empty()) : copy_of(*entry);
  if (!write_registers(bytes, registers, has_dense, sparse_max_bytes(call))) return call.fail(kCorrupt);
  store(call, target, bytes, 1);
  notify(call);
  call.reply().ok();
}

// The value means what it meant, so that no one who watches the key is told; it counts as a change, as in the
// reference.
void store_dense(Call& call, std::string_view bytes) {
  store(call, call.key(0), bytes, 0);
  call.db().count_changes(1);
}

void debug_registers(Call& call, std::string bytes) {
  const bool was_dense = HyperLogLog::of(bytes)->dense();
  if (!values::make_dense(bytes)) return call.fail(kCorrupt);
  if (!was_dense) store_dense(call, bytes);
  HyperLogLog::Registers registers{};
  HyperLogLog::of(bytes)->raise(registers);
  call.reply().array(registers.size());
  for (const uint8_t value : registers) call.reply().integer(value);
}

void debug_to_dense(Call& call, std::string bytes) {
  const bool was_dense = HyperLogLog::of(bytes)->dense();
  if (!values::make_dense(bytes)) return call.fail(kCorrupt);
  if (!was_dense) store_dense(call, bytes);
  call.reply().integer(was_dense ? 0 : 1);
}

// There is one way to count, which the compiler made of vectors: nothing to choose, so the choice is only acknowledged.
void debug_simd(Call& call) {
  if (command::same_word(call.word(2), "on")) return call.reply().simple("enabled");
  if (command::same_word(call.word(2), "off")) return call.reply().simple("disabled");
  call.fail("ERR Argument must be ON or OFF");
}

void pfdebug(Call& call) {
  Args args(call.words());
  if (args.accept("simd")) return debug_simd(call);
  Entry* entry = call.db().find_to_change(call.key(0));
  if (entry == nullptr) return call.fail("ERR The specified key does not exist");
  const auto found = as_hyperloglog(entry);
  if (!found) return call.fail(found.error());
  entry->mark_raw();
  const HyperLogLog& value = **found;
  if (args.accept("getreg")) return debug_registers(call, copy_of(*entry));
  if (args.accept("todense")) return debug_to_dense(call, copy_of(*entry));
  if (args.accept("encoding")) return call.reply().simple(value.dense() ? "dense" : "sparse");
  if (!args.accept("decode")) {
    return call.fail("ERR Unknown PFDEBUG subcommand '" + std::string(command::repeated(call.word(1))) + "'");
  }
  if (value.dense()) return call.fail("ERR HLL encoding is not sparse");
  call.reply().bulk(value.runs_text());
}

// Whether every register of a dense one holds what was written last, and its neighbours with it.
bool test_registers(base::Random& random) {
  std::string bytes(HyperLogLog::empty());
  values::make_dense(bytes);
  HyperLogLog::Registers model{};
  for (int round = 0; round < 100; ++round) {
    for (uint32_t i = 0; i < model.size(); ++i) {
      const auto rank = static_cast<uint8_t>(random.below(64));
      if (values::raise_dense_register(bytes, {i, rank}) != (rank > model[i])) return false;
      model[i] = std::max(model[i], rank);
      if (HyperLogLog::of(bytes)->dense_register(i) != model[i]) return false;
    }
    HyperLogLog::Registers read{};
    HyperLogLog::of(bytes)->raise(read);
    if (read != model) return false;
    for (uint8_t& value : model) value = static_cast<uint8_t>(random.below(64));
    values::set_dense_registers(bytes, model);
  }
  return true;
}

// Whether counts are near the truth, and the same for both encodings. The bound is six standard errors.
bool test_counts(base::Random& random) {
  const uint64_t salt = random.next();
  std::string dense(HyperLogLog::empty());
  values::make_dense(dense);
  std::string sparse(HyperLogLog::empty());
  uint64_t checkpoint = 1;
  for (uint64_t count = 1; count <= 1'000'000; ++count) {
    const uint64_t element = count ^ salt;
    const HyperLogLog::Mark mark = HyperLogLog::mark_of({reinterpret_cast<const char*>(&element), sizeof element});
    values::raise_dense_register(dense, mark);
    values::raise_register(sparse, mark, 3000);
    if (count != checkpoint) continue;
    checkpoint *= 10;
    const std::optional<uint64_t> counted = HyperLogLog::of(dense)->count();
    if (HyperLogLog::of(sparse)->count() != counted) return false;
    const double error = 1.04 / std::sqrt(HyperLogLog::kRegisters);
    const double most = count == 10 ? 1 : std::ceil(error * 6 * static_cast<double>(count));
    if (std::fabs(static_cast<double>(*counted) - static_cast<double>(count)) > most) return false;
  }
  return true;
}

void pfselftest(Call& call) {
  base::Random& random = call.db().unit().random;
  if (!test_registers(random)) return call.fail("ERR TESTFAILED a register does not hold what was written");
  if (!test_counts(random)) return call.fail("ERR TESTFAILED a count is too far from the truth");
  call.reply().ok();
}

constexpr Spec kHyperLogLogs[] = {
    {.name = "pfadd",
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = pfadd,
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .summary = "Adds elements to a HyperLogLog, which is made if the key does not exist.",
     .complexity = "O(1) for each element",
     .syntax = "key:k0 element?*"},
    {.name = "pfcount",
     .arity = -2,
     .flags = kReadOnly | kMayReplicate,
     .keys = {command::KeySpec{.flags = kRW | kAccess,
                               .find = command::KeySpec::Find::kRange,
                               .index = 1,
                               .last = -1,
                               .notes = "The count of a single key is kept in its value."}},
     .locks = LockClass::kKeys,
     .handler = pfcount,
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .summary = "Estimates how many distinct elements were added to one HyperLogLog, or to any of several.",
     .complexity = "O(1) for a single key whose count is known, else O(N) of the keys, with a large constant",
     .syntax = "key:k0*"},
    {.name = "pfmerge",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(1, kRW | kAccess | kInsert), command::keys_from(2, -1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = pfmerge,
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .summary = "Adds all that was added to some HyperLogLogs to another one.",
     .complexity = "O(N) of the keys, with a large constant",
     .syntax = "destkey:k0 sourcekey:k1?*"},
    {.name = "pfdebug",
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin | kDocSyscmd,
     .keys = {command::key_at(2, kRW | kAccess)},
     .locks = LockClass::kKeys,
     .handler = pfdebug,
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .summary = "Shows how a HyperLogLog is held.",
     .complexity = "O(1)",
     .syntax = "subcommand key:k0"},
    {.name = "pfselftest",
     .arity = 1,
     .flags = kAdmin | kDocSyscmd,
     .locks = LockClass::kNone,
     .handler = pfselftest,
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .summary = "Checks the HyperLogLogs' own code.",
     .complexity = "O(1)",
     .syntax = ""},
};
static_assert(command::well_formed(kHyperLogLogs));

}  // namespace

std::span<const Spec> hyperloglog_commands() { return kHyperLogLogs; }

}  // namespace commands
