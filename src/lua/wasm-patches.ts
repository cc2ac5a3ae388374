// Changes to the package's wasm, made once by wasm-build.ts. Another release of the package may have other code: then
// the build fails, with the name of the change that found nothing to change.
import { latin1Ranges } from './lctype.js'
import { LAYOUT, LUA_MASKCOUNT } from './wasm-layout.js'
import { addGlobals, changeFunction, countGlobals, exportFunctions, unsigned } from './wasm-sections.js'

/** The section of the memory: one of 16 MiB, which may grow to 2 GiB; and the byte of its flags. */
const memorySection = Buffer.from('050701018002808002', 'hex')

/**
 * Has memory shared, as with other threads, for what JavaScript does with it: a part of it that was given away stays
 * what it is when the memory grows. That of its own would become empty.
 */
function keepParts(lua: Buffer): Buffer {
  const wasm = Buffer.from(lua)
  const start = wasm.indexOf(memorySection)
  if (start >= 0 && wasm.indexOf(memorySection, start + 1) < 0) wasm[start + 3] = 3
  return wasm
}

/**
 * What depends on how many slots a stack may have: ldo.c's constants, how often they stand there, and their names here.
 */
const stackConstants = [
  { name: 'LUAI_MAXSTACK', code: '41c0843d', times: 6, of: (slots: number) => slots },
  { name: 'maxstack_less1', code: '41bf843d', times: 2, of: (slots: number) => slots - 1 },
  { name: 'maxstack_error', code: '4188863d', times: 1, of: (slots: number) => slots + 200 },
  { name: 'maxstack_bytes', code: '4181c8d007', times: 1, of: (slots: number) => slots * 16 + 1 },
  { name: 'maxstack_third', code: '4194ac14', times: 1, of: (slots: number) => Math.floor(slots / 3) - 1 },
] as const

/** What the constants stand for in C. */
const maxStack = 1_000_000

const NOP = 0x01
const GLOBAL_GET = 0x23
const GLOBAL_SET = 0x24
const END = 0x0b
const hex = (text: string) => [...Buffer.from(text, 'hex')]
const i32Const = (n: number) => [0x41, ...(n < 0x40 ? [n] : [(n & 0x7f) | 0x80, n >> 7])]

function placesOf(wasm: Buffer, code: Buffer): number[] {
  const places = []
  for (let at = wasm.indexOf(code); at >= 0; at = wasm.indexOf(code, at + 1)) places.push(at)
  return places
}

/**
 * Has the limit of stacks be a variable, `LUAI_MAXSTACK`: a kernel's Lua has another than C's. Each constant becomes a
 * look at a variable, in as many bytes.
 */
function variableStack(wasm: Buffer): Buffer {
  const found = stackConstants.map(({ code }) => placesOf(wasm, Buffer.from(code, 'hex')))
  if (found.some((places, i) => places.length !== stackConstants[i]?.times)) return wasm
  const first = countGlobals(wasm)
  for (const [i, places] of found.entries()) {
    const length = (stackConstants[i]?.code.length ?? 0) / 2
    for (const at of places) wasm.fill(NOP, at, at + length).set([GLOBAL_GET, first + i], at)
  }
  return addGlobals(wasm, Object.fromEntries(stackConstants.map(({ name, of }) => [name, of(maxStack)])))
}

/** What {@link variableStack} has a module export. */
export type StackVariables = Readonly<Record<(typeof stackConstants)[number]['name'], { value: number }>>

/** Sets the limit of all stacks of a module. */
export function setStack(exports: StackVariables, slots: number): void {
  for (const { name, of } of stackConstants) exports[name].value = of(slots)
}

/** ldebug.c's luaG_traceexec, and lvm.c's luaV_execute with the places where it looks whether there is a hook. */
const luaG_traceexec = { index: 280, bytes: 1315 }
const luaV_execute = { index: 575, bytes: 22_025 }
/** `ci->u.l.trap`, at jumps, in loops, and behind what may raise; and `L->hookmask`, where a call begins or goes on. */
const traps = [
  { of: Buffer.from('2007280214', 'hex'), times: 47 },
  { of: Buffer.from('2000280270', 'hex'), times: 3 },
]

/** After so many of these places Lua looks for count hooks. */
export const placesPerLook = 200

/** `i32.load` and `i32.store` of a field of what the first argument points to. */
const field = (offset: number) => [0x20, 0, 0x28, 2, ...unsigned(offset)]
const setField = (offset: number, value: readonly number[]) => [0x20, 0, ...value, 0x36, 2, ...unsigned(offset)]

/**
 * Has luaV_execute itself count for the count hooks that are to be called only now and then. With C's it calls
 * luaG_traceexec at each of these places, at a third of what calls and loops cost. The counter is one for all states;
 * when it is up, luaG_traceexec takes as much from the count of the state that runs, and if that is up it finds the
 * mask that calls the hook (wasm-debug.ts's lua_sethook leaves it empty).
 */
function countInline(wasm: Buffer): Buffer {
  const places = countGlobals(wasm)
  const isUp = [GLOBAL_GET, places, 0x41, 1, 0x48]
  const count = [GLOBAL_GET, places, 0x41, 1, 0x6b, GLOBAL_SET, places, ...isUp, 0x72]
  const few = i32Const(placesPerLook)
  const { HOOK, HOOKCOUNT, HOOKMASK } = LAYOUT
  const first = [
    ...[...isUp, 0x04, 0x40, ...few, GLOBAL_SET, places],
    // Where there is a hook and no mask.
    ...[...field(HOOK), 0x45, ...field(HOOKMASK), 0x72, 0x45, 0x04, 0x40],
    ...setField(HOOKCOUNT, [...field(HOOKCOUNT), ...few, 0x6b]),
    ...[...field(HOOKCOUNT), 0x41, 1, 0x48, 0x04, 0x40],
    ...[...setField(HOOKCOUNT, [0x41, 1]), ...setField(HOOKMASK, [0x41, LUA_MASKCOUNT]), END, END, END],
  ]
  const looked = changeFunction(wasm, luaG_traceexec, { first })
  if (looked === null) return wasm
  const changed = changeFunction(looked, luaV_execute, { places: traps.map((trap) => ({ ...trap, behind: count })) })
  return changed === null ? wasm : addGlobals(changed, { places: placesPerLook })
}

/** lstrlib.c's match, which tries a pattern at one place: its index, and the length of its body. */
const match = { index: 497, bytes: 2611 }
/** Its first argument, a MatchState, and where in it the lua_State is. */
const matchStateL = 12
/** The type of a function that takes a pointer and returns nothing, in the module. */
const takesPointer = 6

/** How many steps of a pattern there are between two looks at the clock: some tenths of a millisecond. */
export const stepsPerLook = 1 << 16

/**
 * Counts the steps of the pattern matcher, whose single call may take for ever: each time `steps` comes to zero, the
 * function at `stepsSlot` of Lua's function table is called with the lua_State, and may raise.
 */
function countSteps(wasm: Buffer): Buffer {
  const steps = countGlobals(wasm)
  const slot = steps + 1
  const each = [
    ...[GLOBAL_GET, steps, 0x41, 1, 0x6b, 0x24, steps, GLOBAL_GET, steps, 0x45, 0x04, 0x40],
    ...[0x20, 0, 0x28, 2, matchStateL, GLOBAL_GET, slot, 0x11, takesPointer, 0, END],
  ]
  const changed = changeFunction(wasm, match, { loops: each })
  return changed === null ? wasm : addGlobals(changed, { steps: stepsPerLook, stepsSlot: 0 })
}

/** lstrlib.c's push_onecapture: its index, and the length of its body. */
const pushOnecapture = { index: 498, bytes: 201 }

/** Exports the matcher's functions, for wasm-loops.ts. */
function exportMatcher(wasm: Buffer): Buffer {
  const known = [match, pushOnecapture].every((f) => changeFunction(wasm, f, {}) !== null)
  return known ? exportFunctions(wasm, { match: match.index, push_onecapture: pushOnecapture.index }) : wasm
}

/** lstrlib.c's match_class, which tells whether a byte is in a class: its index, and the length of its body. */
const matchClass = { index: 511, bytes: 287 }

/** Whether the byte, the first argument, is in one of the ranges, each of two characters. */
const isInRanges = (ranges: readonly string[]) =>
  ranges.flatMap((range, i) => {
    const [first, last] = [range.charCodeAt(0), range.charCodeAt(1)]
    // first <= byte <= last, and `or` from the second on.
    const is = [0x20, 0, ...i32Const(first), 0x6b, ...i32Const(last - first + 1), 0x49]
    return i === 0 ? is : [...is, 0x72]
  })

/**
 * Has the classes of patterns be the kernel's, Latin-1's (lctype.ts), where they were those of the C locale: bytes past
 * 0x7f are looked at first.
 */
function latin1Classes(wasm: Buffer): Buffer {
  const classes = Object.entries(latin1Ranges).flatMap(([letter, ranges]) => [
    // The class's letter, in lower case; one in upper case is for bytes that are not in it.
    ...[...hex('2001412072'), ...i32Const(letter.charCodeAt(0)), ...hex('460440')],
    ...[...isInRanges(ranges), ...hex('20014120714573'), 0x0f, END],
  ])
  const first = [0x20, 0, ...i32Const(0x80), 0x4f, 0x04, 0x40, ...classes, END]
  const changed = changeFunction(wasm, matchClass, { first })
  return changed ?? wasm
}

/**
 * Makes all of these changes.
 * @param lua the package's wasm
 * @returns another buffer
 * @throws where one of them finds other code than it changes
 */
export function patch(lua: Buffer): Buffer {
  let wasm = lua
  for (const change of [keepParts, variableStack, exportMatcher, countSteps, latin1Classes, countInline]) {
    const changed = change(wasm)
    if (changed.equals(wasm)) throw new Error(`this is not the wasm that ${change.name} changes: another wasmoon?`)
    wasm = changed
  }
  return wasm
}
