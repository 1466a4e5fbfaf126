#include "commands/sort_patterns.h"

#include "commands/hashes.h"

namespace commands {

// A pattern ends at a NUL for whoever looks for the star and the arrow, as in the reference; what is behind it still
// belongs to the key.
std::optional<std::string> find_by_pattern(command::Call& call, std::string_view pattern, std::string_view element) {
  const std::string_view looked_at = command::repeated(pattern);
  if (looked_at == "#") return std::string(element);
  const size_t star = looked_at.find('*');
  if (star == std::string_view::npos) return std::nullopt;
  const size_t arrow = looked_at.find("->", star + 1);
  const bool has_field = arrow != std::string_view::npos && arrow + 2 < looked_at.size();
  const size_t key_end = has_field ? arrow : pattern.size();

  std::string text(pattern.substr(0, star));
  text.append(element).append(pattern.substr(star + 1, key_end - star - 1));
  keyspace::Unit& unit = call.db().unit();
  const keyspace::Key key = unit.keyspace.key(text);
  unit.keyspace.stray(unit.locks, unit.keyspace.shard_of(key));
  const keyspace::Entry* entry = call.db().read(key);
  if (entry == nullptr) return std::nullopt;
  if (has_field) {
    if (entry->type() != keyspace::Type::kHash) return std::nullopt;
    const auto hash = keyspace::Database::collection<values::Hash>(*entry);
    const auto value = hash.get(pattern.substr(arrow + 2), fields_now_ms(call));
    structures::Element::Buffer digits;
    return value ? std::optional<std::string>(value->text(digits)) : std::nullopt;
  }
  if (entry->type() != keyspace::Type::kString) return std::nullopt;
  keyspace::TextBuffer buffer;
  return std::string(entry->text(buffer));
}

}  // namespace commands
