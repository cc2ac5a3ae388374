// C functions that are one of the engine's own where its arguments call nothing back, and else one of JavaScript: what
// PlainKind of api.ts says of each, as instructions. The arguments are looked at in their slots: lobject.h's.
import { MOVE_MAX } from './api.js'
import {
  ADD,
  AND,
  BLOCK,
  BR_IF,
  br,
  call,
  callType,
  constant,
  constant64,
  ELSE,
  END,
  EQ,
  EQZ,
  EXTEND64,
  GE_S,
  GE_U,
  GE_U64,
  get,
  IF_I32,
  i32,
  LOOP,
  LT_S64,
  LT_U,
  LT_U64,
  load,
  load8,
  load64,
  NE,
  RETURN,
  SUB,
  SUB64,
  set,
  store,
  store8,
  store64,
  tee,
  type,
  WRAP64,
} from './wasm-assembler.js'
import { LAYOUT, LUA_REGISTRYINDEX } from './wasm-layout.js'
import { own as loop } from './wasm-loops.js'

export const FIRST_UPVALUE = LUA_REGISTRYINDEX - 1

/** lua.h's types, and lobject.h's variants of them as a slot tells them. */
export const LUA_TNIL = 0
const LUA_TNUMBER = 3
const LUA_TSTRING = 4
const LUA_TFUNCTION = 6
export const VNUMINT = 3
const VSHRSTR = 0x44
const VLNGSTR = 0x54

/** The local variables: the lua_State; a slot, or a pointer; the end of what is read there; the function's slot. */
export const [L, at, end, base] = [0, 1, 2, 3]
export const slotBytes = 16

export const top = [...get(L), ...load(LAYOUT.TOP)]
export const func = [...get(L), ...load(LAYOUT.CI), ...load(LAYOUT.CI_FUNC)]

/** What a slot tells of an argument's type; nil's for one that isn't there. Leaves the slot in `at`. */
export const variantOf = (arg: number) => [
  ...[...func, ...constant(arg * slotBytes), ...ADD, ...tee(at), ...top, ...LT_U],
  ...[...IF_I32, ...get(at), ...load8(LAYOUT.SLOT_TYPE), ...ELSE, ...constant(LUA_TNIL), ...END],
]
const typeOf = (arg: number) => [...variantOf(arg), ...constant(15), ...AND]
const isAbsent = (arg: number) => [...typeOf(arg), ...EQZ]
const isString = (arg: number) => [...typeOf(arg), ...constant(LUA_TSTRING), ...EQ]
const both = (...conditions: readonly (readonly number[])[]) => [
  ...conditions.slice(0, -1).flatMap((condition) => [...condition, ...IF_I32]),
  ...(conditions.at(-1) ?? []),
  ...conditions.slice(1).flatMap(() => [...ELSE, ...constant(0), ...END]),
]
const either = (a: readonly number[], b: readonly number[]) => [
  ...[...a, ...IF_I32, ...constant(1), ...ELSE, ...b, ...END],
]

/** Whether a type is a number's or a string's, which follow each other. */
const isText = [...constant(LUA_TNUMBER), ...SUB, ...constant(2), ...LT_U]
const isPlainTable = (arg: number) =>
  both(
    [...variantOf(arg), ...constant(LAYOUT.TABLE_TYPE), ...EQ],
    [...get(at), ...load(0), ...load(LAYOUT.TABLE_METATABLE), ...EQZ],
  )
const pop = [...get(L), ...constant(-2), ...call('lua', 'lua_settop')]
const firstIsText = [...[...get(L), ...constant(1), ...constant64(1), ...call('lua', 'lua_rawgeti'), ...pop, ...isText]]

const integerOf = (arg: number) => [...get(L), ...constant(arg), ...constant(0), ...call('lua', 'lua_tointegerx')]
/** Whether from the second argument to the third there are fewer steps than {@link MOVE_MAX}. */
const isShort = [...integerOf(3), ...integerOf(2), ...SUB64, ...constant64(MOVE_MAX), ...LT_S64]
/** Whether an integer is one that the engine's size_t has, from -2^29 on and below 2^29. */
const fits = [...constant64(-(1 << 29)), ...SUB64, ...constant64(1 << 30), ...LT_U64]
/** Whether a position does; one that is no integer, or isn't there, does. */
const isNear = (arg: number) => [
  ...[...variantOf(arg), ...tee(end), ...constant(VNUMINT), ...EQ, ...IF_I32, ...get(at), ...load64(0), ...fits],
  ...[...ELSE, ...get(end), ...EQZ, ...IF_I32, ...constant(1), ...ELSE, ...integerOf(arg), ...fits, ...END, ...END],
]

/** Where a string longer than this is searched, the engine's own way may take for ever; in bytes. */
const searchedMax = 1 << 14
const lengthOf = (arg: number) => [...get(L), ...constant(arg), ...call('lua', 'lua_rawlen'), ...WRAP64]
/** What is longer takes long, in bytes or elements. */
const longMin = 1 << 16
const isBrief = [...lengthOf(1), ...constant(longMin), ...LT_U]
const isSearched = both(isString(1), [...lengthOf(1), ...constant(searchedMax), ...LT_U])

/** Whether the first argument is a string without a byte past 0x7f. */
const isAscii = both(isString(1), isBrief, [
  ...[...get(L), ...constant(1), ...constant(0), ...call('lua', 'lua_tolstring'), ...tee(at)],
  ...[...lengthOf(1), ...ADD, ...set(end)],
  ...[...BLOCK, ...LOOP, ...get(at), ...get(end), ...GE_U, ...BR_IF(1), ...get(at), ...load8(0)],
  ...[
    ...constant(0x80),
    ...GE_U,
    ...BR_IF(1),
    ...get(at),
    ...constant(1),
    ...ADD,
    ...set(at),
    ...br(0),
    ...END,
    ...END,
  ],
  ...[...get(at), ...get(end), ...EQ],
])

/** The engine's own function's place in the function table is the second upvalue. */
const own = [...func, ...load(0), ...load(LAYOUT.UPVALUES + slotBytes)]
/** JavaScript's is the number in the second word of the block that the first one is. */
const handle = [...get(L), ...constant(FIRST_UPVALUE), ...call('lua', 'lua_touserdata')]
export const javascript = [...get(L), ...handle, ...load(4), ...call('js', 'call')]
const plainOr = (isPlain: readonly number[], otherwise: readonly number[] = javascript) => ({
  t: type([i32], [i32]),
  locals: 2,
  body: [...[...isPlain, ...IF_I32, ...get(L), ...own, 0x11, ...callType, 0], ...[...ELSE, ...otherwise, ...END]],
})
/** One of wasm-loops.ts's functions where that is for the arguments, else JavaScript's. */
const loopOr = (isLoop: readonly number[], name: string) => [
  ...[...isLoop, ...IF_I32, ...get(L), ...loop(name), ...ELSE, ...javascript, ...END],
]
const isFunction = (arg: number) => [...typeOf(arg), ...constant(LUA_TFUNCTION), ...EQ]
const isInteger = (arg: number) => [...variantOf(arg), ...constant(VNUMINT), ...EQ]
const isSortable = both(isPlainTable(1), isFunction(2), [...lengthOf(1), ...constant(0), ...GE_S])
const isMatchable = both(isString(1), isString(2), isFunction(3), either(isAbsent(4), isInteger(4)))
const isReplaced = either([...typeOf(3), ...isText], isPlainTable(3))

/** An argument that is an integer, where `base` has the function's slot. */
export const argument = (arg: number) => [...get(base), ...load64(arg * slotBytes)]

/** Pushes an integer of 64 bits, and returns it. */
export const returnInteger = (value: readonly number[]) => [
  ...[...top, ...value, ...store64(0), ...top, ...constant(VNUMINT), ...store8(LAYOUT.SLOT_TYPE)],
  ...[...get(L), ...top, ...constant(slotBytes), ...ADD, ...store(LAYOUT.TOP), ...constant(1), ...RETURN],
]

/** For `byte`: one byte of a string, at a position from 1 to its length, is pushed here. */
const byteOf = [
  // Whoever finds something else goes on behind the block.
  ...[...BLOCK, ...variantOf(3), ...BR_IF(0), ...variantOf(2), ...constant(VNUMINT), ...NE, ...BR_IF(0)],
  ...[...func, ...tee(base), ...load8(slotBytes + LAYOUT.SLOT_TYPE), ...set(end)],
  ...[...get(base), ...load(slotBytes), ...set(at)],
  ...[...get(end), ...constant(VSHRSTR), ...EQ, ...IF_I32, ...get(at), ...load8(LAYOUT.SHORT_LENGTH), ...ELSE],
  ...[...get(end), ...constant(VLNGSTR), ...EQ, ...IF_I32, ...get(at), ...load(LAYOUT.LONG_LENGTH)],
  ...[...ELSE, ...constant(0), ...END, ...END, ...set(end)],
  ...[...argument(2), ...constant64(1), ...SUB64, ...get(end), ...EXTEND64, ...GE_U64, ...BR_IF(0)],
  ...returnInteger([...[...get(at), ...argument(2), ...WRAP64, ...ADD, ...load8(LAYOUT.CONTENTS - 1), ...EXTEND64]]),
  ...END,
]

const near = plainOr(both(isNear(2), isNear(3)))

/** The functions, by what they are named in the module. */
export const plainFunctions = {
  plain_table: plainOr(isPlainTable(1)),
  plain_concat: plainOr(both(isPlainTable(1), isBrief)),
  plain_near: near,
  plain_byte: { ...near, locals: 3, body: [...byteOf, ...near.body] },
  plain_init: plainOr(isNear(3)),
  plain_find: plainOr(both(isNear(3), isSearched)),
  plain_move: plainOr(both(isPlainTable(1), either(isAbsent(5), isPlainTable(5)), isShort)),
  plain_sort: plainOr(both(isPlainTable(1), isAbsent(2), isBrief, firstIsText), loopOr(isSortable, 'sort_start')),
  plain_gsub: plainOr(isReplaced, loopOr(isMatchable, 'gsub_start')),
  plain_ascii: plainOr(isAscii),
  plain_short: plainOr(both(isString(1), isBrief)),
}
