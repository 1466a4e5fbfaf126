// HELP of a container: lines of plain text.
#pragma once

#include <span>
#include <string_view>

#include "resp/writer.h"

namespace server {

inline void write_help(resp::Writer& reply, std::string_view first, std::span<const std::string_view> lines) {
  reply.array(lines.size() + 3);
  reply.simple(first);
  for (const std::string_view line : lines) reply.simple(line);
  reply.simple("HELP");
  reply.simple("    Print this help.");
}

}  // namespace server
