// Libraries: what FUNCTION LOAD brought, and the functions that FCALL finds.
//
//   library := name (as it is written)     ->  code, functions
//   function := name (in any case)         ->  one library's function
//
// Threads  whoever holds the token U.
// Source   valkey-server 9.1.2; tests/transcripts/scripting/functions*.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "scripting/program.h"

namespace scripting {

struct Function {
  std::string name;
  std::optional<std::string> description;
  Program program;
};

struct Library {
  std::string name;
  std::string code;
  std::vector<Function> functions;

  size_t bytes() const;
};

class Libraries {
 public:
  // Which of the libraries that are there go when others come.
  enum class Replaces : uint8_t { kNone, kSameName, kAll };

  // Null if it is not there.
  const Function* find(std::string_view function) const;
  const Library* library(std::string_view name) const;
  const std::map<std::string, Library, std::less<>>& all() const { return by_name_; }

  // Adds them all and returns those that had to go. Failure, with the error's text: a name is there already, and
  // nothing has changed.
  base::Result<std::vector<Library>, base::Failure> add(std::vector<Library> libraries, Replaces replaces);
  // REQUIRES: it is there.
  Library remove(std::string_view name);
  void clear();

  size_t function_count() const { return functions_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Place {
    const Library* library;
    const Function* function;
  };

  base::Result<base::Done, base::Failure> check(std::span<const Library> libraries, Replaces replaces) const;
  bool goes(const Library& present, std::span<const Library> libraries, Replaces replaces) const;

  std::map<std::string, Library, std::less<>> by_name_;
  std::unordered_map<std::string, Place> functions_;  // by their names in small letters
  size_t bytes_ = 0;
};

}  // namespace scripting
