// lvm.c's and lauxlib.c's operations that may call a metamethod, in steps: below lua_gettable and its like nothing
// could yield. Each has the results and the errors of the function of lua.h or lauxlib.h whose name it has.
import { engine } from './engine.js'
import { luaL_error, luaL_getmetafield, luaL_tolstring } from './lauxlib.js'
import {
  LUA_OPEQ,
  LUA_OPLT,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  LUA_TUSERDATA,
  lua_absindex,
  lua_compare,
  lua_getmetatable,
  lua_gettable,
  lua_insert,
  lua_isstring,
  lua_len,
  lua_pop,
  lua_pushvalue,
  lua_rawequal,
  lua_rawget,
  lua_rawset,
  lua_remove,
  lua_replace,
  type lua_State,
  lua_settable,
  lua_toboolean,
  lua_tointegerx,
  lua_type,
} from './lua.js'
import { type Steps, stepCall } from './lua_steps.js'

/** lvm.c's: how many tables may be asked one after the other. */
const MAXTAGLOOP = 2000

/** Whether the value at `idx` is a table without a metatable, which calls nothing. [-0, +0, -] */
export function isPlain(L: lua_State, idx: number): boolean {
  if (lua_type(L, idx) !== LUA_TTABLE) return false
  if (!lua_getmetatable(L, idx)) return true
  lua_pop(L, 1)
  return false
}

/** `t[k]`, t at `idx`; k is on the top, and the value takes its place. [-1, +1, e] */
export function* stepGettable(L: lua_State, idx: number): Steps<void> {
  lua_pushvalue(L, idx)
  lua_insert(L, -2)
  for (let loop = 0; loop < MAXTAGLOOP; loop++) {
    // On the stack: what is asked, the key.
    if (lua_type(L, -2) === LUA_TTABLE) {
      lua_pushvalue(L, -1)
      if (lua_rawget(L, -3) !== LUA_TNIL || luaL_getmetafield(L, -3, '__index') === LUA_TNIL) {
        lua_replace(L, -3)
        lua_pop(L, 1)
        return
      }
      lua_remove(L, -2)
    } else if (luaL_getmetafield(L, -2, '__index') === LUA_TNIL) break
    if (lua_type(L, -1) === LUA_TFUNCTION) {
      lua_insert(L, -3)
      yield* stepCall(2, 1)
      return
    }
    lua_replace(L, -3)
  }
  // It has an error.
  lua_gettable(L, -2)
  lua_remove(L, -2)
}

/** `t[n]`, t at `idx`. [-0, +1, e] */
export function* stepGeti(L: lua_State, idx: number, n: number | bigint): Steps<void> {
  if (getplain(L, idx, n)) return
  const t = lua_absindex(L, idx)
  engine.lua_pushinteger(L, n)
  yield* stepGettable(L, t)
}

/** Pushes `t[n]` of a table that has it. Pushes nothing, and returns false, where a metamethod may be asked. */
export function getplain(L: lua_State, idx: number, n: number | bigint): boolean {
  if (engine.lua_type(L, idx) !== LUA_TTABLE) return false
  if (rawgeti(L, idx, n) !== LUA_TNIL) return true
  engine.lua_settop(L, -2)
  return false
}

/** Whether lua_rawgeti of both engines takes it as it is. */
const isSmall = (n: number | bigint): n is number => typeof n === 'number' && (n | 0) === n

function rawgeti(L: lua_State, idx: number, n: number | bigint): number {
  if (isSmall(n)) return engine.lua_rawgeti(L, idx, n)
  const t = engine.lua_absindex(L, idx)
  engine.lua_pushinteger(L, n)
  return engine.lua_rawget(L, t)
}

function rawseti(L: lua_State, idx: number, n: number | bigint): void {
  if (isSmall(n)) {
    engine.lua_rawseti(L, idx, n)
    return
  }
  const t = engine.lua_absindex(L, idx)
  engine.lua_pushinteger(L, n)
  lua_insert(L, -2)
  engine.lua_rawset(L, t)
}

/** `t[n] = v`, t at `idx`; v is on the top. [-1, +0, e] */
export function* stepSeti(L: lua_State, idx: number, n: number | bigint): Steps<void> {
  if (isPlain(L, idx)) {
    rawseti(L, idx, n)
    return
  }
  lua_pushvalue(L, idx)
  engine.lua_pushinteger(L, n)
  lua_insert(L, -3)
  lua_insert(L, -2)
  for (let loop = 0; loop < MAXTAGLOOP; loop++) {
    // On the stack: the key, what is asked, the value.
    if (lua_type(L, -2) === LUA_TTABLE) {
      lua_pushvalue(L, -3)
      const has = lua_rawget(L, -3) !== LUA_TNIL
      lua_pop(L, 1)
      if (has || luaL_getmetafield(L, -2, '__newindex') === LUA_TNIL) {
        lua_pushvalue(L, -3)
        lua_insert(L, -2)
        lua_rawset(L, -3)
        lua_pop(L, 2)
        return
      }
    } else if (luaL_getmetafield(L, -2, '__newindex') === LUA_TNIL) break
    if (lua_type(L, -1) === LUA_TFUNCTION) {
      lua_insert(L, -4)
      // The function, the key, what is asked, the value: the second and the third change places.
      lua_pushvalue(L, -2)
      lua_insert(L, -4)
      lua_remove(L, -2)
      yield* stepCall(3, 0)
      return
    }
    lua_replace(L, -3)
  }
  lua_pushvalue(L, -3)
  lua_insert(L, -2)
  lua_settable(L, -3)
  lua_pop(L, 2)
}

/** `#t` as luaL_len, t at `idx`. [-0, +0, e] */
export function* stepLen(L: lua_State, idx: number): Steps<number | bigint> {
  const t = lua_absindex(L, idx)
  if (lua_type(L, t) === LUA_TSTRING || luaL_getmetafield(L, t, '__len') === LUA_TNIL) {
    lua_len(L, t)
  } else {
    lua_pushvalue(L, t)
    lua_pushvalue(L, t)
    yield* stepCall(2, 1)
  }
  const n = lua_tointegerx(L, -1)
  if (n === null) return luaL_error(L, 'object length is not an integer')
  lua_pop(L, 1)
  return n
}

/** `a < b`. [-0, +0, e] */
export function* stepLessthan(L: lua_State, a: number, b: number): Steps<boolean> {
  const type = lua_type(L, a)
  const simple = (type === LUA_TNUMBER || type === LUA_TSTRING) && lua_type(L, b) === type
  if (simple) return lua_compare(L, a, b, LUA_OPLT)
  const [x, y] = [lua_absindex(L, a), lua_absindex(L, b)]
  if (luaL_getmetafield(L, x, '__lt') === LUA_TNIL && luaL_getmetafield(L, y, '__lt') === LUA_TNIL)
    return lua_compare(L, x, y, LUA_OPLT)
  return yield* callOrder(L, x, y)
}

/** `a == b`. [-0, +0, e] */
export function* stepEqual(L: lua_State, a: number, b: number): Steps<boolean> {
  const [x, y] = [lua_absindex(L, a), lua_absindex(L, b)]
  const type = lua_type(L, x)
  const mayAsk = (type === LUA_TTABLE || type === LUA_TUSERDATA) && lua_type(L, y) === type && !lua_rawequal(L, x, y)
  if (!mayAsk) return lua_compare(L, x, y, LUA_OPEQ)
  if (luaL_getmetafield(L, x, '__eq') === LUA_TNIL && luaL_getmetafield(L, y, '__eq') === LUA_TNIL) return false
  return yield* callOrder(L, x, y)
}

/** Calls the metamethod on the top for two values. */
function* callOrder(L: lua_State, x: number, y: number): Steps<boolean> {
  lua_pushvalue(L, x)
  lua_pushvalue(L, y)
  yield* stepCall(2, 1)
  const result = lua_toboolean(L, -1)
  lua_pop(L, 1)
  return result
}

/** Whether what {@link stepTolstring} shows of the value at `idx` is asked of a metamethod. [-0, +0, m] */
export function hasTostring(L: lua_State, idx: number): boolean {
  if (luaL_getmetafield(L, idx, '__tostring') === LUA_TNIL) return false
  lua_pop(L, 1)
  return true
}

/** The value at `idx` as text, which is pushed, as luaL_tolstring. [-0, +1, e] */
export function* stepTolstring(L: lua_State, idx: number): Steps<Uint8Array> {
  const index = lua_absindex(L, idx)
  if (luaL_getmetafield(L, index, '__tostring') === LUA_TNIL) return luaL_tolstring(L, index)
  lua_pushvalue(L, index)
  yield* stepCall(1, 1)
  if (!lua_isstring(L, -1)) return luaL_error(L, "'__tostring' must return a string")
  return engine.lua_tolstring(L, -1) as Uint8Array
}
