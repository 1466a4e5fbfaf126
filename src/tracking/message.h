// The messages to a client that tracks keys, as its protocol has them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "resp/writer.h"

namespace tracking {

// In which form a client takes messages: as pushes, as a message of a channel, or not at all.
enum class Form : uint8_t { kPush, kChannel, kNone };

// The keys have changed.
void write_keys(resp::Writer& out, Form form, std::span<const std::string> keys);
// All keys have gone.
void write_all(resp::Writer& out, Form form);
// The client with this id, to which the messages were redirected, has gone. For pushes only.
void write_broken(resp::Writer& out, uint64_t id);

// About what a message of one key takes.
constexpr size_t kKeyMessageBytes = std::string_view(">2\r\n$10\r\ninvalidate\r\n*1\r\n$10\r\n\r\n").size();

}  // namespace tracking
