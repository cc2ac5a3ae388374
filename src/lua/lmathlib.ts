// lmathlib.c, the kernel's: what is left without floats. math.tointeger takes strings that hold an integer.
import { engine } from './engine.js'
import { lua_pushint64 } from './integers.js'
import { luaL_checkany, luaL_checkinteger } from './lauxlib.js'
import {
  LUA_TNIL,
  LUA_TNUMBER,
  type lua_CFunction,
  lua_getfield,
  lua_newtable,
  lua_pushnil,
  type lua_State,
  lua_setfield,
  lua_tointegerx,
  lua_type,
} from './lua.js'
import { override } from './override.js'

const kept = ['abs', 'max', 'maxinteger', 'min', 'mininteger', 'ult']

function math_toint(L: lua_State): number {
  luaL_checkany(L, 1)
  const integer = lua_tointegerx(L, 1)
  if (integer === null) lua_pushnil(L)
  else lua_pushint64(L, BigInt(integer))
  return 1
}

/** `math.abs`: of a string the integer that it holds. */
const math_abs =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    if (lua_type(L, 1) === LUA_TNUMBER) return original(L)
    const integer = lua_tointegerx(L, 1) ?? luaL_checkinteger(L, 1)
    const value = BigInt(integer)
    lua_pushint64(L, BigInt.asIntN(64, value < 0n ? -value : value))
    return 1
  }

/** Opens the library of numbers: the kernel's, of integers, and pushes its table. [-0, +1, e] */
export function luaopen_math(L: lua_State): number {
  engine.luaopen_math(L)
  lua_newtable(L)
  for (const name of kept) {
    if (lua_getfield(L, -2, name) !== LUA_TNIL) lua_setfield(L, -2, name)
  }
  override(L, 'math', 'tointeger', () => math_toint)
  override(L, 'math', 'abs', math_abs)
  return 1
}
