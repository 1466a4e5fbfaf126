// cjson.decode: a JSON text as a Lua value.
//
// Limits   nesting: decode_max_depth, and Lua's stack of C functions (8000 slots), which fails as if the depth were too
//          great. Memory goes by the text's bytes.
// Errors   raised: what was expected, what was found, and at which character.
#include <string_view>

#include "lua/buffer.h"
#include "lua/json.h"
#include "lua/json_lexer.h"

namespace lua::json {
namespace {

using Type = Token::Type;

struct Decoder {
  lua_State* state;
  const Settings& settings;
  Lexer lexer;
  int depth = 0;
};

void decode_value(Decoder& decoder, const Token& token);

void fail(Decoder& decoder, const char* expected, const Token& token) {
  luaL_error(decoder.state, "Expected %s but found %s at character %d", expected, token_name(token),
             static_cast<int>(token.at + 1));
}

// A table's value needs another slot; there it is where nesting ends, LuaJIT makes it, and the reference nests as deep.
void descend(Decoder& decoder, int slots) {
  ++decoder.depth;
  if (decoder.depth <= decoder.settings.decode_max_depth && lua_checkstack(decoder.state, slots) != 0) return;
  luaL_error(decoder.state, "Found too many nested data structures (%d) at character %d", decoder.depth,
             static_cast<int>(decoder.lexer.position()));
}

void decode_object(Decoder& decoder) {
  descend(decoder, 2);
  lua_newtable(decoder.state);
  Token token = decoder.lexer.next();
  while (token.type != Type::kObjectEnd) {
    if (token.type != Type::kString) fail(decoder, "object key string", token);
    lua_pushlstring(decoder.state, token.text.data(), token.text.size());
    token = decoder.lexer.next();
    if (token.type != Type::kColon) fail(decoder, "colon", token);
    decode_value(decoder, decoder.lexer.next());
    lua_rawset(decoder.state, -3);
    token = decoder.lexer.next();
    if (token.type == Type::kObjectEnd) break;
    if (token.type != Type::kComma) fail(decoder, "comma or object end", token);
    token = decoder.lexer.next();
    if (token.type == Type::kObjectEnd) fail(decoder, "object key string", token);
  }
  --decoder.depth;
}

void decode_array(Decoder& decoder) {
  descend(decoder, 1);
  lua_newtable(decoder.state);
  Token token = decoder.lexer.next();
  for (int index = 1; token.type != Type::kArrayEnd; ++index) {
    decode_value(decoder, token);
    lua_rawseti(decoder.state, -2, index);
    token = decoder.lexer.next();
    if (token.type == Type::kArrayEnd) break;
    if (token.type != Type::kComma) fail(decoder, "comma or array end", token);
    token = decoder.lexer.next();
    if (token.type == Type::kArrayEnd) fail(decoder, "value", token);
  }
  --decoder.depth;
}

// Pushes the value that begins with `token`.
void decode_value(Decoder& decoder, const Token& token) {
  switch (token.type) {
    case Type::kString: return lua_pushlstring(decoder.state, token.text.data(), token.text.size());
    case Type::kNumber: return lua_pushnumber(decoder.state, token.number);
    case Type::kBoolean: return lua_pushboolean(decoder.state, token.boolean ? 1 : 0);
    case Type::kNull: return lua_pushlightuserdata(decoder.state, nullptr);
    case Type::kObjectBegin: return decode_object(decoder);
    case Type::kArrayBegin: return decode_array(decoder);
    default: fail(decoder, "value", token);
  }
}

}  // namespace

int decode(lua_State* state) {
  luaL_argcheck(state, lua_gettop(state) == 1, 1, "expected 1 argument");
  size_t size = 0;
  const char* data = luaL_checklstring(state, 1, &size);
  const std::string_view text(data, size);
  if (size >= 2 && (text[0] == '\0' || text[1] == '\0'))
    luaL_error(state, "JSON parser does not support UTF-16 or UTF-32");
  Buffer scratch(state, 2);
  const Settings& settings = settings_of(state);
  Decoder decoder{state, settings, Lexer(text, settings, scratch)};
  decode_value(decoder, decoder.lexer.next());
  const Token token = decoder.lexer.next();
  if (token.type != Type::kEnd) fail(decoder, "the end", token);
  return 1;
}

}  // namespace lua::json
