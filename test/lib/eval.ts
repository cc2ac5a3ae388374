// Evaluates Lua expressions as the kernel's recordings show them: a line `expression  =>  results`.
import type { Test } from 'tap'
import { LUA_OK, lua_getglobal, lua_pcall, lua_pushstring, lua_setglobal, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_checkobject, lunatik_pushobject } from '../../src/lunatik/lunatik_userdata.js'
import { packageRoot } from '../../src/package.js'
import { runtime } from '../lunatik/states.js'

/** The recordings' own evaluator, and the functions that their expressions use. */
const script = `
function keys(t)
  if type(t) ~= "table" then return "not a table: " .. type(t) end
  local r = {} for k in pairs(t) do r[#r + 1] = tostring(k) end table.sort(r) return table.concat(r, " ")
end
function kv(t) local r = {} for k, v in pairs(t) do if type(v) == "table" then r[#r + 1] = tostring(k) .. "={" .. kv(v) .. "}" else r[#r + 1] = tostring(k) .. "=" .. tostring(v) end end table.sort(r) return table.concat(r, " ") end
local function show(v) if type(v) == "string" then return string.format("%q", v):gsub("\\\\?\\n", "\\\\n"):gsub("0x%x+", "PTR") end
  return (tostring(v):gsub("0x%x+", "PTR"):gsub(": %x%x%x%x%x%x%x%x+", ": PTR")) end
function evaluate(src)
  local f, e = load("return " .. src, "=chunk")
  if not f then local f2, e2 = load(src, "=chunk") if f2 then f = f2 end end
  if not f then return "COMPILE " .. show(e) end
  local r = table.pack(pcall(f))
  local t = {} for i = 2, r.n do t[#t + 1] = (show(r[i])) end
  return (r[1] and "" or "ERROR ") .. table.concat(t, "  ")
end
`

/** The results of one expression in a runtime of {@link evaluator}. */
export function evaluate(r: lunatik_object_t, expression: string): string {
  let results = ''
  const ret = lunatik_run(r, (L) => {
    lua_getglobal(L, 'evaluate')
    lua_pushstring(L, expression)
    if (lua_pcall(L, 1, 1, 0) !== LUA_OK) throw new Error(lua_tostring(L, -1) ?? '')
    results = lua_tostring(L, -1) as string
    return 0
  })
  if (ret !== 0) throw new Error(`${expression}: ${ret}`)
  return results
}

/** Makes the object of a global of one runtime a global of another. */
export function share(from: lunatik_object_t, to: lunatik_object_t, name: string): lunatik_object_t {
  let object: lunatik_object_t | null = null
  lunatik_run(from, (L) => {
    lua_getglobal(L, name)
    object = lunatik_checkobject(L, -1)
    return 0
  })
  if (object === null) throw new Error(`${name} is no object`)
  const shared = object
  const ret = lunatik_run(to, (L) => {
    lunatik_pushobject(L, shared)
    lua_setglobal(L, name)
    return 0
  })
  if (ret !== 0) throw new Error(`sharing ${name}: ${ret}`)
  return shared
}

/** A runtime that evaluates expressions. */
export const evaluator = (t: Test, sleep: boolean | number = true, more = '') => runtime(t, script + more, sleep)

/** Has a runtime of {@link evaluator} find the package's modules in Lua as well. */
export function withLua(r: lunatik_object_t): lunatik_object_t {
  lunatik_conf.root = [...lunatik_conf.root, `${packageRoot}lua`]
  evaluate(r, `(function() package.path = package.path .. ";${packageRoot}lua/?.lua" end)()`)
  return r
}

/** Asserts that each line, `expression  =>  results` as the kernel answered, is answered so here. */
export function agrees(t: Test, r: lunatik_object_t, lines: string): void {
  for (const line of lines.split('\n').map((text) => text.trim())) {
    if (line === '') continue
    const [expression = '', results = ''] = line.split(/ {2}=>(?: {2}|$)/)
    t.equal(evaluate(r, expression), results, expression)
  }
}
