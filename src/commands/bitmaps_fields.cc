// BITFIELD and BITFIELD_RO: integers of any width at any bit of the string at a key.
#include "commands/families.h"
#include "commands/strings_replies.h"
#include "values/bit_field.h"

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
using values::FieldType;
using values::Overflow;
using enum command::Flags;
using enum command::KeyFlags;

constexpr base::Error kBadType{
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."};
constexpr base::Error kBadOffset{"ERR bit offset is not an integer or out of range"};
constexpr base::Error kBadOverflow{"ERR Invalid OVERFLOW type specified"};
constexpr base::Error kOnlyGet{"ERR BITFIELD_RO only supports the GET subcommand"};

struct FieldStep {
  enum class Kind : uint8_t { kGet, kSet, kIncrement };
  Kind kind = Kind::kGet;
  Overflow overflow = Overflow::kWrap;
  FieldType type;
  uint64_t offset = 0;
  int64_t value = 0;

  bool writes() const { return kind != Kind::kGet; }
};

Overflow read_overflow(Args& args) {
  if (args.accept("WRAP")) return Overflow::kWrap;
  if (args.accept("SAT")) return Overflow::kSaturate;
  if (args.accept("FAIL")) return Overflow::kFail;
  args.fail(kBadOverflow);
  return Overflow::kWrap;
}

// Reads "type offset [value]" behind a subcommand's name.
void read_field(Args& args, const Call& call, FieldStep& step) {
  if (args.left() < (step.writes() ? 3 : 2)) return args.fail(command::kSyntaxError);
  const auto type = values::parse_field_type(args.text());
  if (!type) return args.fail(kBadType);
  const auto bytes_max = static_cast<uint64_t>(call.settings().proto_max_bulk_len);
  const auto offset = values::parse_field_offset(args.text(), *type, bytes_max);
  if (!offset) return args.fail(kBadOffset);
  step.type = *type;
  step.offset = *offset;
  if (step.writes()) step.value = args.integer();
}

std::vector<FieldStep> read_steps(Args& args, const Call& call) {
  std::vector<FieldStep> steps;
  Overflow overflow = Overflow::kWrap;
  while (args.more()) {
    FieldStep step;
    if (args.accept("GET")) {
      step.kind = FieldStep::Kind::kGet;
    } else if (args.accept("SET")) {
      step.kind = FieldStep::Kind::kSet;
    } else if (args.accept("INCRBY")) {
      step.kind = FieldStep::Kind::kIncrement;
    } else if (args.left() > 1 && args.accept("OVERFLOW")) {
      overflow = read_overflow(args);
      continue;
    } else {
      args.fail(command::kSyntaxError);
      break;
    }
    step.overflow = overflow;
    read_field(args, call, step);
    steps.push_back(step);
  }
  return steps;
}

// Writes one field and its reply. True if a field was written and is not what it was.
bool run_write(resp::Writer& reply, const FieldStep& step, std::span<char> bytes, bool grew) {
  const bool sets = step.kind == FieldStep::Kind::kSet;
  const int64_t old = values::get_field({bytes.data(), bytes.size()}, step.type, step.offset);
  const auto made = sets ? values::field_set_to(step.type, step.value, step.overflow)
                         : values::field_increment(step.type, old, step.value, step.overflow);
  if (!made) {
    reply.null();
    return false;
  }
  values::put_field(bytes, step.type, step.offset, *made);
  reply.integer(sets ? old : *made);
  return grew || *made != old;
}

void run_reads(Call& call, std::span<const FieldStep> steps) {
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  TextBuffer buffer;
  const std::string_view bytes = *found == nullptr ? std::string_view() : (*found)->text(buffer);
  call.reply().array(steps.size());
  for (const FieldStep& step : steps) call.reply().integer(values::get_field(bytes, step.type, step.offset));
}

void run_writes(Call& call, std::span<const FieldStep> steps) {
  const Key& key = call.key(0);
  const auto found = call.peek_string(key);
  if (!found) return call.fail(found.error());
  const size_t old_size = *found == nullptr ? 0 : (*found)->text_size();
  size_t size = old_size;
  for (const FieldStep& step : steps) {
    if (step.writes()) size = std::max(size, static_cast<size_t>(values::field_end(step.type, step.offset)));
  }
  const std::span<char> bytes{call.db().edit_text(key, size, 0), size};
  uint64_t changes = 0;
  call.reply().array(steps.size());
  for (const FieldStep& step : steps) {
    if (step.writes()) {
      changes += run_write(call.reply(), step, bytes, size != old_size) ? 1 : 0;
    } else {
      call.reply().integer(values::get_field({bytes.data(), size}, step.type, step.offset));
    }
  }
  if (changes == 0) return;
  call.db().count_changes(changes);
  call.db().key_changed(key);
  call.db().notify(keyspace::kStringEvent, "setbit", key);
}

bool any_writes(std::span<const FieldStep> steps) {
  for (const FieldStep& step : steps) {
    if (step.writes()) return true;
  }
  return false;
}

void bitfield(Call& call) {
  Args args(call.words(), 2);
  const std::vector<FieldStep> steps = read_steps(args, call);
  if (args.failed()) return call.fail(args.error());
  if (any_writes(steps)) return run_writes(call, steps);
  run_reads(call, steps);
}

void bitfield_ro(Call& call) {
  Args args(call.words(), 2);
  const std::vector<FieldStep> steps = read_steps(args, call);
  if (args.failed()) return call.fail(args.error());
  if (any_writes(steps)) return call.fail(kOnlyGet);
  run_reads(call, steps);
}

// Only GET and OVERFLOW, each with the words it needs, leave the key as it is.
uint16_t key_flags_of_bitfield(std::span<const std::string_view> words) {
  for (size_t at = 2; at < words.size(); ++at) {
    const size_t left = words.size() - at - 1;
    if (command::same_word(words[at], "GET") && left >= 2) {
      at += 2;
    } else if (command::same_word(words[at], "OVERFLOW") && left >= 1) {
      at += 1;
    } else {
      return kRW | kAccess | kUpdate;
    }
  }
  return kRO | kAccess;
}

constexpr Spec kFields[] = {
    {.name = "bitfield",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(1, kRW | kAccess | kUpdate | kVariableFlags,
                              "It reads with `GET` alone, else it writes.")},
     .locks = LockClass::kKeys,
     .handler = bitfield,
     .group = Group::kBitmap,
     .since = "3.2.0",
     .summary = "Reads and writes integers of any width within a string.",
     .complexity = "O(1) for each field",
     .syntax = "key:k0 operation(GET=get-block[encoding offset:i]|write[OVERFLOW=overflow-block(WRAP|SAT|FAIL)? "
               "write-operation(SET=set-block[encoding offset:i value:i]|INCRBY=incrby-block[encoding offset:i "
               "increment:i])])?*",
     .key_flags = key_flags_of_bitfield},
    {.name = "bitfield_ro",
     .arity = -2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = bitfield_ro,
     .group = Group::kBitmap,
     .since = "6.0.0",
     .summary = "Reads integers of any width within a string.",
     .complexity = "O(1) for each field",
     .syntax = "key:k0 GET=get-block[encoding offset:i]?+"},
};
static_assert(command::well_formed(kFields));

}  // namespace

std::span<const Spec> bitmap_fields_commands() { return kFields; }

}  // namespace commands
