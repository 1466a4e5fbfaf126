// What record_valkey.py has recorded, and how to ask the same.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "interpreter.h"

namespace lua {

inline const std::string& show() {
  static const std::string text = [] {
    std::ifstream file(RECORDS "show.lua");
    std::string read{std::istreambuf_iterator<char>(file), {}};
    for (char& byte : read) byte = byte == '\n' ? ' ' : byte;
    return read;
  }();
  return text;
}

// What an expression gives, as record_valkey.py asks it.
inline std::string evaluate(Interpreter& interpreter, const std::string& expression) {
  const bool is_statement = expression.starts_with("local ");
  const std::string body = is_statement ? expression : "return values(" + expression + ")";
  return interpreter.run(show() + "\nreturn outcome(pcall(function() " + body + " end))");
}

struct Recorded {
  std::string expression;
  std::string result;
};

inline std::vector<Recorded> recorded(const std::string& name) {
  std::ifstream file(RECORDS + name);
  std::vector<Recorded> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("  "))
      all.back().result = line.substr(2);
    else
      all.push_back({line, ""});
  }
  EXPECT_GT(all.size(), 20U) << name;
  return all;
}

}  // namespace lua
