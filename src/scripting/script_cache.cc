#include "scripting/script_cache.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/letters.h"

namespace scripting {

void write_sha1(std::string_view text, Sha1Digits& digits) {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char bytes[EVP_MAX_MD_SIZE];
  CHECK(EVP_Digest(text.data(), text.size(), bytes, nullptr, EVP_sha1(), nullptr) == 1);
  for (size_t at = 0; at < digits.size() / 2; ++at) {
    digits[2 * at] = kDigits[bytes[at] >> 4];
    digits[2 * at + 1] = kDigits[bytes[at] & 15];
  }
}

Script* ScriptCache::find(std::string_view sha) {
  const auto found = by_sha_.find(base::lower_case(sha));
  if (found == by_sha_.end()) return nullptr;
  Script& script = *found->second;
  if (!script.stays) scripts_of_eval_.splice(scripts_of_eval_.end(), scripts_of_eval_, found->second);
  return &script;
}

bool ScriptCache::has(std::string_view sha) const { return by_sha_.contains(base::lower_case(sha)); }

Script& ScriptCache::insert(Script script) {
  bytes_ += bytes_of(script);
  std::list<Script>& list = script.stays ? loaded_ : scripts_of_eval_;
  if (!script.stays) ++evaluated_;
  list.push_back(std::move(script));
  by_sha_.emplace(list.back().sha, std::prev(list.end()));
  return list.back();
}

void ScriptCache::keep(Script& script) {
  if (script.stays) return;
  script.stays = true;
  loaded_.splice(loaded_.end(), scripts_of_eval_, by_sha_.at(script.sha));
  --evaluated_;
}

void ScriptCache::clear() {
  by_sha_.clear();
  scripts_of_eval_.clear();
  loaded_.clear();
  evaluated_ = bytes_ = 0;
}

}  // namespace scripting
