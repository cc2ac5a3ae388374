// lauxlib.h: the auxiliary library, made with lua.h alone, so that it serves every engine.
export * from './lauxlib_args.js'
export * from './lauxlib_buffer.js'
export {
  luaL_argcheck,
  luaL_argerror,
  luaL_error,
  luaL_typeerror,
  luaL_typename,
  luaL_where,
} from './lauxlib_errors.js'
export * from './lauxlib_load.js'
export * from './lauxlib_metatables.js'
export * from './lauxlib_numbers.js'
export * from './lauxlib_tables.js'
export * from './lauxlib_traceback.js'
