// lbaselib.c, the kernel's: numbers are integers, `load` reads the kernel's Lua, `collectgarbage` counts bytes. What
// isn't here is the engine's own.

import { luaX_looking } from './dialect/llex.js'
import { l_str2int } from './dialect/lobject.js'
import { engine } from './engine.js'
import { lua_pushint64 } from './integers.js'
import {
  luaL_checkany,
  luaL_checkinteger,
  luaL_checklstring,
  luaL_checkoption,
  luaL_checktype,
  luaL_getmetafield,
  luaL_loadbufferx,
  luaL_optinteger,
  luaL_optstring,
  luaL_where,
} from './lauxlib.js'
import {
  LUA_GCCOLLECT,
  LUA_GCCOUNT,
  LUA_GCCOUNTB,
  LUA_GCGEN,
  LUA_GCINC,
  LUA_GCISRUNNING,
  LUA_GCRESTART,
  LUA_GCSETPAUSE,
  LUA_GCSETSTEPMUL,
  LUA_GCSTEP,
  LUA_GCSTOP,
  LUA_OK,
  LUA_REGISTRYINDEX,
  LUA_TFUNCTION,
  LUA_TLIGHTUSERDATA,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  LUA_TTHREAD,
  LUA_TUSERDATA,
  type lua_CFunction,
  lua_callk,
  lua_concat,
  lua_error,
  lua_gc,
  lua_getextraspace,
  lua_getfield,
  lua_gettop,
  lua_insert,
  lua_isnone,
  lua_isnoneornil,
  lua_pop,
  lua_pushboolean,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_rawgetp,
  lua_rawsetp,
  type lua_State,
  lua_setfield,
  lua_settop,
  lua_setupvalue,
  lua_tolstring,
  lua_topointer,
  lua_tostring,
  lua_type,
  lua_typename,
} from './lua.js'
import { hasTostring, stepGeti, stepTolstring } from './lua_metamethods.js'
import { type Steps, stepPcall, stepsOf, stepwise, unyieldable } from './lua_steps.js'
import { lua_tick } from './lua_ticks.js'
import { override, overridePlain } from './override.js'
import { lua_pointer2str } from './pointers.js'

/** `error`: an error object that is nil becomes `<no error object>`. */
function luaB_error(L: lua_State): number {
  const level = Number(luaL_optinteger(L, 2, 1))
  lua_settop(L, 1)
  if (lua_type(L, 1) === LUA_TNIL) {
    lua_pushstring(L, '<no error object>')
  } else if (lua_type(L, 1) === LUA_TSTRING && level > 0) {
    luaL_where(L, level)
    lua_pushvalue(L, 1)
    lua_concat(L, 2)
  }
  return lua_error(L)
}

/** `tonumber`: only integers are numbers. With a base it is Lua's own. */
const luaB_tonumber =
  (original: lua_CFunction): lua_CFunction =>
  (L) => {
    if (!lua_isnoneornil(L, 2)) return original(L)
    const type = lua_type(L, 1)
    if (type === LUA_TNUMBER) {
      lua_settop(L, 1)
      return 1
    }
    luaL_checkany(L, 1)
    const integer =
      type === LUA_TSTRING ? l_str2int(Buffer.from(lua_tolstring(L, 1) as Uint8Array).toString('latin1')) : null
    if (integer === null) lua_pushnil(L)
    else lua_pushint64(L, integer)
    return 1
  }

/** The place of the value at `idx` as the kernel prints a pointer. */
const pointer = (L: lua_State, idx: number) => lua_pointer2str(lua_topointer(L, idx))

function* shown(L: lua_State): Steps {
  yield* stepTolstring(L, 1)
  return 1
}

const placed = new Set([LUA_TTABLE, LUA_TFUNCTION, LUA_TUSERDATA, LUA_TTHREAD, LUA_TLIGHTUSERDATA])

/** `tostring`: the place of a table, function, userdata or thread is a pointer as the kernel prints one. */
const luaB_tostring = (original: lua_CFunction) =>
  unyieldable((L) => {
    const type = lua_type(L, 1)
    if (!placed.has(type)) return original(L)
    if (hasTostring(L, 1)) return stepsOf(L, shown(L))
    const name = luaL_getmetafield(L, 1, '__name') === LUA_TSTRING ? lua_tostring(L, -1) : lua_typename(L, type)
    lua_pushstring(L, `${name}: ${pointer(L, 1)}`)
    return 1
  })

/** `pairs`: of any value, with a fourth result, as in Lua 5.5. */
function luaB_pairs(L: lua_State): number {
  luaL_checkany(L, 1)
  if (luaL_getmetafield(L, 1, '__pairs') === LUA_TNIL) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, nextKey)
    lua_pushvalue(L, 1)
    lua_pushnil(L)
  } else {
    lua_pushvalue(L, 1)
    lua_callk(L, 1, 3, pairscont)
  }
  return pairscont(L)
}

function pairscont(L: lua_State): number {
  lua_pushnil(L)
  return 4
}

/** The iterator of `ipairs` over what has a metatable. */
function* ipairsaux(L: lua_State): Steps {
  const i = BigInt.asIntN(64, BigInt(luaL_checkinteger(L, 2)) + 1n)
  lua_settop(L, 1)
  lua_pushint64(L, i)
  yield* stepGeti(L, 1, i)
  return lua_type(L, -1) === LUA_TNIL ? 1 : 2
}
const nextElement = stepwise(ipairsaux)

/** `ipairs` of what has a metatable. */
function luaB_ipairs(L: lua_State): number {
  luaL_checkany(L, 1)
  lua_pushcfunction(L, nextElement)
  lua_pushvalue(L, 1)
  lua_pushinteger(L, 0)
  return 3
}

/** The registry's key of `next`. */
const nextKey = { next: true }

/** The most that a reader function may give, in bytes: nothing else ends one that never does. */
const chunkMax = 64 << 20

/** What load's reader function, at 1, gives, call after call, until it gives nothing; null for an error, on the top. */
function* readChunk(L: lua_State): Steps<Uint8Array | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    lua_pushvalue(L, 1)
    if ((yield* stepPcall(0, 1)) !== LUA_OK) return null
    const type = lua_type(L, -1)
    if (type !== LUA_TNIL && type !== LUA_TSTRING && type !== LUA_TNUMBER) {
      lua_pushstring(L, 'reader function must return a string')
      return null
    }
    const piece = type === LUA_TNIL ? null : lua_tolstring(L, -1)
    if (piece === null || piece.length === 0) return Buffer.concat(pieces)
    length += piece.length
    if (length > chunkMax) {
      lua_pushstring(L, 'not enough memory')
      return null
    }
    pieces.push(Buffer.from(piece))
    lua_pop(L, 1)
  }
}

/** A chunk of so many bytes takes long. */
const longChunk = 1 << 16

/** Loads a chunk with load's mode and environment. */
function loadChunk(L: lua_State, chunk: Uint8Array, name: string): number {
  const mode = luaL_optstring(L, 3, 'bt')
  const hasEnv = !lua_isnone(L, 4)
  const load = () => luaL_loadbufferx(L, chunk, name, mode)
  const status = chunk.length < longChunk ? load() : luaX_looking(() => lua_tick(L), load)
  if (status !== LUA_OK) return failed(L)
  if (hasEnv) {
    lua_pushvalue(L, 4)
    if (lua_setupvalue(L, -2, 1) === null) lua_pop(L, 1)
  }
  return 1
}

function* loadFrom(L: lua_State): Steps {
  const n = Math.min(lua_gettop(L), 4)
  lua_settop(L, n)
  const chunk = yield* readChunk(L)
  if (chunk === null) return failed(L)
  lua_settop(L, n)
  return loadChunk(L, chunk, luaL_optstring(L, 2, '=(load)'))
}

/** `load`: reads the kernel's Lua. A binary chunk must have been made by string.dump. */
function luaB_load(L: lua_State): number {
  luaL_optstring(L, 3, 'bt')
  if (lua_type(L, 1) === LUA_TSTRING || lua_type(L, 1) === LUA_TNUMBER) {
    const chunk = Buffer.from(luaL_checklstring(L, 1))
    return loadChunk(L, chunk, luaL_optstring(L, 2, Buffer.from(chunk).toString()))
  }
  luaL_optstring(L, 2, '=(load)')
  luaL_checktype(L, 1, LUA_TFUNCTION)
  return stepsOf(L, loadFrom(L))
}

function failed(L: lua_State): number {
  lua_pushnil(L)
  lua_insert(L, -2)
  return 2
}

/** collectgarbage's parameters in Lua 5.5, and what they are until they are set. */
const gcparams = { minormul: 20, majorminor: 50, minormajor: 70, pause: 250, stepmul: 200, stepsize: 9600 }
type GcParam = keyof typeof gcparams

/** What a state has set, by its extra space. */
interface GcState {
  generational: boolean
  readonly params: Record<GcParam, number>
}
const gcstates = new WeakMap<object, GcState>()

function gcstate(L: lua_State): GcState {
  const key = lua_getextraspace(L)
  let state = gcstates.get(key)
  if (state === undefined) {
    state = { generational: false, params: { ...gcparams } }
    gcstates.set(key, state)
  }
  return state
}

const gcparamNames = Object.keys(gcparams)

/** `collectgarbage("param", name [, value])`: the parameter's value before. */
function gcparam(L: lua_State): number {
  const name = gcparamNames[luaL_checkoption(L, 2, null, gcparamNames)] as GcParam
  const { params } = gcstate(L)
  lua_pushinteger(L, params[name])
  if (!lua_isnoneornil(L, 3)) {
    params[name] = Number(luaL_optinteger(L, 3, 0))
    if (name === 'pause') lua_gc(L, LUA_GCSETPAUSE, params.pause)
    else if (name === 'stepmul') lua_gc(L, LUA_GCSETSTEPMUL, params.stepmul)
  }
  return 1
}

/** The mode that `collectgarbage` leaves. */
function gcmode(L: lua_State, generational: boolean): number {
  const state = gcstate(L)
  lua_pushstring(L, state.generational ? 'generational' : 'incremental')
  if (state.generational !== generational) lua_gc(L, generational ? LUA_GCGEN : LUA_GCINC)
  state.generational = generational
  return 1
}

const gcoptions = 'stop restart collect count step isrunning generational incremental param'.split(' ')

/** `collectgarbage` of Lua 5.5, whose "count" is in bytes in the kernel. */
function luaB_collectgarbage(L: lua_State): number {
  switch (gcoptions[luaL_checkoption(L, 1, 'collect', gcoptions)]) {
    case 'stop':
      lua_pushinteger(L, lua_gc(L, LUA_GCSTOP))
      return 1
    case 'restart':
      lua_pushinteger(L, lua_gc(L, LUA_GCRESTART))
      return 1
    case 'count':
      lua_pushinteger(L, lua_gc(L, LUA_GCCOUNT) * 1024 + lua_gc(L, LUA_GCCOUNTB))
      return 1
    case 'step':
      lua_pushboolean(L, lua_gc(L, LUA_GCSTEP, Number(luaL_optinteger(L, 2, 0))) === 1)
      return 1
    case 'isrunning':
      lua_pushboolean(L, lua_gc(L, LUA_GCISRUNNING) === 1)
      return 1
    case 'generational':
      return gcmode(L, true)
    case 'incremental':
      return gcmode(L, false)
    case 'param':
      return gcparam(L)
    default:
      lua_pushinteger(L, lua_gc(L, LUA_GCCOLLECT))
      lua_tick(L)
      return 1
  }
}

/** Opens the basic library, whose functions are globals, and pushes its table. [-0, +1, e] */
export function luaopen_base(L: lua_State): number {
  const results = engine.luaopen_base(L)
  override(L, '_G', 'error', () => luaB_error)
  override(L, '_G', 'tonumber', luaB_tonumber)
  override(L, '_G', 'tostring', luaB_tostring)
  overridePlain(L, 'ipairs', luaB_ipairs, 'table')
  override(L, '_G', 'load', () => unyieldable(luaB_load))
  override(L, '_G', 'collectgarbage', () => luaB_collectgarbage)
  lua_getfield(L, -1, 'next')
  lua_rawsetp(L, LUA_REGISTRYINDEX, nextKey)
  override(L, '_G', 'pairs', () => luaB_pairs)
  lua_pushstring(L, 'Lua 5.5-kernel')
  lua_setfield(L, -2, '_VERSION')
  return results
}
