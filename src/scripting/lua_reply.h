// Between replies and Lua values: what a command answers becomes a Lua value, and what a script returns a reply.
//
// From a reply   integer: number; text: string; status: {ok=}; error: {err=}; array: table; null: false. In RESP3 also
//                null: nil; map: {map=}; set: {set={element=true}}; double: {double=}; boolean; big number:
//                {big_number=}; verbatim text: {verbatim_string={format=, string=}}.
// To a reply     the same backwards; a number is cut to an integer, and an array ends at its first nil.
// Source         valkey-server 9.1.2, probed through EVAL; tests/transcripts/scripting.
#pragma once

#include <luajit-2.1/lua.hpp>

#include <vector>

#include "command/call.h"
#include "resp/value_sink.h"

namespace scripting {

// Leaves one value on the state's stack. Raises no Lua error, as it runs inside handlers: REQUIRES State::enter_host().
class LuaReply final : public resp::ValueSink {
 public:
  LuaReply(lua_State* state, bool resp3) : state_(state), resp3_(resp3) {}

  void line(char kind, std::string_view text) override;
  void integer(int64_t value) override;
  void bulk(std::string_view bytes) override;
  void null() override;
  void boolean(bool value) override;
  void real(std::string_view digits) override;
  void big_number(std::string_view digits) override;
  void verbatim(std::string_view format, std::string_view text) override;
  void header(char kind, uint64_t count) override;
  void open(char kind) override;
  void close() override;
  // Valid while the value is on the stack.
  std::string_view error() const override { return error_; }

 private:
  struct Frame {
    char kind;
    uint64_t left;         // values to come; ~0 while nobody knows
    int filled = 0;        // of an array
    bool has_key = false;  // of a map: its key is above the table
  };

  void push_text(std::string_view text) { lua_pushlstring(state_, text.data(), text.size()); }
  // A table with this one field, which is the value at the top of the stack.
  void wrap(const char* field);
  void begin(char kind, uint64_t values);
  // The value at the top of the stack is complete.
  void add();
  void end();

  lua_State* state_;
  bool resp3_;
  std::string_view error_;
  std::vector<Frame> frames_;
};

// Writes the value at the top of the stack as a script's reply, and pops it; no more than the client's output buffer
// may take. `resp3`: what the script has set by setresp().
void reply_value(lua_State* state, command::Call& call, bool resp3);

}  // namespace scripting
