// ldebug.c's luaG_runerror: errors that the core raises.
import type { lua_State } from './api.js'
import { engine } from './engine.js'

/** Raises `message` with the place of the running function before it, if that is one of Lua's. */
export function luaG_runerror(L: lua_State, message: string): never {
  const ar = engine.lua_getstack(L, 0)
  let place = ''
  if (ar !== null) {
    engine.lua_getinfo(L, 'Sl', ar)
    if (ar.currentline > 0) place = `${ar.short_src}:${ar.currentline}: `
  }
  engine.lua_pushstring(L, place + message)
  return engine.lua_error(L)
}
