#include "command/table.h"

#include "base/check.h"
#include "command/args.h"

namespace command {
namespace {

constexpr size_t kSlots = 2048;

}  // namespace

uint64_t Table::hash_of(std::string_view name) {
  uint64_t hash = name.size() * 0x9e3779b97f4a7c15;
  for (const char letter : name) hash = (hash ^ static_cast<uint8_t>(letter | 0x20)) * 0x100000001b3;
  return hash ^ (hash >> 29);
}

Table::Table(std::span<const std::span<const Spec>> families) : slots_(kSlots) {
  for (const auto& family : families) {
    for (const Spec& spec : family) {
      CHECK(find_full(spec.name) == nullptr);
      commands_.push_back({&spec, static_cast<uint32_t>(commands_.size()), {}});
      if (const size_t bar = spec.name.find('|'); bar != std::string_view::npos) {
        auto* container = const_cast<Command*>(find(spec.name.substr(0, bar)));
        CHECK(container != nullptr);
        container->subcommands.push_back(&commands_.back());
        continue;
      }
      const uint64_t hash = hash_of(spec.name);
      size_t at = hash % kSlots;
      while (slots_[at].command != nullptr) at = (at + 1) % kSlots;
      slots_[at] = {hash, &commands_.back()};
    }
  }
  CHECK(commands_.size() < kSlots / 2);
}

const Command* Table::find(std::string_view name) const {
  const uint64_t hash = hash_of(name);
  for (size_t at = hash % kSlots; slots_[at].command != nullptr; at = (at + 1) % kSlots) {
    if (slots_[at].hash == hash && same_word(name, slots_[at].command->spec->name)) return slots_[at].command;
  }
  return nullptr;
}

const Command* Table::find_subcommand(const Command& container, std::string_view name) {
  const size_t skip = container.spec->name.size() + 1;
  for (const Command* subcommand : container.subcommands) {
    if (same_word(name, subcommand->spec->name.substr(skip))) return subcommand;
  }
  return nullptr;
}

const Command* Table::find_full(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  const Command* command = find(full_name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return find_subcommand(*command, full_name.substr(bar + 1));
}

}  // namespace command
