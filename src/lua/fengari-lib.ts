// Functions of Lua's standard libraries that fengari's own are no match for.
import {
  LUA_MULTRET,
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TTABLE,
  LUA_YIELD,
  lauxlib,
  lua,
  lualib,
  name,
  type State,
  to_luastring,
} from './fengari-load.js'
import { markFinalizer } from './fengari-state.js'
import { luaopen_string as openStrings } from './fengari-strlib.js'

/** Puts `<no error object>` in the place of a nil on the top of the stack, as Lua 5.5 does for error objects. */
export function nameErrorObject(L: State): void {
  if (lua.lua_type(L, -1) !== LUA_TNIL) return
  lua.lua_settop(L, -2)
  lua.lua_pushstring(L, name('<no error object>'))
}

/**
 * Ends a pcall or xpcall; `extra` values below the results are not theirs. After an error in a coroutine fengari
 * leaves its hooks off (it never notes that they were on), and a loop of pcalls would run for ever.
 */
function finishpcall(L: State, status: number, extra: number): number {
  if (status === LUA_OK || status === LUA_YIELD) return lua.lua_gettop(L) - extra
  L.allowhook = 1
  nameErrorObject(L)
  lua.lua_pushboolean(L, false)
  lua.lua_rotate(L, -2, 1)
  return 2
}

function base_pcall(L: State): number {
  lauxlib.luaL_checkany(L, 1)
  lua.lua_pushboolean(L, true)
  lua.lua_rotate(L, 1, 1)
  return finishpcall(L, lua.lua_pcallk(L, lua.lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finishpcall), 0)
}

function base_xpcall(L: State): number {
  const n = lua.lua_gettop(L)
  lauxlib.luaL_checktype(L, 2, LUA_TFUNCTION)
  lua.lua_pushboolean(L, true)
  lua.lua_pushvalue(L, 1)
  lua.lua_rotate(L, 3, 2)
  return finishpcall(L, lua.lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finishpcall), 2)
}

function base_setmetatable(L: State): number {
  lauxlib.luaL_checktype(L, 1, LUA_TTABLE)
  const type = lua.lua_type(L, 2)
  if (type !== LUA_TNIL && type !== LUA_TTABLE) lauxlib.luaL_argerror(L, 2, to_luastring('nil or table expected'))
  if (lauxlib.luaL_getmetafield(L, 1, name('__metatable')) !== LUA_TNIL) {
    lauxlib.luaL_error(L, to_luastring('cannot change a protected metatable'))
  }
  lua.lua_settop(L, 2)
  lua.lua_setmetatable(L, 1)
  markFinalizer(L, 1)
  return 1
}

function db_setmetatable(L: State): number {
  const type = lua.lua_type(L, 2)
  if (type !== LUA_TNIL && type !== LUA_TTABLE) lauxlib.luaL_argerror(L, 2, to_luastring('nil or table expected'))
  lua.lua_settop(L, 2)
  lua.lua_setmetatable(L, 1)
  markFinalizer(L, 1)
  return 1
}

export function luaopen_debug(L: State): number {
  const results = lualib.luaopen_debug(L)
  lua.lua_pushcclosure(L, db_setmetatable, 0)
  lua.lua_setfield(L, -2, name('setmetatable'))
  return results
}

export function luaopen_base(L: State): number {
  const results = lualib.luaopen_base(L)
  lua.lua_pushcclosure(L, base_setmetatable, 0)
  lua.lua_setfield(L, -2, name('setmetatable'))
  lua.lua_pushcclosure(L, base_pcall, 0)
  lua.lua_setfield(L, -2, name('pcall'))
  lua.lua_pushcclosure(L, base_xpcall, 0)
  lua.lua_setfield(L, -2, name('xpcall'))
  return results
}

const copyOf = Uint8Array.prototype.slice
/** From here on fengari's own way to make a string, byte by byte, costs more than it is worth, in bytes. */
export const copiedMin = 256

/** Pushes a string that has these very bytes, which nobody changes any more. */
function pushOwned(L: State, bytes: Uint8Array): void {
  lua.lua_pushlstring(L, bytes, 0)
  const slot = L.stack[L.top - 1] as { value: unknown }
  const { constructor: TString } = slot.value as { constructor: new (L: State, bytes: Uint8Array) => unknown }
  slot.value = new TString(L, bytes)
}

/** Pushes a copy of the bytes: fengari's lua_pushlstring takes some 8 times as long for long ones. */
export function pushlstring(L: State, bytes: Uint8Array): void {
  if (bytes.length < copiedMin) lua.lua_pushlstring(L, bytes, bytes.length)
  // A Buffer's own slice would share the memory.
  else pushOwned(L, copyOf.call(bytes))
}

/** string.sub: a long part of a string shares its bytes, unless it would keep many more alive. */
function str_sub(L: State): number {
  const s = lauxlib.luaL_checklstring(L, 1)
  const from = lauxlib.luaL_checkinteger(L, 2)
  const to = lua.lua_type(L, 3) <= LUA_TNIL ? -1 : lauxlib.luaL_checkinteger(L, 3)
  const start = Math.max(from >= 0 ? from : Math.max(0, s.length + from + 1), 1)
  const end = Math.min(to >= 0 ? to : s.length + to + 1, s.length)
  const part = s.subarray(start - 1, Math.max(end, start - 1))
  if (part.length < copiedMin || part.length * 4 < s.length) pushlstring(L, part)
  else pushOwned(L, part)
  return 1
}

/**
 * The longest string that string.rep makes, in bytes. Nothing else can stop a call that takes seconds and gigabytes.
 */
const repeatMax = 64 << 20

function str_rep(L: State): number {
  const text = lauxlib.luaL_checklstring(L, 1)
  const n = lauxlib.luaL_checkinteger(L, 2)
  const sep = lauxlib.luaL_optlstring(L, 3, name(''))
  const length = n <= 0 ? 0 : n * text.length + (n - 1) * sep.length
  if (length > Number.MAX_SAFE_INTEGER) return lauxlib.luaL_error(L, to_luastring('resulting string too large'))
  if (length > repeatMax) {
    lua.lua_pushstring(L, name('not enough memory'))
    return lua.lua_error(L)
  }
  const bytes = new Uint8Array(length)
  if (length > 0) {
    const unit = text.length + sep.length
    bytes.set(text)
    if (length > unit) bytes.set(sep, text.length)
    // Each copy doubles what is there.
    for (let done = unit; done < length; done *= 2) bytes.copyWithin(done, 0, Math.min(done, length - done))
  }
  pushOwned(L, bytes)
  return 1
}

export function luaopen_string(L: State): number {
  const results = openStrings(L)
  lua.lua_pushcclosure(L, str_rep, 0)
  lua.lua_setfield(L, -2, name('rep'))
  lua.lua_pushcclosure(L, str_sub, 0)
  lua.lua_setfield(L, -2, name('sub'))
  return results
}
