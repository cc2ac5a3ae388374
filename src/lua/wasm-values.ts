// The values of JavaScript that live in a state of the engine wasm: functions, the cells of userdata, light userdata.
// In Lua each is a number; Lua's collector tells which are used no more.
import type { FastKind, lua_CFunction, lua_State, lua_Udata, lua_Window, PlainKind } from './api.js'
import { callSlot, fastSlots, gcSlot, onCollected, plainSlots } from './wasm-calls.js'
import { CELL, CELL_END, CELL_WINDOW, FUNCTION, handleBytes, LAYOUT, LUA_REGISTRYINDEX } from './wasm-layout.js'
import { cstring, lua, onFinalizer, slotOf, u8, u32 } from './wasm-load.js'
import { type Global, lightsLeast, native, pushstring, type State, stateOf } from './wasm-state.js'
import { lookFor } from './wasm-windows.js'

const LUA_TNIL = 0
const LUA_TLIGHTUSERDATA = 2
const LUA_TTABLE = 5
const LUA_TUSERDATA = 7

/** Keys of the registry: the metatable of what holds a number, and the weak table of the functions that Lua has. */
const HANDLE_METATABLE = 4
const FUNCTIONS = 8

/** Where the numbers of light userdata begin: beyond all addresses, so that they are found in Lua's memory. */
const lightsBase = 0x9000_0000

/** Makes both tables in the registry of a new state. */
export function openRegistry(ptr: number): void {
  lua.lua_createtable(ptr, 0, 1)
  lua.lua_pushcclosure(ptr, gcSlot, 0)
  lua.lua_setfield(ptr, -2, cstring('__gc'))
  lua.lua_rawsetp(ptr, LUA_REGISTRYINDEX, HANDLE_METATABLE)

  lua.lua_createtable(ptr, 0, 0)
  lua.lua_createtable(ptr, 0, 1)
  pushstring(ptr, 'v')
  lua.lua_setfield(ptr, -2, cstring('__mode'))
  lua.lua_setmetatable(ptr, -2)
  lua.lua_rawsetp(ptr, LUA_REGISTRYINDEX, FUNCTIONS)
}

/**
 * Pushes one of the two tables in the registry that are this engine's, which a script can reach by debug.getregistry.
 */
function pushRegistryTable(ptr: number, key: number): void {
  if (lua.lua_rawgetp(ptr, LUA_REGISTRYINDEX, key) !== LUA_TTABLE) throw new Error("the engine's own table is gone")
}

/**
 * The `__gc` of what holds a number, which a script may call as well. What the number is of may still be used, by a
 * finalizer that comes later: it is given back when the userdata has been found a second time.
 */
function collected(ptr: number, idx: 1 | -1): void {
  if (lua.lua_type(ptr, idx) !== LUA_TUSERDATA) return
  const { G } = stateOf(ptr)
  const block = lua.lua_touserdata(ptr, idx) >> 2
  const kind = u32[block]
  if (G.closing || (kind !== FUNCTION && kind !== CELL_END)) return
  if (u32[block + 2] === 0) {
    u32[block + 2] = 1
    lua.lua_pushvalue(ptr, idx)
    pushRegistryTable(ptr, HANDLE_METATABLE)
    lua.lua_setmetatable(ptr, -2)
    lua.lua_settop(ptr, -2)
    return
  }
  const id = u32[block + 1] as number
  u32[block] = 0
  if (kind === CELL_END) {
    G.cells.delete(id)
    return
  }
  const f = G.functions.get(id)
  if (f !== undefined && G.functionIds.get(f) === id) G.functionIds.delete(f)
  G.functions.delete(id)
}

onCollected((ptr) => collected(ptr, 1))

/** What lobject.h calls LUA_VLCF, a C function without upvalues, and where a slot has its type, in bytes. */
const LIGHT_FUNCTION = 0x16
const TYPE = 8

/**
 * The same where Lua's collector is about to call it: the function and the userdata are on the top. It is not called,
 * as a call needs 20 slots, which may not be left: the number would never be given back, and the log told of an error.
 */
onFinalizer((ptr) => {
  const f = slotOf(ptr, -2)
  if (u8[f + TYPE] !== LIGHT_FUNCTION || u32[f >> 2] !== gcSlot) return false
  collected(ptr, -1)
  u32[(ptr + LAYOUT.TOP) >> 2] = f
  return true
})

/** Pushes a userdata that holds a number, which is given back when the userdata is collected. */
function pushHandle(ptr: number, kind: number, number: () => number): void {
  const block = lua.lua_newuserdatauv(ptr, handleBytes, 0) >> 2
  u32[block] = 0
  pushRegistryTable(ptr, HANDLE_METATABLE)
  lua.lua_setmetatable(ptr, -2)
  u32[block + 1] = number()
  u32[block + 2] = 0
  u32[block] = kind
}

/** Pushes the userdata that stands for a function in L's state. */
function pushFunctionHandle(L: State, fn: lua_CFunction): void {
  const { ptr, G } = L
  pushRegistryTable(ptr, FUNCTIONS)
  const known = G.functionIds.get(fn)
  if (known !== undefined && lua.lua_rawgetp(ptr, -1, known) === LUA_TUSERDATA) {
    lua.lua_rotate(ptr, -2, 1)
    lua.lua_settop(ptr, -2)
    return
  }
  if (known !== undefined) lua.lua_settop(ptr, -2)
  let id = 0
  pushHandle(ptr, FUNCTION, () => {
    id = G.functions.add(fn)
    G.functionIds.set(fn, id)
    return id
  })
  lua.lua_pushvalue(ptr, -1)
  lua.lua_rawsetp(ptr, -3, id)
  lua.lua_rotate(ptr, -2, 1)
  lua.lua_settop(ptr, -2)
}

/** The function is a closure of wasm's one function: its first upvalue tells which it is. */
export function lua_pushcclosure(L: lua_State, fn: lua_CFunction, n: number): void {
  const state = native(L)
  pushFunctionHandle(state, fn)
  if (n > 0) lua.lua_rotate(state.ptr, -n - 1, 1)
  lua.lua_pushcclosure(state.ptr, callSlot, n + 1)
}

/** lua_ownfunction of api.ts. */
export function lua_ownfunction(L: lua_State, idx: number): lua_CFunction | null {
  const { ptr, G } = native(L)
  if (lua.lua_iscfunction(ptr, idx) === 0 || lua.lua_getupvalue(ptr, idx, 1) === 0) return null
  const isHandle = lua.lua_type(ptr, -1) === LUA_TUSERDATA
  const block = lua.lua_touserdata(ptr, -1) >> 2
  lua.lua_settop(ptr, -2)
  return isHandle && u32[block] === FUNCTION ? (G.functions.get(u32[block + 1] as number) ?? null) : null
}

/** A function with another of C's, at `slot` of the function table, for arguments that are `plain` (wasm-plain.ts). */
export function pushPlain(L: lua_State, fn: lua_CFunction, slot: number, plain: PlainKind): void {
  const state = native(L)
  pushFunctionHandle(state, fn)
  lua.lua_pushinteger(state.ptr, BigInt(slot))
  lua.lua_pushcclosure(state.ptr, plainSlots[plain], 2)
}

/** A function with one of wasm-fast.ts before it. */
export function lua_pushfast(L: lua_State, fn: lua_CFunction, kind: FastKind): void {
  const state = native(L)
  pushFunctionHandle(state, fn)
  lua.lua_pushcclosure(state.ptr, fastSlots[kind], 1)
}

/** The first upvalue is the function's own number. */
export const lua_upvalueindex = (i: number) => LUA_REGISTRYINDEX - 1 - i

let lastSerial = 0

/** The block has the number of a cell; a hidden user value gives it back when the userdata has been collected. */
export function lua_newuserdatauv(L: lua_State, nuvalue: number): lua_Udata {
  const { ptr, G } = native(L)
  const cell: lua_Udata = { value: undefined }
  const serial = ++lastSerial
  const block = lua.lua_newuserdatauv(ptr, handleBytes, nuvalue + 1) >> 2
  u32[block] = 0
  pushHandle(ptr, CELL_END, () => {
    u32[block + 1] = G.cells.add({ cell, serial })
    return u32[block + 1] as number
  })
  u32[block + 2] = serial
  u32[block + CELL_WINDOW / 4] = 0
  u32[block] = CELL
  lua.lua_setiuservalue(ptr, -2, nuvalue + 1)
  return cell
}

/** Whether the value at `idx` is what {@link lua_newuserdatauv} keeps among the user values of a userdata. */
export function isOwnUservalue(ptr: number, idx: number): boolean {
  return lua.lua_type(ptr, idx) === LUA_TUSERDATA && u32[lua.lua_touserdata(ptr, idx) >> 2] === CELL_END
}

export function lua_touserdata(L: lua_State, idx: number): unknown {
  const { ptr, G } = native(L)
  const p = lua.lua_touserdata(ptr, idx)
  if (p === 0) return null
  if (lua.lua_type(ptr, idx) === LUA_TLIGHTUSERDATA) return G.lights.get((p >>> 0) - lightsBase) ?? null
  const block = p >> 2
  if (u32[block] !== CELL) return null
  const found = G.cells.get(u32[block + 1] as number)
  return found !== undefined && found.serial === u32[block + 2] ? found.cell : null
}

/** lua_setwindow of api.ts. */
export function lua_setwindow(L: lua_State, idx: number, window: lua_Window | null): void {
  const { ptr } = native(L)
  const block = lua.lua_type(ptr, idx) === LUA_TUSERDATA ? lua.lua_touserdata(ptr, idx) >> 2 : 0
  if (block !== 0 && u32[block] === CELL) u32[block + CELL_WINDOW / 4] = window?.at ?? 0
}

/** lua_lookup of api.ts. */
export function lua_lookup(L: lua_State, window: lua_Window, key: unknown): void {
  const id = native(L).G.lightIds.get(key)
  lookFor(window, id === undefined ? 0 : id + lightsBase)
}

/** C's pointer for a JavaScript value in this state; one that it hasn't yet is made. */
function lightOf(G: Global, p: unknown): number {
  let id = G.lightIds.get(p)
  if (id === undefined) {
    id = G.lights.add(p)
    G.lightIds.set(p, id)
  }
  return id + lightsBase
}

export function lua_pushlightuserdata(L: lua_State, p: unknown): void {
  const { ptr, G } = native(L)
  const light = lightOf(G, p)
  G.lightsPinned.add(light)
  lua.lua_pushlightuserdata(ptr, light)
  if (G.lightsPinned.size > G.lightsMost) {
    sweepLights(G)
    G.lightsMost = Math.max(lightsLeast, 2 * G.lightsPinned.size)
  }
}

/**
 * Gives back the pointers that Lua has dropped: a light userdata has no finalizer, so Lua's memory is looked through
 * for them. What Lua's collector has not freed yet counts as kept.
 */
export function sweepLights(G: Global): void {
  if (G.lightsPinned.size === 0) return
  let most = 0
  for (const light of G.lightsPinned) if (light > most) most = light
  const found = new Set<number>()
  for (let i = 0; i < u32.length; i++) {
    const word = u32[i] as number
    if (word >= lightsBase && word <= most && G.lightsPinned.has(word)) found.add(word)
  }
  for (const light of G.lightsPinned) {
    if (found.has(light)) continue
    const id = light - lightsBase
    G.lightsPinned.delete(light)
    G.lightIds.delete(G.lights.get(id))
    G.lights.delete(id)
  }
}

/** What C leaves to its caller: a value that is no table would be taken for the address of one. */
export function checkTable(ptr: number, idx: number): void {
  if (idx !== LUA_REGISTRYINDEX && lua.lua_type(ptr, idx) !== LUA_TTABLE) throw new TypeError('this is no table')
}

export function lua_rawgetp(L: lua_State, idx: number, p: unknown): number {
  const { ptr, G } = native(L)
  checkTable(ptr, idx)
  const id = G.lightIds.get(p)
  if (id !== undefined) return lua.lua_rawgetp(ptr, idx, id + lightsBase)
  lua.lua_pushnil(ptr)
  return LUA_TNIL
}

export function lua_rawsetp(L: lua_State, idx: number, p: unknown): void {
  const { ptr, G } = native(L)
  checkTable(ptr, idx)
  const clears = lua.lua_type(ptr, -1) === LUA_TNIL
  const id = G.lightIds.get(p)
  if (clears && id === undefined) {
    lua.lua_settop(ptr, -2)
    return
  }
  const light = lightOf(G, p)
  if (idx !== LUA_REGISTRYINDEX) G.lightsPinned.add(light)
  lua.lua_rawsetp(ptr, idx, light)
  if (!clears || id === undefined || G.lightsPinned.has(light)) return
  G.lightIds.delete(p)
  G.lights.delete(id)
}
