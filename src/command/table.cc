#include "command/table.h"

#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "command/args.h"

namespace command {
namespace {

constexpr size_t kSlots = 2048;

// The row whose name, behind its first `skip` letters, is this word.
const Command* find_among(const std::vector<const Command*>& rows, size_t skip, std::string_view word) {
  for (const Command* row : rows) {
    if (same_word(word, row->spec->name.substr(skip))) return row;
  }
  return nullptr;
}

}  // namespace

Table::Folded Table::fold(std::string_view name) {
  constexpr uint64_t kLowerCase = 0x2020202020202020;
  Folded folded;
  const size_t size = name.size();
  if (size >= 8) {
    std::memcpy(&folded.low, name.data(), 8);
    std::memcpy(&folded.high, name.data() + (size < 16 ? size - 8 : 8), 8);
  } else {
    for (size_t at = 0; at < size; ++at)
      folded.low |= static_cast<uint64_t>(static_cast<uint8_t>(name[at])) << (8 * at);
  }
  folded.low |= kLowerCase;
  folded.high |= kLowerCase;
  folded.high ^= size << 56;
  return folded;
}

Table::Table(std::span<const std::span<const Spec>> families) : slots_(kSlots) {
  for (const auto& family : families) {
    for (const Spec& spec : family) {
      CHECK(find_full(spec.name) == nullptr);
      const KeySpec& keys = spec.keys[0];
      const bool only = keys.find == KeySpec::Find::kRange && keys.keyword.empty() && keys.last == 0 &&
                        (keys.flags & kNotKey) == 0 && spec.keys[1].find == KeySpec::Find::kNone &&
                        std::abs(spec.arity) > keys.index;
      commands_.push_back({.spec = &spec,
                           .called = spec.name,
                           .index = static_cast<uint32_t>(commands_.size()),
                           .only_key = only ? static_cast<uint32_t>(keys.index) : 0});
      if (const size_t bar = spec.name.find('|'); bar != std::string_view::npos) {
        auto* container = const_cast<Command*>(find(spec.name.substr(0, bar)));
        CHECK(container != nullptr);
        commands_.back().is_form = !container->spec->is_container() && spec.has(kProtectedDebug);
        container->second_word_decides = true;
        (commands_.back().is_form ? container->forms : container->subcommands).push_back(&commands_.back());
        continue;
      }
      insert(commands_.back());
    }
  }
  CHECK(commands_.size() < kSlots / 2);
}

void Table::insert(const Command& command) {
  const Folded folded = fold(command.called);
  size_t at = (hash_of(folded) >> 32) % kSlots;
  while (slots_[at].command != nullptr) at = (at + 1) % kSlots;
  slots_[at] = {folded, &command};
}

base::Result<base::Done> Table::rename(std::string_view name, std::string_view new_name) {
  auto* command = const_cast<Command*>(find(name));
  if (command == nullptr) return base::Error("No such command in rename-command");
  const Command* there = find(new_name);
  if (there != nullptr && there != command) return base::Error("Target command name already exists");
  command->called = new_names_.emplace_back(new_name);
  if (new_name.empty()) {
    for (const Command* part : command->subcommands) const_cast<Command*>(part)->called = {};
  }
  // Open addressing cannot forget a slot: all are filled anew.
  slots_.assign(kSlots, {});
  for (const Command& one : commands_) {
    if (one.is_known() && !one.spec->is_subcommand()) insert(one);
  }
  return base::Done{};
}

const Command* Table::find(std::string_view name) const {
  const Folded folded = fold(name);
  for (size_t at = (hash_of(folded) >> 32) % kSlots; slots_[at].command != nullptr; at = (at + 1) % kSlots) {
    // Folding loses the middle of long names, and makes letters of some signs.
    if (slots_[at].folded == folded && same_word(name, slots_[at].command->called)) return slots_[at].command;
  }
  return nullptr;
}

const Command* Table::find_subcommand(const Command& container, std::string_view name) {
  return find_among(container.subcommands, container.spec->name.size() + 1, name);
}

const Command* Table::find_by_second_word(const Command& command, std::string_view word) {
  if (!command.subcommands.empty()) return find_subcommand(command, word);
  const Command* form = find_among(command.forms, command.spec->name.size() + 1, word);
  return form != nullptr ? form : &command;
}

const Command* Table::find_full(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  const Command* command = find(full_name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return find_subcommand(*command, full_name.substr(bar + 1));
}

}  // namespace command
