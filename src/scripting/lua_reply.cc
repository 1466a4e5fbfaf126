#include "scripting/lua_reply.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/numbers.h"

namespace scripting {
namespace {

constexpr uint64_t kUnknown = ~uint64_t{0};

// The field of the table at the top of the stack, pushed if it has the type.
bool push_field(lua_State* state, const char* name, int type) {
  lua_pushstring(state, name);
  lua_rawget(state, -2);
  if (lua_type(state, -1) == type) return true;
  lua_pop(state, 1);
  return false;
}

bool is_line_end(char byte) { return byte == '\r' || byte == '\n'; }

std::string_view text_at_top(lua_State* state) {
  size_t size = 0;
  const char* text = lua_tolstring(state, -1, &size);
  return {text, size};
}

// Up to its first NUL, as the reference reads all but texts themselves; tests/transcripts/scripting/values2.transcript.
std::string_view line_at_top(lua_State* state) { return lua_tostring(state, -1); }

// As the reference's machine does it: what no integer holds is the least one.
int64_t to_integer(double value) {
  constexpr double kEnd = 9223372036854775808.0;
  if (!(value >= -kEnd && value < kEnd)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

void reply_pairs(lua_State* state, command::Call& call, bool resp3, bool are_pairs) {
  resp::Writer& reply = call.reply();
  size_t count = 0;
  for (lua_pushnil(state); lua_next(state, -2) != 0; lua_pop(state, 1)) ++count;
  if (are_pairs) {
    reply.map(count);
  } else {
    reply.set(count);
  }
  for (lua_pushnil(state); lua_next(state, -2) != 0;) {
    lua_pushvalue(state, -2);
    reply_value(state, call, resp3);
    if (are_pairs) {
      reply_value(state, call, resp3);
    } else {
      lua_pop(state, 1);
    }
  }
}

void reply_array(lua_State* state, command::Call& call, bool resp3) {
  resp::Writer& reply = call.reply();
  const auto open = reply.open_array(lua_objlen(state, -1));
  int count = 0;
  for (;; ++count) {
    lua_rawgeti(state, -1, count + 1);
    if (lua_isnil(state, -1) || call.reply_too_large()) break;  // a table may stand in itself, many times over
    reply_value(state, call, resp3);
  }
  lua_pop(state, 1);
  reply.close(open, static_cast<size_t>(count));
}

// False: the table is none of these.
bool reply_marked(lua_State* state, command::Call& call, bool resp3) {
  resp::Writer& reply = call.reply();
  if (push_field(state, "err", LUA_TSTRING)) {
    reply.error(line_at_top(state));
    lua_pushliteral(state, "ignore_error_stats_update");
    lua_rawget(state, -3);
    if (lua_toboolean(state, -1) != 0) call.host().error_was_counted();
    lua_pop(state, 1);
  } else if (push_field(state, "ok", LUA_TSTRING)) {
    reply.simple(line_at_top(state));
  } else if (push_field(state, "double", LUA_TNUMBER)) {
    reply.real(lua_tonumber(state, -1));
  } else if (push_field(state, "map", LUA_TTABLE)) {
    reply_pairs(state, call, resp3, true);
  } else if (push_field(state, "set", LUA_TTABLE)) {
    reply_pairs(state, call, resp3, false);
  } else if (push_field(state, "big_number", LUA_TSTRING)) {
    std::string digits(line_at_top(state));  // of which RESP2 makes a text; the reference has made it a line before
    std::replace_if(digits.begin(), digits.end(), is_line_end, ' ');
    reply.big_number(digits);
  } else if (push_field(state, "verbatim_string", LUA_TTABLE)) {
    if (!push_field(state, "format", LUA_TSTRING)) return lua_pop(state, 1), false;
    lua_insert(state, -2);
    if (!push_field(state, "string", LUA_TSTRING)) return lua_pop(state, 2), false;
    const std::string_view format = lua_tostring(state, -3);
    char padded[3] = {' ', ' ', ' '};
    for (size_t at = 0; at < 3 && at < format.size(); ++at) padded[at] = format[at];
    reply.verbatim({padded, 3}, text_at_top(state));
    lua_pop(state, 2);
  } else {
    return false;
  }
  lua_pop(state, 1);
  return true;
}

}  // namespace

void LuaReply::wrap(const char* field) {
  lua_createtable(state_, 0, 1);
  lua_insert(state_, -2);
  lua_setfield(state_, -2, field);
}

void LuaReply::begin(char kind, uint64_t values) {
  lua_checkstack(state_, 8);
  const bool counted = kind == '*' && values != kUnknown;
  lua_createtable(state_, counted ? static_cast<int>(std::min<uint64_t>(values, 1 << 20)) : 0, 0);
  frames_.push_back({.kind = kind, .left = values});
  if (values == 0) end();
}

void LuaReply::end() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  if (frame.kind == '%') wrap("map");
  if (frame.kind == '~') wrap("set");
  add();
}

void LuaReply::add() {
  if (frames_.empty()) return;
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case '~':
      if (lua_isnil(state_, -1)) push_text("");
      lua_pushboolean(state_, 1);
      lua_rawset(state_, -3);
      break;
    case '%':
      if (!frame.has_key && lua_isnil(state_, -1)) {
        lua_pop(state_, 1);
        push_text("");
      }
      frame.has_key = !frame.has_key;
      if (!frame.has_key) lua_rawset(state_, -3);
      break;
    default: lua_rawseti(state_, -2, ++frame.filled); break;
  }
  if (frame.left != kUnknown && --frame.left == 0) end();
}

void LuaReply::line(char kind, std::string_view text) {
  std::string line(text);  // a line for scripts too
  std::replace_if(line.begin(), line.end(), is_line_end, ' ');
  push_text(line);
  if (kind == '-' && frames_.empty()) error_ = text_at_top(state_);
  wrap(kind == '-' ? "err" : "ok");
  if (kind == '-') {
    lua_pushboolean(state_, 1);
    lua_setfield(state_, -2, "ignore_error_stats_update");
  }
  add();
}

void LuaReply::integer(int64_t value) {
  lua_pushnumber(state_, static_cast<double>(value));
  add();
}

void LuaReply::bulk(std::string_view bytes) {
  constexpr size_t kMostOfLua = 0x7fffff00;  // more would raise an error, which must not pass a handler
  if (bytes.size() > kMostOfLua) return line('-', "ERR the value is too large for a script");
  push_text(bytes);
  add();
}

void LuaReply::null() {
  if (resp3_) {
    lua_pushnil(state_);
  } else {
    lua_pushboolean(state_, 0);
  }
  add();
}

void LuaReply::boolean(bool value) {
  lua_pushboolean(state_, value ? 1 : 0);
  add();
}

void LuaReply::real(std::string_view digits) {
  lua_pushnumber(state_, base::parse_double(digits).value_or(0));
  wrap("double");
  add();
}

void LuaReply::big_number(std::string_view digits) {
  push_text(digits);
  wrap("big_number");
  add();
}

void LuaReply::verbatim(std::string_view format, std::string_view text) {
  lua_createtable(state_, 0, 2);
  push_text(text);
  lua_setfield(state_, -2, "string");
  push_text(format);
  lua_setfield(state_, -2, "format");
  wrap("verbatim_string");
  add();
}

void LuaReply::header(char kind, uint64_t count) { begin(kind, kind == '%' ? 2 * count : count); }

void LuaReply::open(char kind) { begin(kind, kUnknown); }

void LuaReply::close() { end(); }

void reply_value(lua_State* state, command::Call& call, bool resp3) {
  resp::Writer& reply = call.reply();
  if (lua_checkstack(state, 5) == 0) {  // as deep as the reference goes
    reply.error("ERR reached lua stack limit");
    lua_pop(state, 1);
    return;
  }
  switch (lua_type(state, -1)) {
    case LUA_TSTRING: reply.bulk(text_at_top(state)); break;
    case LUA_TNUMBER: reply.integer(to_integer(lua_tonumber(state, -1))); break;
    case LUA_TBOOLEAN:
      if (resp3) {
        reply.boolean(lua_toboolean(state, -1) != 0);
      } else if (lua_toboolean(state, -1) != 0) {
        reply.integer(1);
      } else {
        reply.null();
      }
      break;
    case LUA_TTABLE:
      if (!reply_marked(state, call, resp3)) reply_array(state, call, resp3);
      break;
    default: reply.null(); break;
  }
  lua_pop(state, 1);
}

}  // namespace scripting
