// lua_gc of the engine wasm, which the package doesn't export: collectgarbage does the same.
import type { lua_State } from './api.js'
import { pushinteger } from './wasm-calls.js'
import { latin1 } from './wasm-errors.js'
import { cstring, lua } from './wasm-load.js'
import { lua_close, lua_newstate } from './wasm-newstate.js'
import { native, pushstring, used } from './wasm-state.js'
import { sweepLights } from './wasm-values.js'

const LUA_TNUMBER = 3
const LUA_TSTRING = 4
const LUA_GCCOLLECT = 2
const LUA_GCCOUNT = 3
const LUA_GCCOUNTB = 4

/** The place of collectgarbage, for want of an exported lua_gc. */
const collectSlot = (() => {
  const L = lua_newstate()
  if (L === null) throw new Error('no memory for Lua')
  const { ptr } = native(L)
  lua.luaopen_base(ptr)
  lua.lua_getfield(ptr, -1, cstring('collectgarbage'))
  const slot = lua.lua_tocfunction(ptr, -1)
  lua_close(L)
  return slot
})()

/** What collectgarbage calls the operations of lua_gc, by lua.h's numbers. */
const gcOptions =
  'stop restart collect count count step setpause setstepmul - isrunning generational incremental'.split(' ')

export function lua_gc(L: lua_State, what: number, ...args: number[]): number {
  const { ptr } = native(L)
  if (what === LUA_GCCOUNT) return used(L) >> 10
  if (what === LUA_GCCOUNTB) return used(L) & 0x3ff
  lua.lua_pushcclosure(ptr, collectSlot, 0)
  const option = gcOptions[what] ?? '-'
  pushstring(ptr, option)
  for (const arg of args) pushinteger(ptr, arg)
  lua.lua_callk(ptr, 1 + args.length, 1, 0, 0)
  const result =
    lua.lua_type(ptr, -1) === LUA_TSTRING
      ? gcOptions.indexOf(latin1(ptr, -1))
      : lua.lua_type(ptr, -1) === LUA_TNUMBER
        ? Math.trunc(lua.lua_tonumberx(ptr, -1, 0) as number)
        : (lua.lua_toboolean(ptr, -1) as number)
  lua.lua_settop(ptr, -2)
  if (what === LUA_GCCOLLECT) sweepLights(native(L).G)
  return result
}
