// The slots of a stack as they lie in Lua's memory: lobject.h's TValue. What every callback asks for is read and
// written here without a call of wasm, which would cost more than all that border.ts checks.
//
// A function that gives REFUSED, undefined or false has done nothing: the index is none of the stack's, there is no
// room, or the value is of a kind that is left to Lua.
import { type lua_State, REFUSED } from './api.js'
import { LAYOUT } from './wasm-layout.js'
import { opaque, type State } from './wasm-state.js'

const LUA_TNIL = 0

import { bytes, bytesAt, lua, slotOf, topOf, u8, u16, u32 } from './wasm-load.js'

/** The size of a slot as a shift, and where its type is, in bytes; the value is before it. */
const SLOT = 4
const TYPE = 8
/** The type of integers, of short and of long strings; the low bits are lua.h's number of the type. */
const INTEGER = 3
const SHORT_STRING = 0x44
const LONG_STRING = 0x54
const typeBits = 0x0f

// A state that must not be used has the pointer 0: what is read there is looked at by nobody.
const { CI, CI_FUNC, CI_NRESULTS, CI_TOP, CONTENTS, LONG_LENGTH, SHORT_LENGTH, TOP } = LAYOUT

/** More values no stack has. */
const stackMax = 1_000_000

// These functions are one piece each, as JavaScript's compiler puts only so many into each other.

/** The type of a value of the stack, or REFUSED. */
export function lua_trytype(L: lua_State, idx: number): number {
  const { ptr } = L as unknown as State
  const top = u32[(ptr + TOP) >> 2] as number
  const func = u32[((u32[(ptr + CI) >> 2] as number) + CI_FUNC) >> 2] as number
  const at = (idx < 0 ? top : func) + (idx << SLOT)
  if (ptr === 0 || at <= func || at >= top || idx <= -stackMax || idx >= stackMax) return REFUSED
  return (u8[at + TYPE] as number) & typeBits
}

/** A small integer of the stack; undefined for all else. */
export function lua_trytointegerx(L: lua_State, idx: number): number | undefined {
  const { ptr } = L as unknown as State
  const top = u32[(ptr + TOP) >> 2] as number
  const func = u32[((u32[(ptr + CI) >> 2] as number) + CI_FUNC) >> 2] as number
  const at = (idx < 0 ? top : func) + (idx << SLOT)
  if (ptr === 0 || at <= func || at >= top || idx <= -stackMax || idx >= stackMax) return undefined
  if (u8[at + TYPE] !== INTEGER) return undefined
  const low = (u32[at >> 2] as number) | 0
  return ((u32[(at >> 2) + 1] as number) | 0) === low >> 31 ? low : undefined
}

/** The same; `def` for nil. */
export function lua_tryoptinteger<T>(L: lua_State, idx: number, def: T): number | T | undefined {
  return lua_trytype(L, idx) === LUA_TNIL ? def : lua_trytointegerx(L, idx)
}

/** The string that was asked for last, as many drivers give the same again and again: its bytes, and where they are. */
let known: Uint8Array = new Uint8Array()
let knownAt = 0

/** The bytes of a string of the stack; undefined for all else. */
export function lua_trytolstring(L: lua_State, idx: number): Uint8Array | undefined {
  const { ptr } = L as unknown as State
  const top = u32[(ptr + TOP) >> 2] as number
  const func = u32[((u32[(ptr + CI) >> 2] as number) + CI_FUNC) >> 2] as number
  const at = (idx < 0 ? top : func) + (idx << SLOT)
  if (ptr === 0 || at <= func || at >= top || idx <= -stackMax || idx >= stackMax) return undefined
  const type = u8[at + TYPE]
  if (type !== SHORT_STRING && type !== LONG_STRING) return undefined
  const s = u32[at >> 2] as number
  const length = type === SHORT_STRING ? (u8[s + SHORT_LENGTH] as number) : (u32[(s + LONG_LENGTH) >> 2] as number)
  if (s !== knownAt || length !== known.length) {
    known = bytesAt(s + CONTENTS, length)
    knownAt = s
  }
  return known
}

/** Pushes an integer of 32 bits. */
export function lua_trypushinteger(L: lua_State, n: number): boolean {
  const { ptr } = L as unknown as State
  const at = u32[(ptr + TOP) >> 2] as number
  if (ptr === 0 || at >= (u32[((u32[(ptr + CI) >> 2] as number) + CI_TOP) >> 2] as number)) return false
  u32[at >> 2] = n
  u32[(at >> 2) + 1] = n >> 31
  u8[at + TYPE] = INTEGER
  u32[(ptr + TOP) >> 2] = at + (1 << SLOT)
  return true
}

/** Drops values, unless there may be some to be closed. */
export function lua_trysettop(L: lua_State, idx: number): boolean {
  const { ptr } = L as unknown as State
  const ci = u32[(ptr + CI) >> 2] as number
  const top = u32[(ptr + TOP) >> 2] as number
  const func = u32[(ci + CI_FUNC) >> 2] as number
  const at = (idx < 0 ? top : func) + ((idx + 1) << SLOT)
  if (ptr === 0 || at <= func || at > top || idx <= -stackMax || idx >= stackMax) return false
  // A short: below LUA_MULTRET it says that there are.
  if (((u8[ci + CI_NRESULTS + 1] as number) & 0x80) !== 0) return false
  u32[(ptr + TOP) >> 2] = at
  return true
}

/** Whether slots are as described here, in a new state, whose stack is empty afterwards. */
export function hasSlots(state: State): boolean {
  const L = state.ptr
  const opaqueL = opaque(state)
  const long = 'a string of more than forty bytes is a long one in Lua 5.4'
  const pointer = lua.malloc(long.length)
  bytes.write(long, pointer)
  lua.lua_pushlstring(L, pointer, 2)
  lua.lua_pushlstring(L, pointer, long.length)
  lua.free(pointer)
  const text = (idx: number) => Buffer.from(lua_trytolstring(opaqueL, idx) ?? '').toString()
  // In the wrong place there may be what is longer than all memory.
  const hasLength = u32[((u32[slotOf(L, 2) >> 2] as number) + LONG_LENGTH) >> 2] === long.length
  const fits =
    lua_trypushinteger(opaqueL, -7) && lua.lua_isinteger(L, 3) !== 0 && Number(lua.lua_tointegerx(L, 3, 0)) === -7
  lua.lua_pushinteger(L, -8n)
  const same =
    lua_trytointegerx(opaqueL, 4) === -8 &&
    lua_trytointegerx(opaqueL, -2) === -7 &&
    lua_trytype(opaqueL, 1) === lua.lua_type(L, 1)
  return (
    hasLength && fits && same && text(1) === 'a ' && text(2) === long && lua_trysettop(opaqueL, 0) && topOf(L) === 0
  )
}

/**
 * Whether tables, userdata and functions with upvalues are as wasm-plain.ts and wasm-fast.ts read them, in a new state;
 * it is left empty.
 */
export function hasBlocks({ ptr }: State): boolean {
  lua.lua_createtable(ptr, 0, 0)
  lua.lua_createtable(ptr, 0, 0)
  const blockOf = (idx: number) => u32[slotOf(ptr, idx) >> 2] as number
  const metatable = () => u32[(blockOf(1) + LAYOUT.TABLE_METATABLE) >> 2]
  const without = metatable()
  const other = blockOf(2)
  const type = u8[slotOf(ptr, 1) + LAYOUT.SLOT_TYPE]
  lua.lua_setmetatable(ptr, 1)
  lua.lua_pushinteger(ptr, 7n)
  lua.lua_pushcclosure(ptr, 1, 1)
  const upvalue = u32[(blockOf(2) + LAYOUT.UPVALUES) >> 2]
  const block = lua.lua_newuserdatauv(ptr, 1, 3)
  const udata = blockOf(3)
  const hasValues = u16[(udata + LAYOUT.USERDATA_VALUES) >> 1] === 3
  const hasBlock = block === udata + LAYOUT.USERDATA_FIRST + (3 << SLOT)
  const fits = type === LAYOUT.TABLE_TYPE && without === 0 && metatable() === other && upvalue === 7
  lua.lua_settop(ptr, 0)
  return fits && hasValues && hasBlock
}
