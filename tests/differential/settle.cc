// Determinism of commands. See settle.h.
#include "settle.h"

#include <strings.h>

#include <algorithm>
#include <cctype>

namespace differential {

namespace {

using Words = std::vector<std::string>;

constexpr const char* kAllMembers = "1000000";

bool same_word(const std::string& word, const char* other) { return strcasecmp(word.c_str(), other) == 0; }

bool names_text_key(const Words& words) { return std::find(words.begin(), words.end(), kTextKey) != words.end(); }

// A negative count of HRANDFIELD and its like repeats elements, and both servers answer in full: a damaged command with
// a count of quadrillions would keep them busy for ever.
void bound_random_count(Words* words) {
  constexpr size_t kDigitsMax = 4;
  for (size_t at = 2; at < words->size(); at++) {
    std::string& word = (*words)[at];
    if (word.starts_with('-') && word.size() > kDigitsMax) word.resize(kDigitsMax);
  }
}

bool has_word(const Words& words, const char* wanted) {
  return std::any_of(words.begin(), words.end(), [wanted](const auto& word) { return same_word(word, wanted); });
}

// The ends of ZRANGE's range, of the kind that its options want. BYLEX among different scores hangs on random levels in
// the reference (see policy.cc), so it is asked of the key without any.
void fit_range(size_t key_at, Vocabulary* vocabulary, Words* words) {
  const bool by_text = has_word(*words, "BYLEX"), by_score = has_word(*words, "BYSCORE");
  if (by_text && words->size() > key_at) (*words)[key_at] = kTextKey;
  for (size_t at = key_at + 1; at < key_at + 3 && at < words->size() && (by_text || by_score); at++) {
    (*words)[at] = by_text ? vocabulary->text_bound() : vocabulary->score_bound();
  }
}

// All scores of this key stay 0.
void add_texts(Words* words) {
  Words members = {(*words)[0], (*words)[1]};
  for (size_t at = 3; at < words->size(); at++) {
    if ((*words)[at].starts_with('m')) members.insert(members.end(), {"0", (*words)[at]});
  }
  if (members.size() == 2) members.insert(members.end(), {"0", "m1"});
  *words = std::move(members);
}

void drop_block(Words* words) {
  for (size_t at = 1; at + 1 < words->size();) {
    if (same_word((*words)[at], "BLOCK")) {
      words->erase(words->begin() + static_cast<ptrdiff_t>(at), words->begin() + static_cast<ptrdiff_t>(at) + 2);
    } else {
      at++;
    }
  }
}

// The reference allocates for the count that is declared, and refuses, or not, as the machine has memory.
void bound_claim_count(Words* words) {
  constexpr size_t kDigitsMax = 6;
  for (size_t at = 6; at < words->size(); at++) {
    if (same_word((*words)[at - 1], "COUNT") && (*words)[at].size() > kDigitsMax) (*words)[at] = "100";
  }
}

// All members or none: what does not begin with a digit is no count, or a negative one.
void pop_all(Words* words) {
  if (words->size() < 2) return;
  words->resize(3);
  std::string& count = (*words)[2];
  const bool pops = count.empty() || (std::isdigit(static_cast<unsigned char>(count[0])) != 0 && count != "0");
  if (pops) count = kAllMembers;
}

// What compares equal comes in the order of a hash table if a set or a sorted set is sorted. Replies may differ so (see
// policy.cc), but not what is stored: elements have another order by numbers. Texts with a NUL are such, by themselves
// or as weights.
void order_what_is_stored(Words* words) {
  if (!has_word(*words, "STORE")) return;
  bool ties = words->size() > 1 && !(*words)[1].starts_with('l');  // the names of lists begin so
  for (size_t at = 2; at + 1 < words->size(); at++) {
    ties = ties || (same_word((*words)[at], "BY") && (*words)[at + 1].find('*') != std::string::npos);
  }
  if (!ties) return;
  for (std::string& word : *words) {
    if (same_word(word, "ALPHA")) word = "ASC";
  }
}

}  // namespace

void settle(const CommandSyntax& command, Vocabulary* vocabulary, Words* words) {
  const std::string& name = command.name;
  if (name.find("rand") != std::string::npos) bound_random_count(words);
  if (name == "zrange") fit_range(1, vocabulary, words);
  if (name == "zrangestore") fit_range(2, vocabulary, words);
  if (name == "zadd" && names_text_key(*words)) add_texts(words);
  if (name == "xread" || name == "xreadgroup") drop_block(words);
  if (name == "xautoclaim") bound_claim_count(words);
  if (name == "spop") pop_all(words);
  if (name == "sort" || name == "sort_ro") order_what_is_stored(words);
  if (name == "xadd") {
    for (std::string& word : *words) {
      if (word == "*") word = vocabulary->next_entry_id();
    }
  }
}

bool may_be_damaged(const CommandSyntax& command, const Words& words) {
  return command.name != "spop" && command.name != "zremrangebylex" && !names_text_key(words);
}

}  // namespace differential
