#include "command/keys.h"

#include <strings.h>

#include "base/numbers.h"

namespace command {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// The word at which a specification begins, or 0.
size_t beginning(const KeySpec& spec, std::span<const std::string_view> words) {
  const auto count = static_cast<int64_t>(words.size());
  if (spec.keyword.empty()) return spec.index < count ? static_cast<size_t>(spec.index) : 0;
  const bool forward = spec.index >= 0;
  for (int64_t at = forward ? spec.index : count + spec.index; at > 0 && at < count; at += forward ? 1 : -1) {
    if (same_word(words[static_cast<size_t>(at)], spec.keyword))
      return at + 1 < count ? static_cast<size_t>(at) + 1 : 0;
  }
  return 0;
}

}  // namespace

void find_keys(const Spec& spec, std::span<const std::string_view> words, std::vector<KeyWord>& out) {
  if (spec.keys_of != nullptr) return spec.keys_of(words, out);
  const auto count = static_cast<int64_t>(words.size());
  for (const KeySpec& keys : spec.keys) {
    if (keys.find == KeySpec::Find::kNone) break;
    if (keys.find == KeySpec::Find::kUnknown || (spec.further_key != nullptr && (keys.flags & kOW) != 0)) continue;
    const auto begin = static_cast<int64_t>(beginning(keys, words));
    if (begin == 0) continue;
    int64_t first = begin;
    int64_t last = begin;
    if (keys.find == KeySpec::Find::kRange) {
      last = keys.last >= 0 ? begin + keys.last : count + keys.last;
      if (keys.last < 0 && keys.limit > 1) last = begin + (last - begin) / keys.limit + (last - begin) % keys.limit;
    } else {
      if (begin + keys.count_at >= count) continue;
      const auto number = base::parse_int64(words[static_cast<size_t>(begin + keys.count_at)]);
      if (!number || *number <= 0 || *number > count) continue;
      first = begin + keys.first;
      last = first + (*number - 1) * keys.step;
    }
    if (last >= count) continue;
    for (int64_t at = first; at <= last; at += keys.step) out.push_back({static_cast<uint32_t>(at), keys.flags});
  }
  const size_t further = spec.further_key != nullptr ? spec.further_key(words) : 0;
  if (further != 0) out.push_back({static_cast<uint32_t>(further), kOW | kUpdate});
}

}  // namespace command
