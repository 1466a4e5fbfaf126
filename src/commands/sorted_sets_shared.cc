// What sorted_sets.h declares: how ranges read, and how a result is stored.
#include "commands/sorted_sets.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace commands {

using values::TextBound;

namespace {

// As the reference reads it: up to a NUL, nothing is 0, and what is beyond the range of a double is infinite or 0.
std::optional<double> parse_score(std::string_view text) {
  text = command::repeated(text);
  if (text.empty()) return 0;
  if (const auto value = base::parse_double(text)) return value;
  if (text.find_first_of("xXnN") != text.npos) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  const double beyond = std::strtod(copy.c_str(), &end);
  return std::isspace(static_cast<unsigned char>(text[0])) == 0 && *end == '\0' ? std::optional(beyond) : std::nullopt;
}

std::optional<TextBound> parse_bound(std::string_view text) {
  if (text == "-") return TextBound{.kind = TextBound::Kind::kLowest};
  if (text == "+") return TextBound{.kind = TextBound::Kind::kHighest};
  if (text.empty() || (text[0] != '[' && text[0] != '(')) return std::nullopt;
  return TextBound{.exclusive = text[0] == '(', .text = text.substr(1)};
}

}  // namespace

std::optional<values::ScoreRange> parse_score_range(std::string_view min, std::string_view max) {
  const bool min_exclusive = min.starts_with('('), max_exclusive = max.starts_with('(');
  const auto low = parse_score(min.substr(min_exclusive ? 1 : 0));
  const auto high = parse_score(max.substr(max_exclusive ? 1 : 0));
  if (!low || !high) return std::nullopt;
  return values::ScoreRange{*low, *high, min_exclusive, max_exclusive};
}

std::optional<values::TextRange> parse_text_range(std::string_view min, std::string_view max) {
  const auto low = parse_bound(min), high = parse_bound(max);
  if (!low || !high) return std::nullopt;
  return values::TextRange{*low, *high};
}

values::RankSlice slice_of_ranks(int64_t start, int64_t stop, uint64_t size) {
  const auto count = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + count, 0);
  if (stop < 0) stop += count;
  stop = std::min(stop, count - 1);
  if (start > stop || start >= count) return {};
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop - start + 1)};
}

void store_sorted_set(command::Call& call, const keyspace::Key& key, values::SortedSet made, std::string_view event) {
  const uint64_t size = made.size();
  if (size == 0) {
    made.destroy();
    if (call.db().erase(key)) call.db().notify(keyspace::kGenericEvent, "del", key);
  } else {
    call.db().set_collection(key, {values::Type::kSortedSet, made.word()}, keyspace::Entry::kNoExpiry);
    call.db().notify(keyspace::kSortedSetEvent, event, key);
  }
  call.reply().integer(static_cast<int64_t>(size));
}

}  // namespace commands
