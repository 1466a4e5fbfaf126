// LCS: the longest common subsequence of the strings at two keys.
#include "commands/families.h"
#include "commands/strings_replies.h"
#include "values/lcs.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using keyspace::TextBuffer;
using enum command::Flags;
using enum command::KeyFlags;

struct LcsOptions {
  bool length = false;
  bool indexes = false;
  bool match_lengths = false;
  int64_t length_min = 0;
};

constexpr base::Error kNotStrings{"ERR The specified keys must contain string values"};
constexpr base::Error kBothForms{"ERR If you want both the length and indexes, please just use IDX."};
constexpr base::Error kTextTooLong{"ERR String too long for LCS"};
constexpr base::Error kTableTooLarge{"ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"};
constexpr base::Error kNoMemory{"ERR Insufficient memory, failed allocating transient memory for LCS"};

LcsOptions read_options(Args& args) {
  LcsOptions options;
  while (args.more()) {
    if (args.accept("IDX")) {
      options.indexes = true;
    } else if (args.accept("LEN")) {
      options.length = true;
    } else if (args.accept("WITHMATCHLEN")) {
      options.match_lengths = true;
    } else if (args.left() > 1 && args.accept("MINMATCHLEN")) {
      options.length_min = std::max<int64_t>(0, args.integer());
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  if (options.length && options.indexes) args.fail(kBothForms);
  return options;
}

void reply_range(resp::Writer& reply, values::Range range) {
  reply.array(2);
  reply.integer(static_cast<int64_t>(range.begin));
  reply.integer(static_cast<int64_t>(range.end) - 1);
}

void reply_matches(resp::Writer& reply, const values::LcsMatches& found, bool with_lengths) {
  reply.map(2);
  reply.bulk("matches");
  reply.array(found.matches.size());
  for (const values::LcsMatch& match : found.matches) {
    reply.array(with_lengths ? 3 : 2);
    reply_range(reply, match.a);
    reply_range(reply, match.b);
    if (with_lengths) reply.integer(static_cast<int64_t>(match.a.size()));
  }
  reply.bulk("len");
  reply.integer(static_cast<int64_t>(found.length));
}

void lcs(Call& call) {
  std::string_view texts[2];
  TextBuffer buffers[2];
  bool are_strings = true;
  for (size_t at = 0; at < 2; ++at) {
    const auto found = call.read_string(call.key(at));
    if (!found) are_strings = false;
    if (found && *found != nullptr) texts[at] = (*found)->text(buffers[at]);
  }
  if (!are_strings) return call.fail(kNotStrings);
  Args args(call.words(), 3);
  const LcsOptions options = read_options(args);
  if (args.failed()) return call.fail(args.error());
  const auto [a, b] = texts;
  if (a.size() >= UINT32_MAX - 1 || b.size() >= UINT32_MAX - 1) return call.fail(kTextTooLong);
  const std::optional<uint64_t> table_bytes = values::lcs_table_bytes(a.size(), b.size());
  if (!table_bytes || *table_bytes > static_cast<uint64_t>(call.settings().proto_max_bulk_len)) {
    return call.fail(kTableTooLarge);
  }
  if (options.length) return call.reply().integer(static_cast<int64_t>(values::lcs_length(a, b)));
  if (options.indexes) {
    const auto found = values::lcs_matches(a, b, static_cast<size_t>(options.length_min));
    return found ? reply_matches(call.reply(), *found, options.match_lengths) : call.fail(kNoMemory);
  }
  const std::optional<std::string> text = values::lcs_text(a, b);
  return text ? call.reply().bulk(*text) : call.fail(kNoMemory);
}

constexpr Spec kLcs[] = {
    {.name = "lcs",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {command::keys_from(1, 1, 1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = lcs,
     .group = Group::kString,
     .since = "7.0.0",
     .summary = "Finds the longest common subsequence of the strings at two keys.",
     .complexity = "O(N*M) where N and M are the lengths of the two strings",
     .syntax = "key1:k0 key2:k0 LEN? IDX? MINMATCHLEN=min-match-len:i? WITHMATCHLEN?"},
};
static_assert(command::well_formed(kLcs));

}  // namespace

std::span<const Spec> lcs_commands() { return kLcs; }

}  // namespace commands
