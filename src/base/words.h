// Words of a line, with quotes: lines of the configuration file, inline commands, the client program's prompt.
//
// Words are parted by spaces, tabs, line ends and NUL. Quoted parts may stand anywhere in a word and join with what is
// around them: a"b c"d is one word.
//
//   "..."   \n \r \t \b \a as in C, \xHH a byte in hexadecimal, \ and any other byte that byte itself
//   '...'   \' a quote; everything else is itself
//
// Quirk kept for compatibility: a backslash in quotes just before the last byte of the line is itself, so "\" is \.
//
// Cost     one pass; a string a word.
// Source   valkey-server 9.1.2, by inline commands: tests/unit/base/words_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

// nullopt if a quote is not closed.
std::optional<std::vector<std::string>> split_words(std::string_view line);

// `text` in double quotes, so that split_words gives it back whatever its bytes are, on one line of ASCII.
std::string quote_word(std::string_view text);

}  // namespace base
