// How this layer changes a function of an engine's library: by one of JavaScript that may go on to the engine's own.
import type { PlainKind } from './api.js'
import { engine } from './engine.js'
import {
  type lua_CFunction,
  lua_getfield,
  lua_pop,
  lua_pushcfunction,
  lua_pushnil,
  type lua_State,
  lua_setfield,
  lua_tocfunction,
} from './lua.js'

/** The functions of this layer, which are made once for all states. */
const overrides = new Map<string, lua_CFunction>()

/**
 * Puts a function in the place of `library`'s function `name`, whose table is on the top of the stack.
 * @param make makes it; the engine's own, called by it as its last step, finds the same arguments. An engine without
 *   such a function gives one that does nothing
 */
export function override(
  L: lua_State,
  library: string,
  name: string,
  make: (original: lua_CFunction) => lua_CFunction,
): void {
  const key = `${library}.${name}`
  let f = overrides.get(key)
  if (f === undefined) {
    lua_getfield(L, -1, name)
    f = make(lua_tocfunction(L, -1) ?? (() => 0))
    lua_pop(L, 1)
    overrides.set(key, f)
  }
  lua_pushcfunction(L, f)
  lua_setfield(L, -2, name)
}

/**
 * Puts a function in the place of the engine's own one for arguments with which that could call something back; the
 * table is on the top of the stack.
 * @param plain which arguments those are
 */
export function overridePlain(L: lua_State, name: string, f: lua_CFunction, plain: PlainKind): void {
  lua_getfield(L, -1, name)
  const original = lua_tocfunction(L, -1)
  lua_pop(L, 1)
  if (original === null) lua_pushcfunction(L, f)
  else engine.lua_pushplain(L, f, original, plain)
  lua_setfield(L, -2, name)
}

/** Functions of this layer, by the engine's: made once for all states. */
const made = new Map<lua_CFunction, lua_CFunction>()

/** Puts a function in the place of the engine's own one, as {@link overridePlain}, which `make` makes of that one. */
export function overrideUnlessPlain(
  L: lua_State,
  name: string,
  make: (original: lua_CFunction) => lua_CFunction,
  plain: PlainKind,
): void {
  lua_getfield(L, -1, name)
  const original = lua_tocfunction(L, -1)
  lua_pop(L, 1)
  if (original === null) return
  const f = made.get(original) ?? make(original)
  made.set(original, f)
  overridePlain(L, name, f, plain)
}

/** Takes fields out of the table on the top of the stack. */
export function withhold(L: lua_State, names: readonly string[]): void {
  for (const name of names) {
    lua_pushnil(L)
    lua_setfield(L, -2, name)
  }
}
