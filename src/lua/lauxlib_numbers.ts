// lauxlib.h: its constants.

/** The name of the table of globals in the table of loaded modules. */
export const LUA_GNAME = '_G'
/** The registry's key of the table of loaded modules, `package.loaded`. */
export const LUA_LOADED_TABLE = '_LOADED'
/** The registry's key of the table of modules' loaders, `package.preload`. */
export const LUA_PRELOAD_TABLE = '_PRELOAD'
/** luaL_loadfilex's status: the file can't be read. */
export const LUA_ERRFILE = 6
/** A reference that luaL_ref never gives. */
export const LUA_NOREF = -2
/** What luaL_ref gives for nil. */
export const LUA_REFNIL = -1
/** The name of the metatable of files. */
export const LUA_FILEHANDLE = 'FILE*'
