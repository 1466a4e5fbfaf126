// DEBUG PROTOCOL: clients test their parsers with it.
#include "command/args.h"
#include "server/debug.h"

namespace server {
namespace {

using command::same_word;

constexpr command::Error kWrongType{
    "ERR Wrong protocol type name. Please use one of the following: "
    "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"};

void write_attribute(resp::Writer& reply) {
  if (reply.version() >= 3) {
    reply.attribute(1);
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void write_push(command::Call& call) {
  resp::Writer& reply = call.reply();
  if (reply.version() < 3) return call.fail("ERR RESP2 is not supported by this command");
  reply.bulk("Some real reply following the push reply");
  reply.push(2);
  reply.bulk("server-cpu-usage");
  reply.integer(42);
}

void write_map(resp::Writer& reply) {
  reply.map(3);
  for (int64_t i = 0; i < 3; ++i) {
    reply.integer(i);
    reply.boolean(i == 1);
  }
}

}  // namespace

void debug_protocol(command::Call& call) {
  resp::Writer& reply = call.reply();
  const std::string_view type = call.word(2);
  const auto write_three = [&] {
    for (int64_t i = 0; i < 3; ++i) reply.integer(i);
  };
  if (same_word(type, "string")) return reply.bulk("Hello World");
  if (same_word(type, "integer")) return reply.integer(12345);
  if (same_word(type, "double")) return reply.real(3.141);
  if (same_word(type, "null")) return reply.null();
  if (same_word(type, "bignum")) return reply.big_number("1234567999999999999999999999999999999");
  if (same_word(type, "map")) return write_map(reply);
  if (same_word(type, "attrib")) return write_attribute(reply);
  if (same_word(type, "push")) return write_push(call);
  if (same_word(type, "true") || same_word(type, "false")) return reply.boolean(same_word(type, "true"));
  if (same_word(type, "verbatim")) return reply.verbatim("txt", "This is a verbatim\nstring");
  if (same_word(type, "array")) {
    reply.array(3);
    return write_three();
  }
  if (same_word(type, "set")) {
    reply.set(3);
    return write_three();
  }
  call.fail(kWrongType);
}

}  // namespace server
