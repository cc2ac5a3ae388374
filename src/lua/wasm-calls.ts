// The doors through which the engine wasm's Lua calls JavaScript: functions, continuations, hooks, warnings, the panic
// and the collector's finds. Each keeps JavaScript's exceptions apart from Lua's errors, which are exceptions too.
import { type FastKind, LuaError, type lua_Debug, type lua_KFunction, type lua_State, type PlainKind } from './api.js'
import { describeError, isA } from './describe.js'
import { lua_tick } from './lua_ticks.js'
import { badResult } from './results.js'
import { countInline } from './wasm-hooks.js'
import { LAYOUT } from './wasm-layout.js'
import {
  addFunction,
  callOf,
  countAnew,
  LONGJMP,
  lua,
  newCstring,
  onDescribeLongjmp,
  onForeignError,
  onSteps,
  text,
  topOf,
  u32,
} from './wasm-load.js'
import { makeShim, type Shim } from './wasm-shim.js'
import { freed, giveBack, opaque, ptrOf, pushstring, type State, setRunning, stateOf, whoFails } from './wasm-state.js'

function raise(ptr: number, e: unknown): never {
  if (e === LONGJMP) throw e
  // A fault in Lua's memory is nothing that a script may catch and go on with.
  if (isA(e, WebAssembly.RuntimeError)) throw e
  // It has left Lua already, and is on its way to whoever called from outside.
  if (isA(e, LuaError) && stateOf(ptr).G.panicked) throw e
  // Thrown by who has caught an error of Lua's, in its place.
  giveBack()
  pushstring(ptr, describeError(e))
  lua.lua_error(ptr)
  throw e
}

onForeignError(raise)

/** lua.h's. */
const LUA_TNUMBER = 3

onDescribeLongjmp(() => {
  const ptr = whoFails()
  if (ptr === 0) return 'a Lua error'
  // A number would become a string where it is.
  const isNumber = lua.lua_type(ptr, -1) === LUA_TNUMBER
  return isNumber ? String(lua.lua_tonumberx(ptr, -1, 0)) : describeTop(ptr)
})

/** Where C's stack was when Lua called the JavaScript that runs now. */
let entry = lua.stackSave()

/**
 * Lua counts the calls of C for each state and coroutine; together they could fill C's stack, which nothing guards, and
 * JavaScript's. So the calls of all are counted, and half of C's stack is left to what a call does below.
 */
let depth = 0
const depthMax = 200
const stackMin = entry >> 1

/**
 * Calls `f` for Lua. What it throws becomes Lua's error: an exception that crossed Lua's own calls would leave them
 * open.
 */
function enter<T>(ptr: number, f: (L: State) => T): T {
  const outer = entry
  entry = lua.stackSave()
  depth++
  const L = stateOf(ptr)
  const outerRunning = setRunning(L)
  try {
    checkDepth()
    const result = f(L)
    if (L.ptr !== ptr) ptrOf(opaque(L))
    return result
  } catch (e) {
    return leave(ptr, e, outer)
  } finally {
    setRunning(outerRunning)
    entry = outer
    depth--
  }
}

function checkDepth(): void {
  if (depth > depthMax || entry < stackMin) throw new Error('C stack overflow')
}

/** Ends a call from Lua with an exception. One that no protected call will catch leaves C's stack as it was before. */
function leave(ptr: number, e: unknown, outer: number): never {
  try {
    return raise(ptr, e)
  } catch (raised) {
    if (raised !== LONGJMP) lua.stackRestore(outer)
    throw raised
  }
}

/** The number of results of a C function, which Lua takes from the stack without a look. */
function checkResult(L: State, ptr: number, f: { readonly name: string }, n: number): number {
  // An error of Lua's that it has caught goes on.
  if (L.ptr !== ptr) ptrOf(opaque(L))
  if (Number.isInteger(n) && n >= 0 && n <= topOf(ptr)) return n
  throw new Error(badResult(f, n, topOf(ptr)))
}

/** As {@link enter}, for a function by its number: the most frequent call makes no closure. */
function callFunction(ptr: number, id: number): number {
  const outer = entry
  entry = lua.stackSave()
  depth++
  const L = stateOf(ptr)
  const outerRunning = setRunning(L)
  try {
    checkDepth()
    const f = L.G.functions.get(id)
    if (f === undefined) throw new Error('a C function that is gone')
    return checkResult(L, ptr, f, f(opaque(L)))
  } catch (e) {
    return leave(ptr, e, outer)
  } finally {
    setRunning(outerRunning)
    entry = outer
    depth--
  }
}

/** Notes a continuation of the C function that runs. Returns what C's context is. */
export function addK(L: State, k: lua_KFunction): number {
  const { ks } = L
  const call = callOf(L.ptr)
  // An error that a protected call further out has caught leaves those of its inner calls: this call is a later one.
  for (let i = ks.length - 1; i >= 0; i--) if (ks[i]?.call === call) ks.length = i
  return ks.push({ k, call }) - 1
}

/** Takes a continuation, and drops those of the calls within, which are over. */
export function takeK(L: State, ctx: number): lua_KFunction | undefined {
  const { ks } = L
  const k = ks[ctx]?.k
  if (ks.length > ctx) ks.length = ctx
  return k
}

/** What an engine's debug record of the running hook is made by; wasm-debug.ts. */
let debugOf: (ar: number) => lua_Debug
export function onHook(make: (ar: number) => lua_Debug): void {
  debugOf = make
}

type Reader = (size: number) => number
type Writer = (p: number, size: number) => number

/** What lua_load reads from and lua_dump writes to, by the numbers that Lua has for it. */
const readers = new Map<number, Reader>()
const writers = new Map<number, Writer>()
let lastStream = 0

/** Notes what reads a chunk's pieces, until {@link takeReader}. Returns its number. */
export function addReader(reader: Reader): number {
  readers.set(++lastStream, reader)
  return lastStream
}
export const takeReader = (id: number) => readers.delete(id)

/** Notes what gets a chunk's pieces, until {@link takeWriter}. Returns its number. */
export function addWriter(write: (p: number, size: number) => void): number {
  writers.set(++lastStream, (p, size) => {
    write(p, size)
    return 0
  })
  return lastStream
}
export const takeWriter = (id: number) => writers.delete(id)

const shim = makeShim(lua as unknown as WebAssembly.Exports, {
  call: callFunction,
  k: (ptr, status, ctx) =>
    enter(ptr, (L) => {
      const k = takeK(L, ctx)
      if (k === undefined) throw new Error('a continuation that is gone')
      return checkResult(L, ptr, k, k(opaque(L), status))
    }),
  rethrow: (ptr) =>
    enter(ptr, () => {
      u32[(ptr + LAYOUT.ERRFUNC) >> 2] = 0
      return lua.lua_error(ptr)
    }),
  steps: (ptr) =>
    enter(ptr, (L) => {
      countAnew()
      lua_tick(opaque(L))
    }),
  hook: (ptr, ar) =>
    enter(ptr, (L) => {
      countInline(ptr)
      const { hook } = L
      if (hook === null) return
      // A hook that takes no record is called without one: none is made.
      if (hook.length < 2) (hook as (L: lua_State) => void)(opaque(L))
      else hook(opaque(L), debugOf(ar))
    }),
  warn: (ud, msg, tocont) => {
    const { G } = stateOf(ud)
    G.warning += text(msg) ?? ''
    if (tocont !== 0) return
    const message = G.warning
    G.warning = ''
    G.warnf?.(message)
  },
  panic: (ptr) => {
    const { G } = stateOf(ptr)
    const message = describeTop(ptr)
    const first = !G.panicked
    G.panicked = true
    try {
      if (first) G.panicf?.(opaque(stateOf(ptr)))
    } finally {
      lua.stackRestore(entry)
    }
    throw new LuaError(message)
  },
  gc: (ptr) => {
    collected(ptr)
    return 0
  },
  freed,
  reader: (ptr, ud, size) => enter(ptr, () => (readers.get(ud) as Reader)(size)),
  writer: (ptr, p, size, ud) => enter(ptr, () => (writers.get(ud) as Writer)(p, size)),
})

/** The `__gc` of what holds a number; wasm-values.ts. */
let collected: (ptr: number) => void = () => {}
export function onCollected(f: (ptr: number) => void): void {
  collected = f
}

export const checked: Shim = shim
/** The allocator's variables, for wasm-pool.ts. */
export const poolWords: Pick<Shim, 'total' | 'pool' | 'most' | 'asking'> = shim
export const { pushinteger, tointeger } = shim
export const allocSlot = addFunction(shim.alloc)
export const callSlot = addFunction(shim.call)
const slotsOf = <K extends string>(functions: Readonly<Record<K, CallableFunction>>) =>
  Object.fromEntries(
    Object.entries<CallableFunction>(functions).map(([kind, f]) => [kind, addFunction(f)]),
  ) as Readonly<Record<K, number>>
export const plainSlots: Readonly<Record<PlainKind, number>> = slotsOf(shim.plain)
export const fastSlots: Readonly<Record<FastKind, number>> = slotsOf(shim.fast)
/** The continuations of functions that scripts can't yield below. */
export const loopSlots = [addFunction(shim.sort_k), addFunction(shim.gsub_k)] as const
shim.sort.value = loopSlots[0]
shim.gsub.value = loopSlots[1]
shim.order.value = newCstring('invalid order function for sorting')
shim.replacement.value = newCstring('invalid replacement value (a ')
shim.bracket.value = newCstring(')')
shim.tooMany.value = newCstring('too many captures')
export const warnSlot = addFunction(shim.warn)
export const panicSlot = addFunction(shim.panic)
export const gcSlot = addFunction(shim.gc)
export const kSlot = addFunction(shim.k)
/** A continuation that throws what is on the top, without asking a message handler. */
export const rethrowSlot = addFunction(shim.rethrow)
onSteps(addFunction(shim.steps))
export const hookSlot = addFunction(shim.hook)
export const readerSlot = addFunction(shim.reader)
export const writerSlot = addFunction(shim.writer)

/** The bytes of the string or number on the top of the stack as text. */
function describeTop(ptr: number): string {
  const s = lua.lua_tolstring(ptr, -1, 0)
  return text(s) ?? '(null)'
}
