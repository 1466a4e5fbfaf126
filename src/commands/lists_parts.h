// What the commands on lists share: the settings, the ends by name, elements as replies.
#pragma once

#include <optional>

#include "command/call.h"
#include "commands/limits.h"
#include "values/list.h"

namespace commands {

using values::List;
using values::ListCursor;
using values::ListEnd;
using values::ListLimits;

// LEFT or RIGHT.
inline std::optional<ListEnd> parse_list_end(std::string_view word) {
  if (command::same_word(word, "left")) return ListEnd::kFront;
  if (command::same_word(word, "right")) return ListEnd::kBack;
  return std::nullopt;
}

inline ListEnd other_end(ListEnd end) { return end == ListEnd::kFront ? ListEnd::kBack : ListEnd::kFront; }

// The events that tell of a push and of a pop.
inline std::string_view push_event(ListEnd end) { return end == ListEnd::kFront ? "lpush" : "rpush"; }
inline std::string_view pop_event(ListEnd end) { return end == ListEnd::kFront ? "lpop" : "rpop"; }

inline void reply_element(resp::Writer& reply, const structures::Element& element) {
  if (element.is_integer()) return reply.bulk_integer(element.integer());
  structures::Element::Buffer unused;
  reply.bulk(element.text(unused));
}

// An array of `count` elements, from this one on.
inline void reply_elements(resp::Writer& reply, ListCursor cursor, uint64_t count, ListEnd towards) {
  reply.array(count);
  for (; count > 0; --count, cursor.step(towards)) reply_element(reply, cursor.get());
}

}  // namespace commands
