// BITOP: combines the strings at many keys bit by bit and stores the result at another.
#include "commands/families.h"
#include "commands/strings_replies.h"
#include "values/bits.h"

namespace commands {
namespace {

using command::Call;
using command::Group;
using command::Spec;
using keyspace::Entry;
using keyspace::Key;
using keyspace::LockClass;
using keyspace::TextBuffer;
using values::BitOperation;
using enum command::Flags;
using enum command::KeyFlags;

struct Operation {
  std::string_view word;
  BitOperation operation;
  size_t sources_min = 1;
  size_t sources_max = SIZE_MAX;
  std::string_view wrong_count{};
};

// From DIFF on they are Redis 8.2's, which Valkey 9.1.2 refuses.
constexpr Operation kOperations[] = {
    {.word = "AND", .operation = BitOperation::kAnd},
    {.word = "OR", .operation = BitOperation::kOr},
    {.word = "XOR", .operation = BitOperation::kXor},
    {.word = "NOT",
     .operation = BitOperation::kNot,
     .sources_max = 1,
     .wrong_count = "ERR BITOP NOT must be called with a single source key."},
    {.word = "DIFF",
     .operation = BitOperation::kDiff,
     .sources_min = 2,
     .wrong_count = "ERR BITOP DIFF must be called with at least two source keys."},
    {.word = "DIFF1",
     .operation = BitOperation::kDiff1,
     .sources_min = 2,
     .wrong_count = "ERR BITOP DIFF1 must be called with at least two source keys."},
    {.word = "ANDOR",
     .operation = BitOperation::kAndOr,
     .sources_min = 2,
     .wrong_count = "ERR BITOP ANDOR must be called with at least two source keys."},
    {.word = "ONE", .operation = BitOperation::kOne},
};

const Operation* find_operation(std::string_view word) {
  for (const Operation& operation : kOperations) {
    if (command::same_word(word, operation.word)) return &operation;
  }
  return nullptr;
}

void bitop(Call& call) {
  const Operation* operation = find_operation(call.word(1));
  if (operation == nullptr) return call.fail(command::kSyntaxError);
  const Key& target = call.key(0);
  const std::span<const Key> keys = call.keys().subspan(1);
  if (keys.size() < operation->sources_min || keys.size() > operation->sources_max) {
    return call.fail(operation->wrong_count);
  }
  std::vector<std::string_view> sources(keys.size());
  std::vector<TextBuffer> buffers(keys.size());
  size_t longest = 0;
  for (size_t at = 0; at < keys.size(); ++at) {
    const auto found = call.read_string(keys[at]);
    if (!found) return call.fail(found.error());
    if (*found != nullptr) sources[at] = (*found)->text(buffers[at]);
    longest = std::max(longest, sources[at].size());
  }
  if (longest == 0) {
    if (call.db().erase(target)) call.db().notify(keyspace::kGenericEvent, "del", target);
  } else {
    std::string result(longest, '\0');
    values::combine(operation->operation, sources, result);
    call.db().set_raw(target, result, Entry::kNoExpiry);
    call.db().notify(keyspace::kStringEvent, "set", target);
  }
  call.reply().integer(static_cast<int64_t>(longest));
}

constexpr Spec kCombine[] = {
    {.name = "bitop",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(2, kOW | kUpdate), command::keys_from(3, -1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = bitop,
     .group = Group::kBitmap,
     .since = "2.6.0",
     .summary = "Combines strings bit by bit and stores the result at a key.",
     .complexity = "O(N) where N is the number of bytes in all the strings",
     .syntax = "operation(AND|OR|XOR|NOT) destkey:k0 key:k1*"},
};
static_assert(command::well_formed(kCombine));

}  // namespace

std::span<const Spec> bitmap_combine_commands() { return kCombine; }

}  // namespace commands
