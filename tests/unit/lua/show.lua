--[[ What an expression gives, as one printable line. recorded.h and record_valkey.py put this on line 1 of each script,
     before the expression on line 2: the numbers of lines in error texts are then the same in both. ]]
local function show(value, depth)
  local kind = type(value)
  if kind == 'string' then
    return '"' .. value:gsub('[^ !#-Z%[%]^-~]', function(byte) return string.format('\\x%02x', byte:byte()) end) .. '"'
  elseif kind == 'number' then
    return value ~= value and 'nan' or string.format('%.17g', value)
  elseif value == cjson.null then
    return 'null'
  elseif kind ~= 'table' or depth > 20 then
    return tostring(kind == 'boolean' and value or kind)
  end
  local pairs_shown = {}
  for key, element in pairs(value) do
    pairs_shown[#pairs_shown + 1] = '[' .. show(key, depth + 1) .. ']=' .. show(element, depth + 1)
  end
  table.sort(pairs_shown)
  return '{' .. table.concat(pairs_shown, ',') .. '}'
end
local function outcome(succeeded, ...)
  local shown = {}
  for index = 1, select('#', ...) do shown[index] = show((select(index, ...)), 0) end
  return (succeeded and 'ok' or 'ERR') .. (#shown > 0 and ' ' or '') .. table.concat(shown, ' ; ')
end
local function values(...) return ... end
