// C functions that look at a window, memory that a userdata stands for (wasm-windows.ts), or at an integer, as
// instructions: FastKind of api.ts. A binding calls such a function once for each field of a packet; a call into
// JavaScript costs more than all the rest of it. What isn't as it should be is JavaScript's function's, which says so.
import type { FastKind } from './api.js'
import {
  ADD,
  AND,
  BLOCK,
  BR_IF,
  call,
  constant,
  constant64,
  DROP,
  END,
  EQZ,
  EXTEND64,
  GE_U64,
  GT_U64,
  get,
  i32,
  LT_U,
  load,
  load8,
  load16,
  load64,
  NE,
  OR,
  RETURN,
  SHL,
  SHR_U,
  SUB,
  SUB64,
  set,
  tee,
  type,
  WRAP64,
} from './wasm-assembler.js'
import { CELL, CELL_WINDOW, LAYOUT, LUA_REGISTRYINDEX } from './wasm-layout.js'
import {
  argument,
  at,
  base,
  end,
  func,
  javascript,
  L,
  LUA_TNIL,
  returnInteger,
  slotBytes,
  VNUMINT,
  variantOf,
} from './wasm-plain.js'

/** lua.h's. */
const LUA_TUSERDATA = 7
/** lobject.h's type of a userdata, as a slot tells it. */
const VUSERDATA = 0x47
/** The size of a user value, as a shift. */
const userValue = 4

/** Leaves the block where the function's slot is `base`'s and the condition holds. */
const unless = (...condition: readonly (readonly number[])[]) => [...condition.flat(), ...BR_IF(0)]
const isOther = (arg: number) => unless(variantOf(arg), constant(VNUMINT), NE)

/** The window of the first argument: where its two words are goes to `at`, the second of them to `end`. */
const window = [
  ...unless(func, tee(base), load8(slotBytes + LAYOUT.SLOT_TYPE), constant(VUSERDATA), NE),
  // The block lies behind the userdata's header and its user values.
  ...[...get(base), ...load(slotBytes), ...tee(at), ...load16(LAYOUT.USERDATA_VALUES), ...constant(userValue), ...SHL],
  ...[...get(at), ...ADD, ...constant(LAYOUT.USERDATA_FIRST), ...ADD, ...tee(at)],
  ...unless(load(0), constant(CELL), NE),
  ...unless(get(at), load(CELL_WINDOW), tee(at), EQZ),
  ...[...get(at), ...load(4), ...set(end)],
]
/** The byte of the window at the position that the second argument says. */
const place = [...get(at), ...load(0), ...argument(2), ...WRAP64, ...ADD]

/** An integer of so many bytes of the window, read by an instruction. */
const getter = (bytes: number, read: number) => [
  ...[...BLOCK, ...isOther(2), ...window, ...unless(get(end), constant(bytes), LT_U)],
  ...unless(argument(2), get(end), constant(bytes), SUB, EXTEND64, GT_U64),
  ...[...returnInteger([...place, read, 0, 0]), ...END],
]

/** So many bytes of the window as the third argument says. */
const getstring = [
  ...[...BLOCK, ...isOther(2), ...isOther(3), ...window],
  ...unless(argument(2), get(end), EXTEND64, GE_U64),
  ...unless(argument(3), constant64(1), SUB64, get(end), EXTEND64, argument(2), SUB64, GE_U64),
  ...[...get(L), ...place, ...argument(3), ...WRAP64, ...call('lua', 'lua_pushlstring'), ...DROP],
  ...[...constant(1), ...RETURN, ...END],
]

/** What the registry has at the key. What isn't there is nil, a second argument that changes nothing. */
const registered = [
  ...[...BLOCK, ...unless(variantOf(1), constant(VUSERDATA), NE), ...unless(variantOf(2), constant(LUA_TNIL), NE)],
  ...window,
  ...unless(get(end)),
  ...unless(get(at), load(0), tee(at), EQZ),
  ...unless(get(L), constant(LUA_REGISTRYINDEX), get(at), call('lua', 'lua_rawgetp'), constant(LUA_TUSERDATA), NE),
  ...[...constant(1), ...RETURN, ...END],
]

/** The lower two bytes of the first argument, the other way round. */
const swap16 = [
  ...[...BLOCK, ...isOther(1), ...get(at), ...load64(0), ...WRAP64, ...set(end)],
  ...returnInteger([
    ...[...get(end), ...constant(8), ...SHL, ...constant(0xff00), ...AND],
    ...[...get(end), ...constant(8), ...SHR_U, ...constant(0xff), ...AND, ...OR, ...EXTEND64],
  ]),
  ...END,
]

const fast = (body: readonly number[]) => ({ t: type([i32], [i32]), locals: 3, body: [...body, ...javascript] })

/** The functions, by what they are named in the module. */
export const fastFunctions: Readonly<Record<`fast_${FastKind}`, ReturnType<typeof fast>>> = {
  fast_s8: fast(getter(1, 0x30)),
  fast_u8: fast(getter(1, 0x31)),
  fast_s16: fast(getter(2, 0x32)),
  fast_u16: fast(getter(2, 0x33)),
  fast_s32: fast(getter(4, 0x34)),
  fast_u32: fast(getter(4, 0x35)),
  fast_s64: fast(getter(8, 0x29)),
  fast_string: fast(getstring),
  fast_registered: fast(registered),
  fast_swap16: fast(swap16),
}
