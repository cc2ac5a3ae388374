// lauxlib.h: its constants.

export const LUA_LOADED_TABLE = '_LOADED'
export const LUA_PRELOAD_TABLE = '_PRELOAD'
