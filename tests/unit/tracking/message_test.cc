// Goal: the messages are Valkey's, byte for byte, in both protocols.
// Method: the bytes that Valkey 9.1.2 sends, written down.
#include "tracking/message.h"

#include <gtest/gtest.h>

namespace tracking {
namespace {

template <typename Write>
std::string written(int protocol, Write write) {
  resp::Buffer bytes;
  resp::Writer out(bytes, protocol);
  write(out);
  return std::string(bytes.view());
}

TEST(Message, OfKeys) {
  const std::vector<std::string> keys{"a", "bc"};
  EXPECT_EQ(written(3, [&](resp::Writer& out) { write_keys(out, Form::kPush, keys); }),
            ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$2\r\nbc\r\n");
  EXPECT_EQ(written(2, [&](resp::Writer& out) { write_keys(out, Form::kChannel, keys); }),
            "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*2\r\n$1\r\na\r\n$2\r\nbc\r\n");
  EXPECT_EQ(written(2, [&](resp::Writer& out) { write_keys(out, Form::kNone, keys); }), "");
}

TEST(Message, OfAllKeys) {
  EXPECT_EQ(written(3, [](resp::Writer& out) { write_all(out, Form::kPush); }), ">2\r\n$10\r\ninvalidate\r\n_\r\n");
  EXPECT_EQ(written(2, [](resp::Writer& out) { write_all(out, Form::kChannel); }),
            "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n");
  EXPECT_EQ(written(2, [](resp::Writer& out) { write_all(out, Form::kNone); }), "");
}

TEST(Message, OfABrokenRedirection) {
  EXPECT_EQ(written(3, [](resp::Writer& out) { write_broken(out, 12); }),
            ">2\r\n$21\r\ntracking-redir-broken\r\n:12\r\n");
}

}  // namespace
}  // namespace tracking
