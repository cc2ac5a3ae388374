// ltablib.c, the kernel's: Lua 5.5's `create` as well.
import { engine } from './engine.js'
import { luaL_argcheck, luaL_argerror, luaL_checkinteger, luaL_optinteger } from './lauxlib.js'
import { type lua_CFunction, lua_createtable, lua_error, lua_pushstring, type lua_State } from './lua.js'
import { override } from './override.js'

/** Slots that a table may be made with. More memory than for these no runtime has. */
const slotsMax = 1 << 27

/** `table.create(n [, m])`: an empty table, with room for n elements and m other entries. */
function tcreate(L: lua_State): number {
  const sizes = [Number(luaL_checkinteger(L, 1)), Number(luaL_optinteger(L, 2, 0))]
  for (const [i, size] of sizes.entries()) {
    luaL_argcheck(L, size >= 0 && size <= 0x7fffffff, i + 1, 'out of range')
    if (size > slotsMax) {
      lua_pushstring(L, 'not enough memory')
      return lua_error(L)
    }
  }
  lua_createtable(L, sizes[0] as number, sizes[1] as number)
  return 1
}

/** `table.move`: more elements than a table can have would take years, and no deadline reaches into the call. */
const tmove =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    if (Number(luaL_checkinteger(L, 3)) - Number(luaL_checkinteger(L, 2)) >= slotsMax)
      luaL_argerror(L, 3, 'too many elements to move')
    return original(L)
  }

/** Opens the library of tables, and pushes its table. [-0, +1, e] */
export function luaopen_table(L: lua_State): number {
  const results = engine.luaopen_table(L)
  override(L, 'table', 'create', () => tcreate)
  override(L, 'table', 'move', tmove)
  return results
}
