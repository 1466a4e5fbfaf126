// What the commands of hashes share.
#pragma once

#include <optional>
#include <string_view>

#include "command/call.h"
#include "commands/limits.h"
#include "commands/strings_replies.h"
#include "values/hash.h"

namespace commands {

using HashEdit = keyspace::Edit<values::Hash>;

// The time by which this client takes fields as expired.
inline int64_t fields_now_ms(command::Call& call) {
  return call.db().unit().sees_expired ? values::Hash::kSeesAll : call.now_ms();
}

// An element as a bulk string.
inline void reply_element(resp::Writer& reply, const structures::Element& element) {
  structures::Element::Buffer buffer;
  reply.bulk(element.text(buffer));
}
inline void reply_element(resp::Writer& reply, const std::optional<structures::Element>& element) {
  if (!element) return reply.null();
  reply_element(reply, *element);
}

// A field's value in a hash that may be missing.
inline std::optional<structures::Element> value_of(const std::optional<values::Hash>& hash, std::string_view field,
                                                   int64_t now_ms) {
  return hash ? hash->get(field, now_ms) : std::nullopt;
}

// Fields were removed, or stored over, since their time had come.
inline void fields_expired(command::Call& call, HashEdit& hash, uint64_t count) {
  if (count == 0) return;
  call.db().unit().stats.expired_fields.add(count);
  hash.changed(0, keyspace::kHashEvent, "hexpired");
}

}  // namespace commands
