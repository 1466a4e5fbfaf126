// Fuzzes what Lua scripts do with bytes of others: cjson.decode, cmsgpack.unpack, struct.unpack. What is read must be
// written and read again as the same.
//
// Input    a byte that chooses: JSON; MessagePack; a format for struct, then NUL and data. Its sign bit says that a
// garbage
//          collection comes with each allocation.
// Limits   one interpreter takes all inputs, so that state that an input leaves behind is seen by the next.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/check.h"
#include "unit/lua/interpreter.h"

namespace {

// same(a, b): equal in depth; keys that are tables have no equal, they are only counted.
constexpr char kScript[] = R"(
local same
local function within(first, second)
  for key, value in pairs(first) do
    if type(key) ~= 'table' and not same(value, rawget(second, key)) then return false end
  end
  return true
end
local function count(table)
  local all = 0
  for _ in pairs(table) do all = all + 1 end
  return all
end
function same(first, second)
  if type(first) ~= 'table' or type(second) ~= 'table' then
    return first == second or (first ~= first and second ~= second)
  end
  return count(first) == count(second) and within(first, second)
end

local json = cjson.new()
json.encode_invalid_numbers(true)
json.encode_sparse_array(true)

function on_json(text)
  local succeeded, value = pcall(json.decode, text)
  if not succeeded then return end
  -- The first round rounds numbers to 14 digits.
  local rounded = json.decode(json.encode(value))
  local encoded = json.encode(rounded)
  local again = json.decode(encoded)
  assert(same(rounded, again) and encoded == json.encode(again), 'JSON changes')
end

function on_msgpack(text)
  local results = {pcall(cmsgpack.unpack, text)}
  local limited = {pcall(cmsgpack.unpack_limit, text, 3, 1)}
  if not results[1] or #limited == 0 then return end
  for index = 2, #results do
    -- The first round cuts what is nested too deep, to nil, which is no key.
    local packed, cut = pcall(cmsgpack.unpack, cmsgpack.pack(results[index]))
    assert(packed or cut == 'table index is nil', cut)
    if packed then assert(same(cut, cmsgpack.unpack(cmsgpack.pack(cut))), 'MessagePack changes') end
  end
end

function on_struct(format, text)
  local results = {pcall(struct.unpack, format, text)}
  local others = {pcall(struct.unpack, format, text, #format - 3)}
  local has_size, size = pcall(struct.size, format)
  if not results[1] then return end
  table.remove(results, 1)
  local finish = table.remove(results)
  if has_size and not format:find('%z') then assert(finish == size + 1, 'struct ends elsewhere') end
  local packed, bytes = pcall(struct.pack, format, unpack(results))
  if packed and has_size then assert(#bytes == size, 'struct has another size') end
end
)";

lua::Interpreter& interpreter() {
  static auto& one = *[] {
    auto* made = new lua::Interpreter;  // never freed: it lives as long as the process
    CHECK(made->run(kScript).empty());
    return made;
  }();
  return one;
}

void call(const char* function, std::string_view first, std::string_view second) {
  lua_State* state = interpreter().state();
  lua_getglobal(state, function);
  lua_pushlstring(state, first.data(), first.size());
  lua_pushlstring(state, second.data(), second.size());
  if (lua_pcall(state, 2, 0, 0) != 0) {
    std::fprintf(stderr, "%s: %s\n", function, lua_tostring(state, -1));
    std::abort();
  }
  CHECK(lua_gettop(state) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  interpreter().collect_always((data[0] & 0x80) != 0);
  switch (data[0] % 3) {
    case 0: call("on_json", input, ""); break;
    case 1: call("on_msgpack", input, ""); break;
    default:
      const size_t middle = input.find('\0');
      if (middle != input.npos) call("on_struct", input.substr(0, middle), input.substr(middle + 1));
  }
  return 0;
}
