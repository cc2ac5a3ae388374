// States of the engine wasm and their coroutines, as JavaScript sees them: what stands behind a lua_State.
//
// C Lua keeps numbers where JavaScript has objects: each coroutine, function, userdata's cell and light userdata has a
// number in its state (wasm-values.ts), and with a state all of them go.
import type { lua_CFunction, lua_Hook, lua_KFunction, lua_State, lua_Udata, lua_WarnFunction } from './api.js'
import { STOPPED } from './describe.js'
import { UNLIMITED } from './wasm-assembler.js'
import { bytes, LONGJMP, lua, onLongjmp, u32, withBytes } from './wasm-load.js'

/** Values with numbers, from 1. A number that is given back is used again. */
class Numbered<T> {
  readonly #values: (T | undefined)[] = [undefined]
  readonly #free: number[] = []

  add(value: T): number {
    const id = this.#free.pop() ?? this.#values.length
    this.#values[id] = value
    return id
  }

  get(id: number): T | undefined {
    return this.#values[id]
  }

  delete(id: number): void {
    if (this.#values[id] === undefined) return
    this.#values[id] = undefined
    this.#free.push(id)
  }
}

/** A cell, which a userdata's block names by number and serial. */
export interface Numbers {
  readonly cell: lua_Udata
  readonly serial: number
}

/** How many pointers of JavaScript values are kept before it is looked which of them Lua still has. */
export const lightsLeast = 4096

/** What a state and all of its coroutines share. */
export class Global {
  /** The main thread. */
  main!: State
  /** The cell behind lua_getextraspace. */
  readonly space: lua_Udata = { value: undefined }
  warnf: lua_WarnFunction | null = null
  /** lua_atpanic's. */
  panicf: lua_CFunction | null = null
  /** The warning whose pieces are still coming. */
  warning = ''
  /**
   * Three words of memory: the bytes that the state uses; how many it may at the moment, where what is called from
   * outside of Lua has no limit, for nothing could catch the error; and its share, see wasm-pool.ts.
   */
  readonly memory: number
  /** How many bytes it may use below a protected call. */
  limit = UNLIMITED - 1
  /** Functions that Lua has, by number, and the other way around. */
  readonly functions = new Numbered<lua_CFunction>()
  readonly functionIds = new Map<lua_CFunction, number>()
  readonly cells = new Numbered<Numbers>()
  /** Whether lua_close runs: what Lua finalizes then may still be used by what it finalizes later. */
  closing = false
  /** The hook, its mask and count that the main thread had before lua_kill; null before that. */
  killed: { readonly hook: lua_Hook | null; readonly mask: number; readonly count: number } | null = null
  /** Light userdata. Those that only were keys of the registry are given back when their entry is. */
  readonly lights = new Numbered<unknown>()
  readonly lightIds = new Map<unknown, number>()
  readonly lightsPinned = new Set<number>()
  /** Beyond so many it is looked which of them Lua still has. */
  lightsMost = lightsLeast
  /** The coroutines that JavaScript has seen, by pointer. */
  readonly threads = new Map<number, State>()
  /** Whether an error that nobody caught has reset a thread since lua_recover. */
  panicked = false
  /** Names of files that Lua cuts in messages, by what it makes of them. */
  readonly cutNames = new Map<string, string>()

  constructor(memory: number) {
    this.memory = memory
  }
}

/** lua.h's: how many bytes of C's own are before a lua_State. Here they have a State's id. */
const LUA_EXTRASPACE = 4

/** The pointer of a state that must not be used. */
const NOWHERE = 0

/** A state or coroutine: behind lua_State, which is opaque. */
export class State {
  /** C's pointer; {@link NOWHERE} once the state is closed, and while an error is on its way through a C function. */
  ptr: number
  /** C's pointer while an error is on its way. */
  withheld = 0
  /** In the thread's extra space as well: another one at the same place has another. */
  readonly id: number
  readonly G: Global
  hook: lua_Hook | null = null
  /** Continuations of C functions that wait for a call or a yield, and those functions' calls, the innermost last. */
  readonly ks: { readonly k: lua_KFunction; readonly call: number }[] = []

  constructor(ptr: number, G: Global) {
    this.ptr = ptr
    this.G = G
    this.id = ++lastId
    u32[(ptr - LUA_EXTRASPACE) >> 2] = this.id
    threads.set(ptr, this)
    G.threads.set(ptr, this)
  }
}

let lastId = 0

/** The threads of all states, by pointer. */
const threads = new Map<number, State>()

export const opaque = (L: State) => L as unknown as lua_State

/** C's pointer of a state. Each use of a state asks for it, so that one that is gone is an error. */
export function ptrOf(L: lua_State): number {
  const { ptr } = L as unknown as State
  if (!(ptr > NOWHERE)) unusable(L)
  return ptr
}

export function native(L: lua_State): State {
  if (!((L as unknown as State).ptr > NOWHERE)) unusable(L)
  return L as unknown as State
}

/** A block of a thread's size is freed: if it is one, whoever still has it can't use it. */
export function freed(block: number): void {
  const ptr = block + LUA_EXTRASPACE
  const L = threads.get(ptr)
  if (L === undefined || u32[block >> 2] !== L.id || L.G.main === L) return
  threads.delete(ptr)
  L.G.threads.delete(ptr)
  L.ptr = NOWHERE
  if (last === L) last = null
}

function unusable(L: lua_State): never {
  if (!(L instanceof State)) throw new Error('this is no lua_State')
  // Who catches an error of Lua's otherwise than by a protected call gets it again.
  if (L.withheld !== 0) throw LONGJMP
  throw new Error(L.G.closing || L.G.killed !== null ? STOPPED : 'the coroutine has been collected')
}

/** The state whose C function runs; null outside of all. */
let running: State | null = null
/** The one that an error is on its way through. */
let failing: State | null = null

/** C's pointer of the state that an error is on its way through; 0 for none. */
export const whoFails = () => failing?.withheld ?? 0

/** Notes which state's C function runs. Returns the one before. */
export function setRunning(L: State | null): State | null {
  const outer = running
  running = L
  return outer
}

/** A longjmp begins: the C function that runs can't use its state any more. */
function withhold(): void {
  if (running === null || running.withheld !== 0) return
  failing = running
  failing.withheld = failing.ptr
  failing.ptr = NOWHERE
}

/** The error has arrived. */
export function giveBack(): void {
  if (failing === null) return
  failing.ptr = failing.withheld
  failing.withheld = 0
  failing = null
}

onLongjmp(withhold, giveBack)

/** The thread that was looked for last: nearly always the one that is looked for next. */
let last: State | null = null

/** The thread at a pointer, which lua_newstate or lua_newthread has made. */
export function stateOf(ptr: number): State {
  if (last !== null && last.ptr === ptr && u32[(ptr - 4) >> 2] === last.id) return last
  const L = threads.get(ptr)
  if (L === undefined) throw new Error('a thread that this engine has not made')
  last = L
  return L
}

/** Pushes UTF-8. */
export function pushstring(ptr: number, s: string): void {
  const length = Buffer.byteLength(s)
  const push = (pointer: number) => void lua.lua_pushlstring(ptr, pointer, length)
  if (!withBytes(length, (pointer) => bytes.write(s, pointer), push)) throw new Error('not enough memory')
}

/** The bytes that Lua uses in a state. */
export const used = (L: lua_State): number => u32[native(L).G.memory >> 2] as number

export function setLimit(L: lua_State, limit: number): void {
  const { G } = native(L)
  const word = (G.memory >> 2) + 1
  const applies = u32[word] === G.limit
  G.limit = Math.max(0, Math.min(limit, UNLIMITED - 1))
  if (applies) u32[word] = G.limit
}

/**
 * Has the limit of memory apply, for a protected call, which no exception leaves. Returns what {@link restoreLimit}
 * takes.
 */
export function applyLimit(G: Global): number {
  const word = (G.memory >> 2) + 1
  const outer = u32[word] as number
  u32[word] = G.limit
  return outer
}

/** Ends what {@link applyLimit} began. What was set meanwhile stays. */
export function restoreLimit(G: Global, outer: number): void {
  if (outer === UNLIMITED) u32[(G.memory >> 2) + 1] = UNLIMITED
}

/** Takes the pointers of a state's threads away, also of one that an error is on its way through. */
export function takePointers(G: Global): void {
  for (const thread of G.threads.values()) {
    thread.ptr = NOWHERE
    thread.withheld = 0
    if (failing === thread) failing = null
  }
}

/** Gives them back. */
export function givePointers(G: Global): void {
  for (const [ptr, thread] of G.threads) thread.ptr = ptr
}

/** Forgets the threads of a state that is closed. */
export function forget(G: Global): void {
  for (const [ptr, thread] of G.threads) {
    if (threads.get(ptr) === thread) threads.delete(ptr)
    thread.ptr = NOWHERE
  }
  if (last?.G === G) last = null
}
