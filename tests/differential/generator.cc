// Random command streams. See generator.h.
#include "generator.h"

#include <algorithm>

#include "policy.h"

namespace differential {

namespace {

constexpr unsigned kDamagedPercent = 5;
constexpr unsigned kOptionalPercent = 35;
constexpr size_t kDyingKeys = 6;

bool takes_time(const std::vector<Argument>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const Argument& argument) {
    return argument.name.find("seconds") != std::string::npos || argument.type == ArgumentType::kUnixTime ||
           takes_time(argument.arguments);
  });
}

bool starts_with_key(const CommandSyntax& command) {
  return !command.arguments.empty() && command.arguments[0].type == ArgumentType::kKey && command.words.size() == 1;
}

}  // namespace

Generator::Generator(std::vector<CommandSyntax> commands, uint64_t seed)
    : commands_(std::move(commands)), pools_(seed) {
  uint64_t total = 0;
  for (const CommandSyntax& command : commands_) {
    total += static_cast<uint64_t>(weight_of(command));
    weights_up_to_.push_back(total);
  }
}

const CommandSyntax& Generator::draw() {
  uint64_t point = pools_.below(weights_up_to_.back());
  auto found = std::upper_bound(weights_up_to_.begin(), weights_up_to_.end(), point);
  return commands_[static_cast<size_t>(found - weights_up_to_.begin())];
}

std::vector<Item> Generator::stream(size_t length) {
  std::vector<Item> items;
  items.reserve(length);
  size_t dying_at = pools_.chance(25) ? pools_.below(length) : length;
  for (size_t i = 0; i < length; i++) {
    if (i == dying_at) {
      items.push_back(dying());
    } else if (pools_.below(500) == 0 && sweeps_) {
      items.push_back(sweep());
    } else {
      items.push_back(command());
    }
  }
  return items;
}

Item Generator::command() {
  const CommandSyntax& syntax = draw();
  Item item;
  item.name = syntax.name;
  for (const std::string& word : syntax.words) item.words.push_back(spelled(word));
  if (syntax.name.starts_with("command|getkeys")) {
    Item inner = draw().name.starts_with("command") ? Item{} : command();
    item.words.insert(item.words.end(), inner.words.begin(), inner.words.end());
    return item;
  }
  append_all(syntax.arguments, syntax, &item.words);
  if (pools_.chance(kDamagedPercent)) damage(syntax, &item.words);
  return item;
}

Item Generator::sweep() {
  Item item;
  item.kind = Item::Kind::kSweep;
  item.name = "scan";
  if (pools_.chance(50)) item.words.insert(item.words.end(), {"MATCH", pools_.pattern()});
  if (pools_.chance(50)) item.words.insert(item.words.end(), {"COUNT", std::to_string(1 + pools_.below(30))});
  if (pools_.chance(30)) item.words.insert(item.words.end(), {"TYPE", pools_.chance(60) ? "string" : "hash"});
  if (pools_.chance(10)) item.words.push_back(pools_.stray_word());
  return item;
}

Item Generator::dying() {
  Item item;
  item.kind = Item::Kind::kDying;
  item.name = "set";
  for (size_t i = 0; i < kDyingKeys; i++) item.words.push_back(pools_.key());
  Item last;
  last.name = "exists";
  last.words = {"EXISTS"};
  for (const std::string& key : item.words) {
    const CommandSyntax& syntax = draw();
    if (starts_with_key(syntax)) {
      Item then;
      then.name = syntax.name;
      then.words = syntax.words;
      append_all(syntax.arguments, syntax, &then.words);
      if (then.words.size() > 1) then.words[1] = key;
      item.then.push_back(std::move(then));
    }
    last.words.push_back(key);
  }
  // Whatever nobody met is freed by now, so that DBSIZE does not hang on either server's cycle.
  item.then.push_back(std::move(last));
  return item;
}

std::string Generator::spelled(const std::string& word) {
  if (!pools_.chance(10)) return word;
  std::string other = word;
  for (char& c : other) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return other;
}

void Generator::append_all(const std::vector<Argument>& arguments, const CommandSyntax& command, Words* words) {
  // Options after the last plain argument come in any order.
  size_t first_option = arguments.size();
  while (first_option > 0 && arguments[first_option - 1].optional && !arguments[first_option - 1].token.empty()) {
    first_option--;
  }
  size_t numkeys_at = 0;
  last_repeats_ = 1;
  for (size_t i = 0; i < first_option; i++) {
    if (arguments[i].name == "numkeys") numkeys_at = words->size();
    append(arguments[i], command, words);
  }
  if (numkeys_at > 0 && pools_.chance(92)) (*words)[numkeys_at] = std::to_string(last_repeats_);
  size_t count = arguments.size() - first_option;
  size_t shift = count > 0 ? pools_.below(count) : 0;
  for (size_t i = 0; i < count; i++) append(arguments[first_option + (i + shift) % count], command, words);
}

void Generator::append(const Argument& argument, const CommandSyntax& command, Words* words) {
  if (argument.optional && !pools_.chance(kOptionalPercent)) return;
  size_t repeats = 1;
  if (argument.multiple) {
    repeats += pools_.below(pools_.chance(90) ? 4 : 12);
    last_repeats_ = repeats;
  }
  for (size_t i = 0; i < repeats; i++) {
    bool with_token = i == 0 || argument.multiple_token;
    if (!argument.token.empty() && with_token) words->push_back(spelled(argument.token));
    append_value(argument, command, words);
  }
}

void Generator::append_value(const Argument& argument, const CommandSyntax& command, Words* words) {
  switch (argument.type) {
    case ArgumentType::kPureToken: return;
    case ArgumentType::kBlock:
      for (const Argument& inner : argument.arguments) append(inner, command, words);
      return;
    case ArgumentType::kOneOf: {
      if (argument.arguments.empty()) return;
      Argument chosen = argument.arguments[pools_.below(argument.arguments.size())];
      chosen.optional = false;
      append(chosen, command, words);
      return;
    }
    default: words->push_back(value_of(argument, command));
  }
}

std::string Generator::value_of(const Argument& argument, const CommandSyntax& command) {
  const std::string& name = argument.name;
  bool milliseconds = name.find("milliseconds") != std::string::npos;
  if (argument.type == ArgumentType::kUnixTime || name.starts_with("unix-time")) {
    // MSETEX stores keys that are dead already, and DBSIZE counts them until each server frees them in its own time.
    return command.name == "msetex" ? pools_.future_time(milliseconds) : pools_.absolute_time(milliseconds);
  }
  if (name.find("seconds") != std::string::npos) return pools_.relative_time(milliseconds);
  if (name == "encoding") return pools_.bitfield_encoding();
  if (name == "offset") return pools_.offset(command.name.starts_with("bitfield"));
  if (name == "index" || name == "index1" || name == "index2" || name == "db" || name == "destination-db") {
    return pools_.database();
  }
  if (command.name == "setbit" && name == "value") return pools_.chance(90) ? (pools_.chance(50) ? "1" : "0") : "2";
  if (command.name == "bitpos" && name == "bit" && pools_.chance(85)) return pools_.chance(50) ? "1" : "0";
  if (command.name == "hello" && name == "protover") return pools_.chance(90) ? (pools_.chance(50) ? "2" : "3") : "4";
  switch (argument.type) {
    case ArgumentType::kKey: return pools_.key();
    case ArgumentType::kInteger: return pools_.integer();
    case ArgumentType::kDouble: return pools_.floating();
    case ArgumentType::kPattern: return pools_.pattern();
    default: return pools_.text();
  }
}

void Generator::damage(const CommandSyntax& command, Words* words) {
  size_t first = command.words.size() == 1 ? 1 : pools_.below(20) == 0 ? 1 : 2;
  bool timed = takes_time(command.arguments);
  if (words->size() <= first) {
    words->push_back(pools_.stray_word());
    return;
  }
  size_t at = first + pools_.below(words->size() - first);
  switch (pools_.below(timed ? 4 : 5)) {
    case 0: words->erase(words->begin() + static_cast<ptrdiff_t>(at)); return;
    case 1: words->insert(words->begin() + static_cast<ptrdiff_t>(at), pools_.stray_word()); return;
    case 2: words->push_back(pools_.stray_word()); return;
    case 3: (*words)[at] = pools_.stray_word(); return;
    default:
      // Not where a time is taken: a small value in its place would be a short life.
      std::swap((*words)[at], (*words)[first + pools_.below(words->size() - first)]);
      return;
  }
}

}  // namespace differential
