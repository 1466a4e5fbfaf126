#include "pubsub/message.h"

#include "base/numbers.h"
#include "structures/memory.h"

namespace pubsub {
namespace {

void append_bulk(std::string& text, std::string_view bytes) {
  text += '$';
  text += std::to_string(bytes.size());
  text += "\r\n";
  text += bytes;
  text += "\r\n";
}

}  // namespace

Message::Message(std::string_view channel, std::string_view payload) {
  constexpr size_t kFrames = 2 * (base::kInt64Chars + 5);
  tail_.reserve(channel.size() + payload.size() + kFrames);
  append_bulk(tail_, channel);
  append_bulk(tail_, payload);
  structures::count_memory(static_cast<int64_t>(tail_.capacity() + sizeof *this));
}

Message::~Message() { structures::count_memory(-static_cast<int64_t>(tail_.capacity() + sizeof *this)); }

void Message::write(resp::Writer& out, Kind kind, std::string_view topic) const {
  switch (kind) {
    case Kind::kChannel:
      out.push(3);
      out.bulk("message");
      break;
    case Kind::kShardChannel:
      out.push(3);
      out.bulk("smessage");
      break;
    case Kind::kPattern:
      out.push(4);
      out.bulk("pmessage");
      out.bulk(topic);
      break;
  }
  out.out().append(tail_);
}

size_t Message::bytes(Kind kind, std::string_view topic) const {
  constexpr size_t kHead = std::string_view("*3\r\n$7\r\nmessage\r\n").size();
  if (kind != Kind::kPattern) return kHead + tail_.size() + size_t{kind == Kind::kShardChannel};
  return kHead + 1 + topic.size() + std::to_string(topic.size()).size() + 5 + tail_.size();
}

}  // namespace pubsub
