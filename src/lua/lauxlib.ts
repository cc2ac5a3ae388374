// lauxlib.h: the auxiliary library, made with lua.h alone, so that it serves every engine.
export * from './lauxlib_args.js'
export * from './lauxlib_buffer.js'
export {
  lua_assert,
  luaL_argcheck,
  luaL_argerror,
  luaL_argexpected,
  luaL_checkstack,
  luaL_checkversion,
  luaL_checkversion_,
  luaL_error,
  luaL_typeerror,
  luaL_typename,
  luaL_where,
} from './lauxlib_errors.js'
export * from './lauxlib_intop.js'
export * from './lauxlib_load.js'
export * from './lauxlib_metatables.js'
export * from './lauxlib_numbers.js'
export * from './lauxlib_ref.js'
export * from './lauxlib_results.js'
export * from './lauxlib_tables.js'
export * from './lauxlib_traceback.js'
