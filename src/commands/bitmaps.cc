// Commands that take the string at a key as a string of bits.
#include "commands/families.h"
#include "commands/strings_replies.h"
#include "values/bits.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Key;
using keyspace::LockClass;
using keyspace::TextBuffer;
using enum command::Flags;
using enum command::KeyFlags;

constexpr base::Error kBadOffset{"ERR bit offset is not an integer or out of range"};
constexpr base::Error kBadBit{"ERR bit is not an integer or out of range"};

// The bit that a word names, which must lie within the longest string that is allowed.
int64_t read_offset(Args& args, const Call& call) {
  const int64_t offset = args.integer(kBadOffset);
  if (offset < 0 || offset / 8 >= call.settings().proto_max_bulk_len) args.fail(kBadOffset);
  return offset;
}

void setbit(Call& call) {
  Args args(call.words(), 2);
  const auto offset = static_cast<size_t>(read_offset(args, call));
  const bool bit = args.integer(0, 1, kBadBit) == 1;
  if (args.failed()) return call.fail(args.error());
  const Key& key = call.key(0);
  const auto found = call.peek_string(key);
  if (!found) return call.fail(found.error());
  const size_t old_size = *found == nullptr ? 0 : (*found)->text_size();
  const size_t size = std::max(old_size, offset / 8 + 1);
  char* bytes = call.db().edit_text(key, size, 0);
  const bool was = values::set_bit({bytes, size}, offset, bit);
  if (was != bit || size != old_size) {
    call.db().count_changes(1);
    call.db().key_changed(key);
    call.db().notify(keyspace::kStringEvent, "setbit", key);
  }
  call.reply().integer(was ? 1 : 0);
}

void getbit(Call& call) {
  Args args(call.words(), 2);
  const auto offset = static_cast<size_t>(read_offset(args, call));
  if (args.failed()) return call.fail(args.error());
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  TextBuffer buffer;
  const bool bit = *found != nullptr && values::get_bit((*found)->text(buffer), offset);
  call.reply().integer(bit ? 1 : 0);
}

// The words "start [end [BYTE | BIT]]" behind a key.
struct Span {
  int64_t first = 0;
  int64_t last = -1;
  bool has_end = false;
  bool bits = false;
};

// The unit is checked before the end: "1 x FOO" is a syntax error, "x 1 FOO" no integer.
Span read_span(Args& args) {
  Span span;
  if (!args.more()) return span;
  if (args.left() > 3) args.fail(command::kSyntaxError);
  span.first = args.integer();
  if (!args.more()) return span;
  const std::string_view end = args.text();
  span.has_end = true;
  if (args.accept("BIT")) {
    span.bits = true;
  } else {
    args.accept("BYTE");
  }
  if (!args.done()) return span;
  const auto last = base::parse_int64(end);
  if (!last) args.fail(command::kNotAnInteger);
  span.last = last.value_or(0);
  return span;
}

// A range of elements, given in bytes or bits, as bits.
values::Range in_bits(values::Range range, bool bits) {
  return bits ? range : values::Range{range.begin * 8, range.end * 8};
}

void bitcount(Call& call) {
  Args args(call.words(), 2);
  const Span span = read_span(args);
  if (args.failed()) return call.fail(args.error());
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  if (*found == nullptr) return call.reply().integer(0);
  TextBuffer buffer;
  const std::string_view bytes = (*found)->text(buffer);
  const values::Range range = values::resolve(span.first, span.last, span.bits ? 8 * bytes.size() : bytes.size());
  call.reply().integer(static_cast<int64_t>(values::count_bits(bytes, in_bits(range, span.bits))));
}

void bitpos(Call& call) {
  Args args(call.words(), 2);
  const int64_t wanted = args.integer();
  if (wanted != 0 && wanted != 1) args.fail(base::Error{"ERR The bit argument must be 1 or 0."});
  const Span span = read_span(args);
  if (args.failed()) return call.fail(args.error());
  const auto found = call.read_string(call.key(0));
  if (!found) return call.fail(found.error());
  if (*found == nullptr) return call.reply().integer(wanted == 1 ? -1 : 0);
  TextBuffer buffer;
  const std::string_view bytes = (*found)->text(buffer);
  const size_t length = span.bits ? 8 * bytes.size() : bytes.size();
  const values::Range range = in_bits(values::resolve_clamped(span.first, span.last, length), span.bits);
  if (const auto at = values::find_bit(bytes, wanted == 1, range)) {
    return call.reply().integer(static_cast<int64_t>(*at));
  }
  // Without an end the string goes on with zeros for ever.
  const bool goes_on = wanted == 0 && !span.has_end && !range.empty();
  call.reply().integer(goes_on ? static_cast<int64_t>(8 * bytes.size()) : -1);
}

constexpr Spec kBitmaps[] = {
    {.name = "setbit",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = one_key(kRW | kAccess | kUpdate),
     .locks = LockClass::kKeys,
     .handler = setbit,
     .group = Group::kBitmap,
     .since = "2.2.0",
     .summary = "Sets or clears one bit of a string, which grows to hold it, and answers what it was.",
     .complexity = "O(1)",
     .syntax = "key:k0 offset:i value:i"},
    {.name = "getbit",
     .arity = 3,
     .flags = kReadOnly | kFast,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = getbit,
     .group = Group::kBitmap,
     .since = "2.2.0",
     .summary = "Reads one bit of a string.",
     .complexity = "O(1)",
     .syntax = "key:k0 offset:i"},
    {.name = "bitcount",
     .arity = -2,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = bitcount,
     .group = Group::kBitmap,
     .since = "2.6.0",
     .summary = "Counts the bits of a string that are 1.",
     .complexity = "O(N) where N is the number of bytes in the range",
     .history = "7.0.0 Knows `BYTE` and `BIT`.\n"
                "8.0.0 Counts to the last byte if only a start is given.",
     .syntax = "key:k0 range[start:i end-unit-block[end:i unit(BYTE|BIT)@7.0.0?]?]?"},
    {.name = "bitpos",
     .arity = -3,
     .flags = kReadOnly,
     .keys = one_key(kRO | kAccess),
     .locks = LockClass::kKeys,
     .handler = bitpos,
     .group = Group::kBitmap,
     .since = "2.8.7",
     .summary = "Finds the first bit of a string that is 1 or 0.",
     .complexity = "O(N) where N is the number of bytes in the range",
     .history = "7.0.0 Knows `BYTE` and `BIT`.",
     .syntax = "key:k0 bit:i range[start:i end-unit-block[end:i unit(BYTE|BIT)@7.0.0?]?]?"},
};
static_assert(command::well_formed(kBitmaps));

}  // namespace

std::span<const Spec> bitmap_commands() { return kBitmaps; }

}  // namespace commands
