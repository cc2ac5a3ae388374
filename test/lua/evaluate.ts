// Evaluates expressions with the libraries of the dialect, and shows the results as the kernel's recordings do.
import type { Test } from 'tap'
import { luaL_loadbufferx, luaL_newstate, luaL_requiref } from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  lua_close,
  lua_getglobal,
  lua_pcall,
  lua_pop,
  lua_pushstring,
  type lua_State,
  lua_settop,
  lua_tostring,
} from '../../src/lua/lua.js'
import {
  luaopen_base,
  luaopen_coroutine,
  luaopen_debug,
  luaopen_math,
  luaopen_string,
  luaopen_table,
} from '../../src/lua/lualib.js'

/** The recordings' own evaluator. */
const script = `
function keys(t)
  if type(t) ~= "table" then return "not a table: " .. type(t) end
  local r = {} for k in pairs(t) do r[#r + 1] = tostring(k) end table.sort(r) return table.concat(r, " ")
end
local function show(v) if type(v) == "string" then return (string.format("%q", v):gsub("\\\\?\\n", "\\\\n")) end
  return (tostring(v):gsub(": %x%x%x%x%x%x%x%x+", ": PTR")) end
function evaluate(src)
  local f, e = load("return " .. src, "=chunk")
  if not f then local f2, e2 = load(src, "=chunk") if f2 then f = f2 end end
  if not f then return "COMPILE " .. show(e) end
  local r = table.pack(pcall(f))
  local t = {} for i = 2, r.n do t[#t + 1] = (show(r[i])) end
  return (r[1] and "" or "ERROR ") .. table.concat(t, "  ")
end
`

/** A state with the dialect's libraries; closed when the test ends. */
export function state(t: Test): lua_State {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['coroutine', luaopen_coroutine],
    ['debug', luaopen_debug],
    ['math', luaopen_math],
    ['string', luaopen_string],
    ['table', luaopen_table],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  luaL_loadbufferx(L, Buffer.from(script), '=evaluator', null)
  if (lua_pcall(L, 0, 0, 0) !== LUA_OK) throw new Error(lua_tostring(L, -1) ?? '')
  return L
}

/** The results of one expression or chunk. */
export function evaluate(L: lua_State, expression: string): string | null {
  lua_getglobal(L, 'evaluate')
  lua_pushstring(L, expression)
  lua_pcall(L, 1, 1, 0)
  const results = lua_tostring(L, -1)
  lua_settop(L, 0)
  return results
}

/** Asserts that each line, `expression  =>  results`, is answered so, in one state. */
export function agrees(t: Test, lines: string): void {
  const L = state(t)
  for (const line of lines.split('\n').map((text) => text.trim())) {
    if (line === '') continue
    const [expression = '', results = ''] = line.split(/ {2}=>(?: {2}|$)/)
    t.equal(evaluate(L, expression), results, expression)
  }
}
