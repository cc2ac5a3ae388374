// lua.h: the core of the Lua C API under its C names, on the engine of this process. api.ts holds what an engine
// provides, border.ts what is checked of each call.
export {
  LuaError,
  type lua_CFunction,
  lua_Debug,
  type lua_Hook,
  type lua_KFunction,
  type lua_Reader,
  type lua_State,
  type lua_Udata,
  type lua_WarnFunction,
  type lua_Writer,
} from './api.js'
export * from './lua_access.js'
export * from './lua_arith.js'
export * from './lua_calls.js'
export * from './lua_close.js'
export * from './lua_debug.js'
export { type lua_FormatArg, lua_pushfstring } from './lua_format.js'
export * from './lua_load.js'
export * from './lua_numbers.js'

export {
  lua_absindex,
  lua_checkstack,
  lua_copy,
  lua_gettop,
  lua_insert,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushliteral,
  lua_pushlstring,
  lua_pushnil,
  lua_pushnumber,
  lua_pushstring,
  lua_pushthread,
  lua_pushvalue,
  lua_remove,
  lua_replace,
  lua_rotate,
  lua_settop,
  lua_upvalueindex,
  lua_xmove,
} from './lua_stack.js'
export * from './lua_tables.js'
export * from './lua_upvalues.js'
export * from './luaconf.js'
