#include "fuzz/command_mutator.h"

#include <array>
#include <vector>

namespace fuzz {
namespace {

using command::Argument;
using command::ArgumentReader;
using command::ArgumentType;

constexpr std::array<std::string_view, 6> kKeys{"k", "k1", "k2", "k3", "{k}x", "\"\""};
constexpr std::array<std::string_view, 26> kNumbers{"0",
                                                    "1",
                                                    "-1",
                                                    "2",
                                                    "7",
                                                    "8",
                                                    "31",
                                                    "63",
                                                    "64",
                                                    "100",
                                                    "-2",
                                                    "-100",
                                                    "4096",
                                                    "1048575",
                                                    "1048576",
                                                    "536870911",
                                                    "4294967295",
                                                    "4294967296",
                                                    "2147483647",
                                                    "-2147483648",
                                                    "9223372036854775807",
                                                    "-9223372036854775808",
                                                    "9223372036854775808",
                                                    "18446744073709551615",
                                                    "1e400",
                                                    "00"};
constexpr std::array<std::string_view, 18> kTexts{
    "v",
    "10",
    "-9223372036854775808",
    "9223372036854775807",
    "3.14",
    "nan",
    "inf",
    "\"\"",
    "\"\\r\\n\"",
    "\"\\x00\\xff\"",
    "u8",
    "i64",
    "u63",
    "#1",
    "*",
    "k*",
    "[a-",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""};

template <typename Pool>
std::string_view pick(const Pool& pool, base::Random& random) {
  return pool[random.below(pool.size())];
}

std::string_view word_of(ArgumentType type, base::Random& random) {
  if (random.below(16) == 0) return pick(kTexts, random);
  switch (type) {
    case ArgumentType::kKey: return pick(kKeys, random);
    case ArgumentType::kInteger:
    case ArgumentType::kDouble:
    case ArgumentType::kUnixTime: return pick(kNumbers, random);
    default: return random.below(4) == 0 ? pick(kNumbers, random) : pick(kTexts, random);
  }
}

void append_arguments(ArgumentReader reader, base::Random& random, std::string& line);

void append_argument(const Argument& argument, base::Random& random, std::string& line) {
  if (argument.optional && random.below(2) == 0) return;
  const uint64_t times = argument.multiple ? 1 + random.below(3) : 1;
  for (uint64_t time = 0; time < times; ++time) {
    if (argument.has_token && (time == 0 || argument.multiple_token)) line.append(" ").append(argument.token);
    if (argument.type == ArgumentType::kPureToken) continue;
    if (argument.type == ArgumentType::kBlock) {
      append_arguments(ArgumentReader(argument), random, line);
    } else if (argument.type == ArgumentType::kOneOf) {
      ArgumentReader reader(argument);
      std::vector<Argument> choices;
      for (Argument one; reader.next(one);) choices.push_back(one);
      if (!choices.empty()) append_argument(choices[random.below(choices.size())], random, line);
    } else {
      line.append(" ").append(word_of(argument.type, random));
    }
  }
}

void append_arguments(ArgumentReader reader, base::Random& random, std::string& line) {
  for (Argument argument; reader.next(argument);) append_argument(argument, random, line);
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(at), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, char with) {
  std::string text;
  for (const std::string& part : parts) text.append(part).push_back(with);
  return text;
}

// Exchanges, doubles, adds or drops one element.
template <typename Make>
void change_one(std::vector<std::string>& parts, base::Random& random, Make make) {
  if (parts.empty()) return parts.push_back(make());
  const size_t index = random.below(parts.size());
  const auto at = parts.begin() + static_cast<ptrdiff_t>(index);
  switch (random.below(5)) {
    case 0: *at = make(); break;
    case 1: parts.insert(at, std::string(*at)); break;
    case 2: parts.erase(at); break;
    default: parts.insert(at + 1, make()); break;
  }
}

}  // namespace

std::string random_command(const command::Table& table, base::Random& random) {
  const command::Command& command = table.all()[random.below(table.size())];
  std::string line(command.spec->name);
  const size_t bar = line.find('|');
  if (bar != std::string::npos) line[bar] = ' ';
  append_arguments(ArgumentReader(command.spec->syntax), random, line);
  return line;
}

std::string mutate_lines(std::string_view text, const command::Table& table, base::Random& random) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.empty() || random.below(2) == 0) {
    change_one(lines, random, [&] { return random_command(table, random); });
    return join(lines, '\n');
  }
  std::string& line = lines[random.below(lines.size())];
  std::vector<std::string> words = split(line, ' ');
  change_one(words, random, [&] {
    const auto kind = static_cast<ArgumentType>(random.below(static_cast<uint64_t>(ArgumentType::kPureToken)));
    return std::string(word_of(kind, random));
  });
  line = join(words, ' ');
  if (!line.empty()) line.pop_back();  // the separator after the last word
  return join(lines, '\n');
}

}  // namespace fuzz
