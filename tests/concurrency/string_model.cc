// See string_model.h.
#include "string_model.h"

#include <charconv>
#include <limits>

#include "collection_model.h"

namespace {

std::string integer(long long value) { return ":" + std::to_string(value) + "\r\n"; }

std::string bulk(const KeyState& state) {
  if (!state) return "$-1\r\n";
  return "$" + std::to_string(state->size()) + "\r\n" + *state + "\r\n";
}

// Decimal as the server writes it itself: no plus sign, no leading zero, no space.
bool parse_integer(const std::string& text, long long* value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && std::to_string(*value) == text;
}

std::string increment(KeyState& state) {
  long long value = 0;
  if (state && !parse_integer(*state, &value)) return "-ERR value is not an integer or out of range\r\n";
  if (value == std::numeric_limits<long long>::max()) return "-ERR increment or decrement would overflow\r\n";
  state = std::to_string(value + 1);
  return integer(value + 1);
}

std::string set_range(const KeyOperation& operation, KeyState& state) {
  const size_t offset = static_cast<size_t>(operation.offset);
  if (!state) state.emplace();
  if (state->size() < offset + operation.value.size()) state->resize(offset + operation.value.size(), '\0');
  state->replace(offset, operation.value.size(), operation.value);
  return integer(static_cast<long long>(state->size()));
}

}  // namespace

std::string apply_to_key(const KeyOperation& operation, KeyState& state) {
  if (!operation.words.empty()) return apply_words(operation.words, state);
  const KeyState before = state;
  switch (operation.verb) {
    case Verb::kGet: return bulk(state);
    case Verb::kSet: state = operation.value; return "+OK\r\n";
    case Verb::kSetNx:
      if (state) return integer(0);
      state = operation.value;
      return integer(1);
    case Verb::kGetSet: state = operation.value; return bulk(before);
    case Verb::kGetDel: state.reset(); return bulk(before);
    case Verb::kIncr: return increment(state);
    case Verb::kAppend:
      state = state.value_or("") + operation.value;
      return integer(static_cast<long long>(state->size()));
    case Verb::kDel: state.reset(); return integer(before.has_value());
    case Verb::kSetIfEqual:
      if (state != operation.condition) return "$-1\r\n";
      state = operation.value;
      return "+OK\r\n";
    case Verb::kDelIfEqual:
      if (state != operation.condition) return integer(0);
      state.reset();
      return integer(1);
    case Verb::kSetRange: return set_range(operation, state);
    case Verb::kStrlen: return integer(static_cast<long long>(state ? state->size() : 0));
  }
  return "";
}
