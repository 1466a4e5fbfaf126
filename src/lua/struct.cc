// `struct`: numbers and strings as the bytes of a C structure.
//
// A format is a row of options: b B h H l L T i[n] I[n] are integers, f d floats, s a string that a NUL ends, c[n] n
// bytes (c0: as many as the string has, or as the number before says), x a byte of padding; < and > set the order of
// bytes, ![n] the alignment, blanks part.
//
// Limits   an integer has at most kMostIntegerBytes, a size in a format at most INT_MAX.
// Errors   raised: the format, an argument, missing data. What is read lies within the data, whatever the format says.
// Source   https://www.inf.puc-rio.br/~roberto/struct (the options)
#include <bit>
#include <cctype>
#include <climits>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "lua/buffer.h"
#include "lua/libraries.h"

namespace lua {
namespace {

constexpr int kMostIntegerBytes = 32;
constexpr int kNativeAlignment = 8;

// The double as an integer of 64 bits, as x86-64 converts it: what does not fit is 2^63, but from 2^63 to 2^64 it does.
uint64_t to_integer(double number) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  constexpr uint64_t kSign = uint64_t{1} << 63;
  if (number >= -kTwoTo63 && number < kTwoTo63) return static_cast<uint64_t>(static_cast<int64_t>(number));
  if (number >= kTwoTo63 && number < 2 * kTwoTo63) return static_cast<uint64_t>(number - kTwoTo63) ^ kSign;
  return number >= kTwoTo63 ? 0 : kSign;
}

// A format that is being read, with what its options have set.
struct Format {
  lua_State* state;
  const char* at;  // a NUL ends it
  bool big_endian = std::endian::native == std::endian::big;
  int alignment = 1;
};

// The option that was read, and how many bytes it takes as far as the format alone says.
struct Option {
  char letter;
  size_t bytes;
};

// The number at this place, or `otherwise` if none is there.
int read_number(Format& format, int otherwise) {
  if (*format.at < '0' || *format.at > '9') return otherwise;
  int64_t number = 0;
  while (*format.at >= '0' && *format.at <= '9') {
    number = number * 10 + (*format.at++ - '0');
    if (number > INT_MAX) luaL_error(format.state, "integral size overflow");
  }
  return static_cast<int>(number);
}

Option read_option(Format& format) {
  const char letter = *format.at++;
  switch (letter) {
    case 'b':
    case 'B':
    case 'x': return {letter, 1};
    case 'h':
    case 'H': return {letter, 2};
    case 'f': return {letter, 4};
    case 'l':
    case 'L':
    case 'T':
    case 'd': return {letter, 8};
    case 'c': return {letter, static_cast<size_t>(read_number(format, 1))};
    case 'i':
    case 'I': {
      const int bytes = read_number(format, 4);
      if (bytes > kMostIntegerBytes)
        luaL_error(format.state, "integral size %d is larger than limit of %d", bytes, kMostIntegerBytes);
      return {letter, static_cast<size_t>(bytes)};
    }
    default: return {letter, 0};
  }
}

// Options that set something, or nothing; what is none is refused.
void apply_control(Format& format, char letter) {
  switch (letter) {
    case ' ': return;
    case '<': format.big_endian = false; return;
    case '>': format.big_endian = true; return;
    case '!':
      format.alignment = read_number(format, kNativeAlignment);
      if (!std::has_single_bit(static_cast<unsigned>(format.alignment)))
        luaL_error(format.state, "alignment %d is not a power of 2", format.alignment);
      return;
    default: luaL_argerror(format.state, 1, lua_pushfstring(format.state, "invalid format option '%c'", letter));
  }
}

// How many bytes of padding stand before an option at `position`. Sizes that are no power of two pad oddly, which is a
// quirk: tests/unit/lua/struct_test.cc.
size_t padding(const Format& format, size_t position, Option option) {
  if (option.bytes == 0 || option.letter == 'c') return 0;
  const auto most = static_cast<size_t>(format.alignment);
  const size_t alignment = option.bytes < most ? option.bytes : most;
  return (alignment - (position & (alignment - 1))) & (alignment - 1);
}

bool is_integer(char letter) { return letter != '\0' && std::strchr("bBhHlLTiI", letter) != nullptr; }

// Writing.

void append_number(Buffer& out, const Format& format, uint64_t number, size_t bytes) {
  char text[kMostIntegerBytes] = {};
  for (size_t byte = 0; byte < bytes && byte < sizeof number; ++byte)
    text[format.big_endian ? bytes - 1 - byte : byte] = static_cast<char>(number >> (8 * byte));
  out.append({text, bytes});
}

// Appends a string of the argument; returns how many bytes.
size_t append_string(Buffer& out, const Format& format, Option option, int argument) {
  size_t size = 0;
  const char* text = luaL_checklstring(format.state, argument, &size);
  const size_t bytes = option.bytes == 0 ? size : option.bytes;
  luaL_argcheck(format.state, size >= bytes, argument + 1, "string too short");
  out.append({text, bytes});
  if (option.letter != 's') return bytes;
  out.append('\0');
  return bytes + 1;
}

// Appends what the option says; returns how many bytes. `argument` is the next one and moves if it is used.
size_t pack_option(Buffer& out, Format& format, Option option, int& argument) {
  switch (option.letter) {
    case 'x': out.append('\0'); return 1;
    case 's':
    case 'c': return append_string(out, format, option, argument++);
    case 'f': {
      const auto number = static_cast<float>(luaL_checknumber(format.state, argument++));
      append_number(out, format, std::bit_cast<uint32_t>(number), option.bytes);
      return option.bytes;
    }
    case 'd': {
      const double number = luaL_checknumber(format.state, argument++);
      append_number(out, format, std::bit_cast<uint64_t>(number), option.bytes);
      return option.bytes;
    }
    default: break;
  }
  if (is_integer(option.letter)) {
    const double number = luaL_checknumber(format.state, argument++);
    append_number(out, format, to_integer(number), option.bytes);
    return option.bytes;
  }
  apply_control(format, option.letter);
  return 0;
}

int pack(lua_State* state) {
  Format format{state, luaL_checkstring(state, 1)};
  luaL_checkstack(state, 1, "too many arguments");
  lua_pushnil(state);  // behind the arguments: one that is missing is nil
  Buffer out(state, lua_gettop(state) + 1);
  int argument = 2;
  size_t total = 0;
  while (*format.at != '\0') {
    const Option option = read_option(format);
    const size_t pad = padding(format, total, option);
    out.append(pad, '\0');
    total += pad + pack_option(out, format, option, argument);
  }
  out.push_string();
  return 1;
}

// Reading.

struct Data {
  std::string_view bytes;
  size_t at;  // may be beyond the end

  bool has(size_t count) const { return count <= bytes.size() && at <= bytes.size() - count; }
};

// The last 64 bits of the integer, in the order that the format says.
uint64_t read_unsigned(const Format& format, std::string_view bytes) {
  uint64_t number = 0;
  for (size_t at = 0; at < bytes.size(); ++at)
    number = number << 8 | static_cast<unsigned char>(bytes[format.big_endian ? at : bytes.size() - 1 - at]);
  return number;
}

// Integers of other than 1 to 8 bytes take their sign from a bit that the size modulo 8 says: a quirk,
// tests/unit/lua/struct_test.cc.
double read_integer(const Format& format, Option option, std::string_view bytes) {
  uint64_t number = read_unsigned(format, bytes);
  const bool is_signed = option.letter == 'i' || option.letter == 'b' || option.letter == 'h' || option.letter == 'l';
  if (!is_signed) return static_cast<double>(number);
  const uint64_t sign = ~uint64_t{0} << ((bytes.size() * 8 - 1) & 63);
  if ((number & sign) != 0) number |= sign;
  return static_cast<double>(static_cast<int64_t>(number));
}

// c0: as many bytes as the result before this one says, which it replaces. Returns how many.
size_t size_from_result(const Format& format, const Data& data, int& results) {
  if (results == 0 || lua_isnumber(format.state, -1) == 0)
    luaL_error(format.state, "format 'c0' needs a previous size");
  const uint64_t size = to_integer(lua_tonumber(format.state, -1));
  lua_pop(format.state, 1);
  --results;
  luaL_argcheck(format.state, data.has(size), 2, "data string too short");
  return size;
}

// Pushes the string that a NUL ends; returns its bytes with the NUL.
size_t push_ended_string(const Format& format, const Data& data) {
  const std::string_view rest = data.bytes.substr(data.at);
  const size_t size = rest.find('\0');
  if (size == rest.npos) luaL_error(format.state, "unfinished string in data");
  lua_pushlstring(format.state, rest.data(), size);
  return size + 1;
}

// Pushes what the option reads, if anything; returns how many bytes it had.
size_t unpack_option(Format& format, const Data& data, Option option, int& results) {
  const std::string_view bytes = data.bytes.substr(data.at, option.bytes);
  switch (option.letter) {
    case 'x': return option.bytes;
    case 'c': {
      const size_t size = option.bytes > 0 ? option.bytes : size_from_result(format, data, results);
      lua_pushlstring(format.state, data.bytes.data() + data.at, size);
      ++results;
      return size;
    }
    case 's': ++results; return push_ended_string(format, data);
    case 'f':
      lua_pushnumber(format.state, std::bit_cast<float>(static_cast<uint32_t>(read_unsigned(format, bytes))));
      ++results;
      return option.bytes;
    case 'd':
      lua_pushnumber(format.state, std::bit_cast<double>(read_unsigned(format, bytes)));
      ++results;
      return option.bytes;
    default: break;
  }
  if (is_integer(option.letter)) {
    lua_pushnumber(format.state, read_integer(format, option, bytes));
    ++results;
  } else {
    apply_control(format, option.letter);
  }
  return option.bytes;
}

int unpack(lua_State* state) {
  Format format{state, luaL_checkstring(state, 1)};
  size_t size = 0;
  const char* bytes = luaL_checklstring(state, 2, &size);
  const lua_Integer from = luaL_optinteger(state, 3, 1);
  luaL_argcheck(state, from != 0, 3, "offset must be 1 or greater");
  Data data{{bytes, size}, static_cast<size_t>(from) - 1};
  int results = 0;
  while (*format.at != '\0') {
    const Option option = read_option(format);
    data.at += padding(format, data.at, option);
    luaL_argcheck(state, data.has(option.bytes), 2, "data string too short");
    luaL_checkstack(state, 2, "too many results");
    data.at += unpack_option(format, data, option, results);
  }
  lua_pushinteger(state, static_cast<lua_Integer>(data.at + 1));
  return results + 1;
}

int size(lua_State* state) {
  Format format{state, luaL_checkstring(state, 1)};
  size_t total = 0;
  while (*format.at != '\0') {
    const Option option = read_option(format);
    total += padding(format, total, option) + option.bytes;
    if (option.letter == 's') luaL_argerror(state, 1, "option 's' has no fixed size");
    if (option.letter == 'c' && option.bytes == 0) luaL_argerror(state, 1, "option 'c0' has no fixed size");
    if (std::isalnum(static_cast<unsigned char>(option.letter)) == 0) apply_control(format, option.letter);
  }
  lua_pushinteger(state, static_cast<lua_Integer>(total));
  return 1;
}

}  // namespace

void open_struct(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {{"pack", pack}, {"unpack", unpack}, {"size", size}};
  luaL_checkstack(state, 2, nullptr);
  lua_createtable(state, 0, 3);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushcfunction(state, function.func);
    lua_setfield(state, -2, function.name);
  }
  lua_setglobal(state, "struct");
}

}  // namespace lua
