// The chunks that the prompt runs in the server.
import { quote } from './control.js'

/** As lua.c does: an expression first, then a statement. What doesn't compile is told apart from what raises. */
const compiled = (text: string) => `
local text = ${quote(text)}
local chunk, message = load("return " .. text, "=stdin")
if not chunk then chunk, message = load(text, "=stdin") end
if not chunk then return "syntax", message end`

/** A chunk that gives "values" and the values of a text, or "syntax" and why it doesn't compile. */
export const plain = (text: string) => `${compiled(text)}
return "values", chunk()`

/** How much of a table is shown: how deep, how many entries of each, how many bytes of each string, and in all. */
const [depthMax, entriesMax, stringMax, lengthMax] = [3, 20, 60, 2000]

/** The same, with the contents of tables. */
export const shown = (text: string) => `${compiled(text)}
local left = ${lengthMax}
local function brief(value)
  if type(value) ~= "string" then return tostring(value) end
  local s = string.format("%q", #value > ${stringMax} and value:sub(1, ${stringMax}) .. "..." or value)
  return (s:gsub("\\\n", "\\n"))
end
local function name(key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") then return key end
  return "[" .. brief(key) .. "]"
end
local function before(a, b)
  local s, t = type(a), type(b)
  if s ~= t then return s == "number" or t ~= "number" and s < t end
  if s == "number" or s == "string" then return a < b end
  return tostring(a) < tostring(b)
end
local function show(value, depth, above)
  local meta = type(value) == "table" and debug.getmetatable(value)
  if type(value) ~= "table" or meta and (meta.__tostring or meta.__name) then return brief(value) end
  if next(value) == nil then return "{}" end
  if depth == 0 or above[value] then return "{...}" end
  above[value] = true
  local keys, parts, count = {}, {}, 0
  for key in next, value do
    count = count + 1
    if count <= 1000 then keys[count] = key end
  end
  table.sort(keys, before)
  for i, key in ipairs(keys) do
    if i > ${entriesMax} or left <= 0 then
      parts[i] = "... " .. count - i + 1 .. " more"
      break
    end
    local part = show(rawget(value, key), depth - 1, above)
    parts[i] = key == i and part or name(key) .. " = " .. part
    left = left - #parts[i]
  end
  above[value] = nil
  return "{" .. table.concat(parts, ", ") .. "}"
end
local values = table.pack(chunk())
for i = 1, values.n do
  if type(values[i]) == "table" then values[i] = show(values[i], ${depthMax}, {}) end
end
return "values", table.unpack(values, 1, values.n)`

/** Lua's words, which go on with a space. */
export const keywords =
  'and break do else elseif end false for function global goto if in local nil not or repeat return then true until while'.split(
    ' ',
  )

/** How many names are offered. */
const namesMax = 500

/**
 * A chunk that gives the names that begin with `prefix`, with spaces between: globals, or what the value of a path has.
 * It looks up the path, which may call `__index`, and calls nothing else.
 * @param path names with `.` or `:` behind each; behind `:` there are functions alone
 */
export const namesIn = (path: string, prefix: string) => `
local value, prefix, method = _G, ${quote(prefix)}, ${path.endsWith(':')}
for name in string.gmatch(${quote(path)}, "[%w_]+") do
  local ok, field = pcall(function() return value[name] end)
  if not ok or field == nil then return "" end
  value = field
end
local names, seen = {}, {}
for _ = 1, 10 do
  if type(value) == "table" then
    for key, field in next, value do
      if type(key) == "string" and key:find("^[%a_][%w_]*$") and key:sub(1, #prefix) == prefix and not seen[key]
        and (not method or type(field) == "function") and #names < ${namesMax} then
        seen[key] = true
        names[#names + 1] = key
      end
    end
  end
  local meta = debug.getmetatable(value)
  value = type(meta) == "table" and rawget(meta, "__index")
  if type(value) ~= "table" then break end
end
table.sort(names)
return table.concat(names, " ")`
