// Message: what was published, once for all who get it.
//
// What its receivers get differs only in its beginning, so a message keeps the rest: the channel and the payload, in
// RESP.
//
// Threads  any; it does not change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "resp/writer.h"

namespace pubsub {

enum class Kind : uint8_t { kChannel, kPattern, kShardChannel };
constexpr size_t kKinds = 3;

class Message {
 public:
  Message(std::string_view channel, std::string_view payload);
  ~Message();
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  // What a client gets who listens to `topic`: the channel itself, or a pattern.
  void write(resp::Writer& out, Kind kind, std::string_view topic) const;
  // The size of that.
  size_t bytes(Kind kind, std::string_view topic) const;

 private:
  std::string tail_;
};

}  // namespace pubsub
