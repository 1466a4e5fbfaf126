#include "scripting/libraries.h"

#include <algorithm>
#include <unordered_set>

#include "base/check.h"
#include "base/letters.h"

namespace scripting {

size_t Library::bytes() const {
  size_t bytes = sizeof(Library) + name.size() + code.size();
  for (const Function& function : functions) {
    bytes += sizeof(Function) + function.name.size() + (function.description ? function.description->size() : 0);
  }
  return bytes;
}

const Function* Libraries::find(std::string_view function) const {
  const auto found = functions_.find(base::lower_case(function));
  return found == functions_.end() ? nullptr : found->second.function;
}

const Library* Libraries::library(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

bool Libraries::goes(const Library& present, std::span<const Library> libraries, Replaces replaces) const {
  if (replaces != Replaces::kSameName) return replaces == Replaces::kAll;
  return std::ranges::any_of(libraries, [&](const Library& added) { return added.name == present.name; });
}

base::Result<base::Done, base::Failure> Libraries::check(std::span<const Library> libraries, Replaces replaces) const {
  std::unordered_set<std::string> seen;
  for (const Library& added : libraries) {
    if (replaces == Replaces::kNone && by_name_.contains(added.name)) {
      return base::Failure("ERR Library " + added.name + " already exists");
    }
    for (const Function& function : added.functions) {
      const std::string name = base::lower_case(function.name);
      const auto found = functions_.find(name);
      const bool stays = found != functions_.end() && !goes(*found->second.library, libraries, replaces);
      if (stays || !seen.insert(name).second) {
        return base::Failure("ERR Function " + function.name + " already exists");
      }
    }
  }
  return base::Done();
}

base::Result<std::vector<Library>, base::Failure> Libraries::add(std::vector<Library> libraries, Replaces replaces) {
  if (const auto checked = check(libraries, replaces); !checked) return checked.error();
  std::vector<std::string> going;
  for (const auto& [name, present] : by_name_) {
    if (goes(present, libraries, replaces)) going.push_back(name);
  }
  std::vector<Library> gone;
  for (const std::string& name : going) gone.push_back(remove(name));
  for (Library& added : libraries) {
    std::string name = added.name;
    const Library& library = by_name_.emplace(std::move(name), std::move(added)).first->second;
    bytes_ += library.bytes();
    for (const Function& function : library.functions) {
      functions_.emplace(base::lower_case(function.name), Place{&library, &function});
    }
  }
  return gone;
}

Library Libraries::remove(std::string_view name) {
  const auto found = by_name_.find(name);
  CHECK(found != by_name_.end());
  for (const Function& function : found->second.functions) functions_.erase(base::lower_case(function.name));
  bytes_ -= found->second.bytes();
  return std::move(by_name_.extract(found).mapped());
}

void Libraries::clear() {
  functions_.clear();
  by_name_.clear();
  bytes_ = 0;
}

}  // namespace scripting
