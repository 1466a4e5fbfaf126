// What the families of set commands share: limits, members in replies.
#pragma once

#include "command/call.h"
#include "commands/limits.h"
#include "values/set.h"

namespace commands {

inline void reply_member(resp::Writer& reply, const values::Set::Member& member) {
  values::Set::Member::Buffer buffer;
  reply.bulk(member.text(buffer));
}

inline void reply_members(resp::Writer& reply, const values::Set& set) {
  set.for_each([&reply](const values::Set::Member& member) { reply_member(reply, member); });
}

}  // namespace commands
