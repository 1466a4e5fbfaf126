// Commands that read or write a part of the string at a key.
#include "base/numbers.h"
#include "commands/families.h"
#include "commands/strings_replies.h"
#include "values/byte_range.h"

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
using enum command::Flags;
using enum command::KeyFlags;

// Whether a string of `offset + bytes` bytes is allowed.
bool fits(const Call& call, uint64_t offset, uint64_t bytes) {
  const std::optional<uint64_t> size = base::checked_add(offset, bytes);
  return size && *size <= static_cast<uint64_t>(call.settings().proto_max_bulk_len);
}

// Copies `text` to `offset` of the string at a key and answers how long the string is now.
void write_at(Call& call, uint64_t offset, std::string_view text, uint64_t old_size) {
  const uint64_t size = std::max<uint64_t>(old_size, offset + text.size());
  char* bytes = call.db().edit_text(call.key(0), size);
  text.copy(bytes + offset, text.size());
  call.db().notify(keyspace::kStringEvent, call.spec().name, call.key(0));
  call.reply().integer(static_cast<int64_t>(size));
}

void append(Call& call) {
  const Key& key = call.key(0);
  const std::string_view text = call.word(2);
  const auto found = call.peek_string(key);
  if (!found) return call.fail(found.error());
  if (*found == nullptr) {
    call.db().set(key, text, Entry::kNoExpiry);
    call.db().notify(keyspace::kStringEvent, "append", key);
    return call.reply().integer(static_cast<int64_t>(text.size()));
  }
  const size_t old_size = (*found)->text_size();
  if (!fits(call, old_size, text.size())) return call.refuse(*found, command::kTooLong);
  write_at(call, old_size, text, old_size);
}

void setrange(Call& call) {
  const std::optional<int64_t> offset = base::parse_int64(call.word(2));
  if (!offset) return call.fail(command::kNotAnInteger);
  if (*offset < 0) return call.fail("ERR offset is out of range");
  const std::string_view text = call.word(3);
  const auto found = call.peek_string(call.key(0));
  if (!found) return call.fail(found.error());
  const size_t old_size = *found == nullptr ? 0 : (*found)->text_size();
  if (text.empty()) {
    if (*found != nullptr) call.db().touch(**found);
    return call.reply().integer(static_cast<int64_t>(old_size));
  }
  const auto at = static_cast<uint64_t>(*offset);
  if (!fits(call, at, text.size())) return call.refuse(*found, command::kTooLong);
  write_at(call, at, text, old_size);
}

void getrange(Call& call) {
  Args args(call.words(), 2);
  const int64_t first = args.integer();
  const int64_t last = args.integer();
  if (args.failed()) return call.fail(args.error());
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  if (*found == nullptr) return call.reply().bulk({});
  TextBuffer buffer;
  const std::string_view text = (*found)->text(buffer);
  const values::Range range = values::resolve(first, last, text.size());
  call.reply().bulk(text.substr(range.begin, range.size()));
}

void strlen(Call& call) {
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().integer(*found == nullptr ? 0 : static_cast<int64_t>((*found)->text_size()));
}

constexpr Spec kParts[] = {
    {.name = "append",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = one_key(kRW | kInsert),
     .locks = LockClass::kKeys,
     .handler = append,
     .group = Group::kString,
     .since = "2.0.0",
     .summary = "Adds to the end of the string at a key.",
     .complexity = "O(N) where N is the number of bytes added, spread over many calls",
     .syntax = "key:k0 value"},
    {.name = "setrange",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = one_key(kRW | kUpdate),
     .locks = LockClass::kKeys,
     .handler = setrange,
     .group = Group::kString,
     .since = "2.2.0",
     .summary = "Overwrites a part of the string at a key, with zero bytes before it where it was shorter.",
     .complexity = "O(N) where N is the number of bytes written",
     .syntax = "key:k0 offset:i value"},
    {.name = "getrange",
     .arity = 4,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = getrange,
     .group = Group::kString,
     .since = "2.4.0",
     .summary = "Reads a part of the string at a key.",
     .complexity = "O(N) where N is the number of bytes read",
     .syntax = "key:k0 start:i end:i"},
    {.name = "substr",
     .arity = 4,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = getrange,
     .group = Group::kString,
     .since = "1.0.0",
     .summary = "Reads a part of the string at a key: the older name of GETRANGE.",
     .complexity = "O(N) where N is the number of bytes read",
     .syntax = "key:k0 start:i end:i"},
    {.name = "strlen",
     .arity = 2,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO),
     .locks = LockClass::kKeys,
     .handler = strlen,
     .group = Group::kString,
     .since = "2.2.0",
     .summary = "Counts the bytes of the string at a key.",
     .complexity = "O(1)",
     .syntax = "key:k0"},
};
static_assert(command::well_formed(kParts));

}  // namespace

std::span<const Spec> string_parts_commands() { return kParts; }

}  // namespace commands
