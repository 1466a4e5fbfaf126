// Random command streams. See generator.h.
#include "generator.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <span>

#include "policy.h"
#include "scripts.h"
#include "settle.h"

namespace differential {

namespace {

constexpr unsigned kDamagedPercent = 5;
constexpr unsigned kOtherOfScriptPercent = 8;
constexpr unsigned kValueOfScriptPercent = 10;
constexpr unsigned kOptionalPercent = 35;
constexpr size_t kDyingKeys = 6;
constexpr size_t kQueuedMax = 8;
constexpr size_t kManyRepeats = 300;  // Past what a small encoding may hold.

bool takes_time(const std::vector<Argument>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const Argument& argument) {
    return argument.name.find("seconds") != std::string::npos || argument.type == ArgumentType::kUnixTime ||
           takes_time(argument.arguments);
  });
}

// Or changes how what follows is sent.
bool ends_transaction(std::string_view name) { return name == "exec" || name == "discard" || name == "reset"; }

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
    } else if (pools_.below(150) == 0 && transactions_) {
      items.push_back(transaction());
    } else {
      items.push_back(command());
    }
  }
  return items;
}

Item Generator::command() {
  return scripts_.share != 0 && pools_.below(scripts_.share) == 0 ? script() : plain(draw());
}

Item Generator::script() {
  if (pools_.chance(kValueOfScriptPercent)) return value_script(&pools_);
  const ScriptForm& form = draw_form(&pools_);
  std::vector<Item> commands;
  while (commands.size() < form.commands) {
    const bool other = !scripts_.others.empty() && pools_.chance(kOtherOfScriptPercent);
    commands.push_back(plain(other ? scripts_.others[pools_.below(scripts_.others.size())] : draw()));
  }
  Item item = wrapped(form, std::move(commands), &pools_);
  return scripts_.left_out.contains(item.name) ? plain(draw()) : item;
}

Item Generator::plain(const CommandSyntax& syntax) {
  Item item;
  item.name = syntax.name;
  for (const std::string& word : syntax.words) item.words.push_back(spelled(word));
  if (syntax.name.starts_with("command|getkeys")) {
    Item inner = draw().name.starts_with("command") ? Item{} : plain(draw());
    item.words.insert(item.words.end(), inner.words.begin(), inner.words.end());
    return item;
  }
  append_all(syntax.arguments, syntax, &item.words);
  if (pools_.chance(kDamagedPercent) && may_be_damaged(syntax, item.words)) damage(syntax, &item.words);
  settle(syntax, &vocabulary_, &item.words);
  return item;
}

Item Generator::sweep() {
  constexpr const char* kTypes[] = {"string", "hash", "list", "set", "zset", "stream", "none"};
  Item item;
  item.kind = Item::Kind::kSweep;
  item.name = "scan";
  if (pools_.chance(50)) item.words.insert(item.words.end(), {"MATCH", pools_.pattern()});
  if (pools_.chance(50)) item.words.insert(item.words.end(), {"COUNT", std::to_string(1 + pools_.below(30))});
  if (pools_.chance(30)) item.words.insert(item.words.end(), {"TYPE", kTypes[pools_.below(std::size(kTypes))]});
  if (pools_.chance(10)) item.words.push_back(pools_.stray_word());
  return item;
}

Item Generator::transaction() {
  Item item;
  item.kind = Item::Kind::kTransaction;
  item.name = "exec";
  item.words = {"MULTI"};
  for (size_t left = 1 + pools_.below(kQueuedMax); left > 0; left--) {
    Item inner = command();
    if (!ends_transaction(inner.name)) item.then.push_back(std::move(inner));
  }
  return item;
}

Item Generator::dying() {
  Item item;
  item.kind = Item::Kind::kDying;
  item.name = "set";
  for (size_t i = 0; i < kDyingKeys; i++) item.words.push_back(vocabulary_.key(draw()));
  Item last;
  last.name = "exists";
  last.words = {"EXISTS"};
  for (const std::string& key : item.words) {
    const CommandSyntax& syntax = draw();
    if (starts_with_key(syntax) && key != kTextKey) {
      Item then;
      then.name = syntax.name;
      then.words = syntax.words;
      append_all(syntax.arguments, syntax, &then.words);
      if (then.words.size() > 1) then.words[1] = key;
      settle(syntax, &vocabulary_, &then.words);
      const bool by_script = scripts_.share != 0 && pools_.chance(20);
      item.then.push_back(by_script ? wrapped(plain_form(), {then}, &pools_) : then);
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
  numkeys_at_ = 0;
  last_repeats_ = 1;
  for (size_t i = 0; i < first_option; i++) {
    append(arguments[i], command, words);
  }
  if (numkeys_at_ > 0 && pools_.chance(92)) (*words)[numkeys_at_] = std::to_string(last_repeats_);
  size_t count = arguments.size() - first_option;
  size_t shift = count > 0 ? pools_.below(count) : 0;
  for (size_t i = 0; i < count; i++) append(arguments[first_option + (i + shift) % count], command, words);
}

void Generator::append(const Argument& argument, const CommandSyntax& command, Words* words) {
  const bool wanted = argument.token == "MKSTREAM" || !argument.optional || pools_.chance(kOptionalPercent);
  if (!wanted) return;
  size_t repeats = 1;
  if (argument.multiple) {
    repeats += pools_.below(pools_.chance(90) ? 4 : pools_.chance(95) ? 12 : kManyRepeats);
    if (argument.name == "vertices") repeats += 2;
    const bool one_a_key = argument.name == "weight" || (argument.name == "id" && command.name.starts_with("xread"));
    if (one_a_key && pools_.chance(90)) repeats = last_repeats_;
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
    case ArgumentType::kBlock: append_block(argument, command, words); return;
    case ArgumentType::kOneOf: {
      if (argument.arguments.empty()) return;
      Argument chosen = argument.arguments[pools_.below(argument.arguments.size())];
      chosen.optional = false;
      append(chosen, command, words);
      return;
    }
    default: words->push_back(value_of(argument, command));
  }
  if (argument.name == "numkeys" || argument.name == "numfields") numkeys_at_ = words->size() - 1;
}

namespace {

// Where the mean of a polygon's vertices, as directions, is nearer to a pole than the map goes, the reference searches
// cells that it has not set: such a polygon is brought to the equator and to one side of the world.
void keep_off_poles(std::span<std::string> coordinates) {
  constexpr double kNearPole = 85;
  constexpr double kDegree = std::numbers::pi / 180;
  double x = 0, y = 0, z = 0;
  for (size_t i = 0; i + 1 < coordinates.size(); i += 2) {
    const double longitude = std::strtod(coordinates[i].c_str(), nullptr) * kDegree;
    const double latitude = std::strtod(coordinates[i + 1].c_str(), nullptr) * kDegree;
    x += std::cos(latitude) * std::cos(longitude);
    y += std::cos(latitude) * std::sin(longitude);
    z += std::sin(latitude);
  }
  if (std::fabs(std::atan2(z, std::hypot(x, y))) < kNearPole * kDegree) return;
  for (std::string& coordinate : coordinates) {
    coordinate = std::to_string(std::fabs(std::strtod(coordinate.c_str(), nullptr)) / 2);
  }
}

}  // namespace

void Generator::append_block(const Argument& block, const CommandSyntax& command, Words* words) {
  size_t count_at = 0;
  for (const Argument& inner : block.arguments) {
    append(inner, command, words);
    if (inner.name == "num-vertices") count_at = words->size() - 1;
  }
  if (count_at == 0 || pools_.chance(8)) return;
  // As many as were written: pairs of coordinates.
  (*words)[count_at] = std::to_string((words->size() - count_at - 1) / 2);
  keep_off_poles(std::span(*words).subspan(count_at + 1));
}

std::string Generator::value_of(const Argument& argument, const CommandSyntax& command) {
  const std::string& name = argument.name;
  if (argument.type != ArgumentType::kKey) {
    if (const std::optional<std::string> word = vocabulary_.word(name, command)) return *word;
  }
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
  // A negative count repeats members: so many that the reply stays small.
  if (command.name.find("rand") != std::string::npos && name == "count")
    return std::to_string(static_cast<int64_t>(pools_.below(40)) - 20);
  if (command.name == "setbit" && name == "value") return pools_.chance(90) ? (pools_.chance(50) ? "1" : "0") : "2";
  if (command.name == "bitpos" && name == "bit" && pools_.chance(85)) return pools_.chance(50) ? "1" : "0";
  if (command.name == "hello" && name == "protover") return pools_.chance(90) ? (pools_.chance(50) ? "2" : "3") : "4";
  switch (argument.type) {
    case ArgumentType::kKey: return vocabulary_.key(command);
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
