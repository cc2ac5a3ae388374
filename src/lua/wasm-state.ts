// States of the engine wasm and their coroutines, as JavaScript sees them: what stands behind a lua_State.
//
// C Lua keeps numbers where JavaScript has objects: each coroutine, function, userdata's cell and light userdata has a
// number in its state (wasm-values.ts), and with a state all of them go.
import type { lua_CFunction, lua_Hook, lua_KFunction, lua_State, lua_Udata, lua_WarnFunction } from './api.js'
import { bytes, lua, u32, withBytes } from './wasm-load.js'

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

/** The memory of a state whose limit nobody has set, in bytes. */
export const memoryMax = 0x7fff_ffff

/** What a state and all of its coroutines share. */
export class Global {
  /** The main thread. */
  main!: State
  /** The cell behind lua_getextraspace. */
  readonly space: lua_Udata = { value: undefined }
  warnf: lua_WarnFunction | null = null
  /** The warning whose pieces are still coming. */
  warning = ''
  /**
   * Two words of memory: the bytes that the state uses, and how many it may at the moment: what is called from outside
   * of Lua has no limit, for nothing could catch the error.
   */
  readonly memory: number
  /** How many bytes it may use below a protected call. */
  limit = memoryMax - 1
  /** Functions that Lua has, by number, and the other way around. */
  readonly functions = new Numbered<lua_CFunction>()
  readonly functionIds = new Map<lua_CFunction, number>()
  readonly cells = new Numbered<Numbers>()
  /** Whether lua_close runs: what Lua finalizes then may still be used by what it finalizes later. */
  closing = false
  /** Light userdata. Those that only were keys of the registry are given back when their entry is. */
  readonly lights = new Numbered<unknown>()
  readonly lightIds = new Map<unknown, number>()
  readonly lightsPinned = new Set<number>()
  /** The coroutines that JavaScript has seen, by pointer. A collected one stays until its place is used again. */
  readonly threads = new Map<number, State>()
  /** Whether an error that nobody caught has reset a thread since lua_recover. */
  panicked = false
  /** Names of files that Lua cuts in messages, by what it makes of them. */
  readonly cutNames = new Map<string, string>()

  constructor(memory: number) {
    this.memory = memory
  }
}

/** A state or coroutine: behind lua_State, which is opaque. */
export class State {
  readonly ptr: number
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
    u32[(ptr - 4) >> 2] = this.id
    threads.set(ptr, this)
    G.threads.set(ptr, this)
  }
}

let lastId = 0

/** The threads of all states, by pointer. */
const threads = new Map<number, State>()

export const native = (L: lua_State) => L as unknown as State
export const opaque = (L: State) => L as unknown as lua_State
export const ptrOf = (L: lua_State) => (L as unknown as State).ptr

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
  G.limit = Math.max(0, Math.min(limit, memoryMax - 1))
  if (applies) u32[word] = G.limit
}

/** Has the limit of memory apply, for a protected call, which no exception leaves. Returns what {@link restoreLimit} takes. */
export function applyLimit(G: Global): number {
  const word = (G.memory >> 2) + 1
  const outer = u32[word] as number
  u32[word] = G.limit
  return outer
}

/** Ends what {@link applyLimit} began. What was set meanwhile stays. */
export function restoreLimit(G: Global, outer: number): void {
  if (outer === memoryMax) u32[(G.memory >> 2) + 1] = memoryMax
}

/** Forgets the threads of a state that is closed. */
export function forget(G: Global): void {
  for (const [ptr, thread] of G.threads) if (threads.get(ptr) === thread) threads.delete(ptr)
  if (last?.G === G) last = null
}
