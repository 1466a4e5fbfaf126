// What the commands of sorted sets share: limits, ranges as they are written, and replies.
#pragma once

#include <optional>
#include <string_view>

#include "command/call.h"
#include "commands/limits.h"
#include "values/sorted_set.h"

namespace commands {

constexpr command::Error kNoScoreRange{"ERR min or max is not a float"};
constexpr command::Error kNoTextRange{"ERR min or max not valid string range item"};
constexpr command::Error kNotPositive{"ERR value is out of range, must be positive"};
constexpr command::Error kNoKeyCount{"ERR numkeys should be greater than 0"};
constexpr command::Error kNoPopCount{"ERR count should be greater than 0"};
constexpr command::Error kScoreNotANumber{"ERR resulting score is not a number (NaN)"};

// What ZADD, ZINCRBY and GEOADD were asked to do.
struct AddOptions {
  values::AddRule rule;
  bool count_changed = false;
};

struct ScoredMember {
  double score;
  std::string_view member;
};

// NX, XX and CH; with `all` also INCR, GT and LT. Ends at the first word that is none.
AddOptions read_add_options(command::Args& args, bool all);
// Adds them at the call's key, and replies.
void add_members(command::Call& call, const AddOptions& options, std::span<const ScoredMember> members);

// "1.5", "(1.5", "-inf": the ends of a range of scores.
std::optional<values::ScoreRange> parse_score_range(std::string_view min, std::string_view max);
// "[a", "(a", "-", "+": the ends of a range of members.
std::optional<values::TextRange> parse_text_range(std::string_view min, std::string_view max);
// Ranks from `start` to `stop`, both inclusive and from the end if negative, of `size`.
values::RankSlice slice_of_ranks(int64_t start, int64_t stop, uint64_t size);

// A list of members, with scores if they are wanted: in RESP3 each pair is an array then.
class MemberReply {
 public:
  MemberReply(resp::Writer& reply, uint64_t count, bool with_scores) : MemberReply(reply, with_scores) {
    reply_.array(with_scores_ && !nests_ ? count * 2 : count);
  }
  // For one that was begun.
  MemberReply(resp::Writer& reply, bool with_scores)
      : reply_(reply), with_scores_(with_scores), nests_(with_scores && reply_.version() >= 3) {}
  void add(std::string_view member, double score) {
    if (nests_) reply_.array(2);
    reply_.bulk(member);
    if (with_scores_) reply_.real(score);
  }

 private:
  resp::Writer& reply_;
  bool with_scores_;
  bool nests_;
};

// Which members leave: from the end or the beginning, at most so many.
struct MemberPop {
  bool from_end = false;
  uint64_t count = 1;
};

// Writes the pairs that leave, and lets them go. REQUIRES: there are as many.
void pop_members(command::Call& call, keyspace::Edit<values::SortedSet>& edit, MemberPop what, bool nests);
// What ZMPOP and BZMPOP say, from the number of keys on.
MemberPop parse_member_pop(command::Args& args);
// Pops from the first of the call's keys that is there, and answers it with its pairs, or an error. False: there is
// none, and no answer.
bool pop_from_first(command::Call& call, MemberPop what);

// Stores a result in place of whatever the key held, and tells of it; an empty one leaves no key. Replies its size.
void store_sorted_set(command::Call& call, const keyspace::Key& key, values::SortedSet made, std::string_view event);

}  // namespace commands
