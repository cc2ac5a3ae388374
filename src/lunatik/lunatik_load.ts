// How scripts and modules are found and read. Stands for the kernel's luaL_loadfilex, which reads with kernel_read,
// and for loadlib.c's searchers; `package.path` is made of lunatik_conf.root.
import {
  LUA_ERRFILE,
  LUA_LOADED_TABLE,
  LUA_PRELOAD_TABLE,
  luaL_argcheck,
  luaL_checkstring,
  luaL_error,
  luaL_loadbufferx,
  luaL_optstring,
} from '../lua/lauxlib.js'
import {
  LUA_MULTRET,
  LUA_OK,
  LUA_REGISTRYINDEX,
  LUA_TNIL,
  LUA_TTABLE,
  lua_callk,
  lua_copy,
  lua_error,
  lua_getfield,
  lua_gettop,
  lua_insert,
  lua_isfunction,
  lua_isnil,
  lua_isnoneornil,
  lua_isstring,
  lua_newtable,
  lua_pcall,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_rawgeti,
  lua_rawseti,
  lua_remove,
  type lua_State,
  lua_setfield,
  lua_setglobal,
  lua_settop,
  lua_toboolean,
  lua_tostring,
  lua_upvalueindex,
} from '../lua/lua.js'
import { type Steps, stepCall, stepwise } from '../lua/lua_steps.js'
import { withhold } from '../lua/override.js'
import { lunatik_conf } from './lunatik_conf.js'
import { lunatik_opener } from './lunatik_openers.js'
import { runningIn } from './lunatik_private.js'
import { lunatik_find, type lunatik_found, lunatik_requires } from './lunatik_search.js'

/** The longest name of a module, in characters: Linux's PATH_MAX. */
const nameMax = 4096

/** Whom L loads files for. */
const userOf = (L: lua_State) => runningIn(L)?.user ?? null

/** Loads what was found as a chunk named after its file, or says that `path` can't be opened. */
function loadFound(L: lua_State, path: string, found: lunatik_found | null, mode: string | null): number {
  if (found === null) {
    lua_pushstring(L, `cannot open ${path}`)
    return LUA_ERRFILE
  }
  return luaL_loadbufferx(L, found.bytes, `@${found.path}`, mode)
}

/**
 * Loads a file as a chunk named `@filename` without running it: pushes its function, or an error's message, `cannot
 * open filename`. [-0, +1, m]
 *
 * As the kernel's, lunatik_loadfile: there is no standard input, and a first line that begins with `#` is no comment.
 * Nothing is read from a mount of lunatik.
 * @param filename a path; null can't be opened
 * @param mode `"t"` for text, `"b"` for binary; null for both
 * @returns LUA_OK, LUA_ERRSYNTAX or LUA_ERRFILE
 */
export function luaL_loadfilex(L: lua_State, filename: string | null, mode: string | null): number {
  if (filename === null) return loadFound(L, '(null)', null, mode)
  return loadFound(L, filename, lunatik_find(userOf(L), [filename]), mode)
}

/** luaL_loadfilex without a mode: text or binary. [-0, +1, m] */
export const luaL_loadfile = (L: lua_State, filename: string | null): number => luaL_loadfilex(L, filename, null)

/**
 * Loads and runs a file: its results are pushed, or an error's object. [-0, +?, m]
 * @returns LUA_OK, or the error's status; C gives whether there was one
 */
export function luaL_dofile(L: lua_State, filename: string | null): number {
  const status = luaL_loadfile(L, filename)
  return status === LUA_OK ? lua_pcall(L, 0, LUA_MULTRET, 0) : status
}

/**
 * Loads the script named `script`: `<root>/<script>.lua` of the first folder that has it. As luaL_loadfilex, which
 * names the first folder's file where none has it.
 */
export function lunatik_loadscript(L: lua_State, script: string): number {
  const paths = lunatik_conf.root.map((root) => `${root}/${script}.lua`)
  return loadFound(L, paths[0] ?? `${script}.lua`, lunatik_find(userOf(L), paths), null)
}

/** `package.path` for a new runtime. */
const packagePath = () => lunatik_conf.root.map((root) => `${root}/?.lua;${root}/?/init.lua`).join(';')

/** The files that `path`'s templates give for `name`. */
function candidates(name: string, path: string, sep: string, rep: string): string[] {
  const stem = sep === '' ? name : name.replaceAll(sep, rep)
  return path
    .split(';')
    .filter((template) => template !== '')
    .map((template) => template.replaceAll('?', () => stem))
}

/** What package.searchpath says of files that aren't there. */
const notFound = (files: readonly string[]) => files.map((file) => `\n\tno file '${file}'`).join('')

function package_searchpath(L: lua_State): number {
  const files = candidates(
    luaL_checkstring(L, 1),
    luaL_checkstring(L, 2),
    luaL_optstring(L, 3, '.'),
    luaL_optstring(L, 4, '/'),
  )
  const found = lunatik_find(userOf(L), files)
  if (found !== null) {
    lua_pushstring(L, found.path)
    return 1
  }
  lua_pushnil(L)
  lua_pushstring(L, notFound(files))
  return 2
}

/** `package.loadlib`: there are no libraries to load. */
function package_loadlib(L: lua_State): number {
  luaL_checkstring(L, 1)
  luaL_checkstring(L, 2)
  lua_pushnil(L)
  lua_pushstring(L, 'dynamic libraries not enabled; check your Lua installation')
  lua_pushstring(L, 'absent')
  return 3
}

function searcher_preload(L: lua_State): number {
  const name = luaL_checkstring(L, 1)
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE)
  if (lua_getfield(L, -1, name) === LUA_TNIL) {
    lua_pushstring(L, `no field package.preload['${name}']`)
    return 1
  }
  lua_pushstring(L, ':preload:')
  return 2
}

function searcher_Lua(L: lua_State): number {
  const name = luaL_checkstring(L, 1)
  lua_getfield(L, lua_upvalueindex(1), 'path')
  const path = lua_tostring(L, -1) ?? luaL_error(L, "'package.path' must be a string")
  const files = candidates(name, path, '.', '/')
  const found = lunatik_find(userOf(L), files)
  if (found === null) {
    lua_pushstring(L, notFound(files))
    return 1
  }
  if (loadFound(L, found.path, found, null) === LUA_OK) {
    lua_pushstring(L, found.path)
    return 2
  }
  const message = lua_tostring(L, -1)
  return luaL_error(L, `error loading module '${name}' from file '${found.path}':\n\t${message}`)
}

/**
 * The searcher of the modules that LUNATIK_NEWLIB has defined: the kernel looks for the symbol luaopen_<name>. It is
 * the last, and raises for a name that it doesn't find, so that nobody learns which files were tried.
 */
function searcher_C(L: lua_State): number {
  const name = luaL_checkstring(L, 1)
  lunatik_requires(userOf(L), name)
  const open = lunatik_opener(name)
  if (open === undefined) {
    const symbol = `luaopen_${name.replaceAll('.', '_')}`
    return luaL_error(
      L,
      `error loading module '${name}' from file '${name}':\n\t${symbol} not found in kernel symbol table`,
    )
  }
  lua_pushcfunction(L, open)
  return 1
}

function base_loadfile(L: lua_State): number {
  const path = luaL_checkstring(L, 1)
  const mode = lua_isnoneornil(L, 2) ? null : luaL_checkstring(L, 2)
  if (luaL_loadfilex(L, path, mode) === LUA_OK) {
    if (lua_gettop(L) > 3 || lua_isnoneornil(L, 3)) return 1
    return luaL_error(L, "'loadfile' takes no environment here: use load")
  }
  lua_pushnil(L)
  lua_insert(L, -2)
  return 2
}

function base_dofile(L: lua_State): number {
  const path = luaL_checkstring(L, 1)
  if (luaL_loadfilex(L, path, null) !== LUA_OK) return lua_error(L)
  lua_insert(L, 1)
  lua_settop(L, 1)
  lua_callk(L, 0, LUA_MULTRET, lua_gettop)
  return lua_gettop(L)
}

/** Whether a searcher has found a loader: pushes it and its data, else adds to the message why not. */
function* findloader(L: lua_State, name: string): Steps<void> {
  if (lua_getfield(L, lua_upvalueindex(1), 'searchers') !== LUA_TTABLE)
    luaL_error(L, "'package.searchers' must be a table")
  const searchers = lua_gettop(L)
  let message = ''
  for (let i = 1; ; i++) {
    if (lua_rawgeti(L, searchers, i) === LUA_TNIL) luaL_error(L, `module '${name}' not found:${message}`)
    lua_pushstring(L, name)
    yield* stepCall(1, 2)
    if (lua_isfunction(L, -2)) return
    if (lua_isstring(L, -2)) message += `\n\t${lua_tostring(L, -2)?.replace(/^\n\t/, '')}`
    lua_settop(L, searchers)
  }
}

/**
 * `require`, loadlib.c's, below which a module may sleep while it loads. Upvalue: the table `package`.
 */
function* ll_require(L: lua_State): Steps {
  const name = luaL_checkstring(L, 1)
  luaL_argcheck(L, name.length <= nameMax, 1, 'name is too long')
  lua_settop(L, 1)
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, 2, name)
  if (lua_toboolean(L, -1)) return 1
  lua_settop(L, 2)
  yield* findloader(L, name)
  lua_remove(L, 3) // the searchers
  lua_insert(L, 3) // the loader's data
  lua_pushvalue(L, 1)
  lua_pushvalue(L, 3)
  // Now on the stack: name, loaded, data, loader, name, data.
  yield* stepCall(2, 1)
  if (!lua_isnil(L, -1)) lua_setfield(L, 2, name)
  else lua_settop(L, -2)
  if (lua_getfield(L, 2, name) === LUA_TNIL) {
    lua_pushboolean(L, true)
    lua_copy(L, -1, -2)
    lua_setfield(L, 2, name)
  }
  lua_pushvalue(L, 3)
  return 2
}

const require = stepwise(ll_require)

/** Puts this file's loaders in place of the engine's, which know nothing of mounts. */
export function lunatik_openloaders(L: lua_State): void {
  lua_pushcfunction(L, base_loadfile)
  lua_setglobal(L, 'loadfile')
  lua_pushcfunction(L, base_dofile)
  lua_setglobal(L, 'dofile')

  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE)
  lua_getfield(L, -1, 'package')
  lua_pushstring(L, packagePath())
  lua_setfield(L, -2, 'path')
  withhold(L, ['cpath', 'jspath'])
  lua_pushcfunction(L, package_loadlib)
  lua_setfield(L, -2, 'loadlib')
  lua_pushcfunction(L, package_searchpath)
  lua_setfield(L, -2, 'searchpath')
  lua_pushvalue(L, -1)
  lua_pushcclosure(L, require, 1)
  lua_setglobal(L, 'require')

  lua_newtable(L)
  lua_pushcfunction(L, searcher_preload)
  lua_rawseti(L, -2, 1)
  lua_pushvalue(L, -2)
  lua_pushcclosure(L, searcher_Lua, 1)
  lua_rawseti(L, -2, 2)
  lua_pushcfunction(L, searcher_C)
  lua_rawseti(L, -2, 3)
  lua_setfield(L, -2, 'searchers')
  lua_pop(L, 2)
}
