// Loads Lua 5.4 as wasm, and what the files of its engine share: its functions, its memory, and the way from one to the
// other.
import { readFileSync } from 'node:fs'
import { luaWasm } from './wasm-files.js'
import './wasm-inlining.js'
import { LAYOUT } from './wasm-layout.js'
import { type StackVariables, setStack, stepsPerLook } from './wasm-patches.js'
import { pagesMax } from './wasm-shim.js'

type Call = (...args: number[]) => number

/** The functions of Lua's module that the engine calls. Pointers are numbers, booleans 0 or 1. */
type LuaFunctions = Record<
  | ('malloc' | 'free' | 'stackSave' | 'stackRestore' | 'setThrew' | 'emscripten_stack_init' | '__wasm_call_ctors')
  | ('lua_newstate' | 'lua_close' | 'lua_atpanic' | 'lua_setwarnf' | 'lua_resetthread' | 'lua_newthread')
  | ('lua_absindex' | 'lua_gettop' | 'lua_settop' | 'lua_pushvalue' | 'lua_rotate' | 'lua_copy' | 'lua_checkstack')
  | ('lua_xmove' | 'lua_type' | 'lua_isinteger' | 'lua_iscfunction' | 'lua_rawequal' | 'lua_rawlen' | 'lua_toboolean')
  | ('lua_tonumberx' | 'lua_tolstring' | 'lua_touserdata' | 'lua_tothread' | 'lua_topointer' | 'lua_tocfunction')
  | ('lua_pushnil' | 'lua_pushboolean' | 'lua_pushlstring' | 'lua_pushcclosure' | 'lua_pushlightuserdata')
  | ('lua_pushthread' | 'lua_createtable' | 'lua_newuserdatauv' | 'lua_setiuservalue' | 'lua_getglobal')
  | ('lua_setglobal' | 'lua_gettable' | 'lua_settable' | 'lua_getfield' | 'lua_setfield' | 'lua_rawget' | 'lua_rawset')
  | (
      | 'lua_rawgetp'
      | 'lua_rawsetp'
      | 'lua_getmetatable'
      | 'lua_setmetatable'
      | 'lua_next'
      | 'lua_setupvalue'
      | 'lua_concat'
      | 'lua_callk'
    )
  | ('lua_pcallk' | 'lua_error' | 'lua_status' | 'lua_isyieldable' | 'lua_resume' | 'lua_yieldk' | 'lua_sethook')
  | ('lua_arith' | 'lua_compare' | 'lua_len' | 'lua_getiuservalue' | 'lua_getupvalue' | 'lua_upvalueid')
  | ('lua_upvaluejoin' | 'lua_load' | 'lua_dump' | 'lua_toclose' | 'lua_closeslot' | 'lua_warning')
  | ('lua_getlocal' | 'lua_setlocal' | 'lua_gethook' | 'lua_gethookmask' | 'lua_gethookcount')
  | ('lua_getstack' | 'lua_getinfo' | 'luaL_loadbufferx' | 'luaopen_base' | 'luaopen_package')
  | ('luaopen_table' | 'luaopen_string' | 'luaopen_utf8' | 'luaopen_math' | 'luaopen_debug'),
  Call
>

interface LuaExports extends LuaFunctions, StackVariables {
  readonly memory: WebAssembly.Memory
  readonly __indirect_function_table: WebAssembly.Table
  /** wasm-patches.ts's countSteps. */
  readonly steps: { value: number }
  readonly stepsSlot: { value: number }
  readonly lua_tointegerx: (L: number, idx: number, isnum: number) => bigint
  readonly lua_pushinteger: (L: number, n: bigint) => void
  readonly lua_rawgeti: (L: number, idx: number, n: bigint) => number
  readonly lua_rawseti: (L: number, idx: number, n: bigint) => void
  readonly lua_geti: (L: number, idx: number, n: bigint) => number
  readonly lua_seti: (L: number, idx: number, n: bigint) => void
}

/**
 * What C's longjmp is here: thrown by lua_error and lua_yieldk, through the functions of JavaScript between, on its way
 * to the protected call that catches it.
 */
export const LONGJMP = new (class LuaError extends Error {
  override readonly name = 'LuaError'
  /** That of the error that was raised last. */
  override get message(): string {
    return describeLongjmp()
  }
})()

let withhold = () => {}
let giveBack = () => {}
let describeLongjmp = () => 'a Lua error'

/** What is done when a longjmp begins, and when it has arrived; wasm-state.ts. */
export function onLongjmp(begins: () => void, arrives: () => void): void {
  withhold = begins
  giveBack = arrives
}

/** What its message is while it is on its way; wasm-calls.ts. */
export function onDescribeLongjmp(describe: () => string): void {
  describeLongjmp = describe
}

/** A page of wasm's memory, in bytes. */
const pageBytes = 65_536
/** Memory grows by at least an eighth of what there is. */
const growthShare = 8

/**
 * All of Lua's memory. These are other objects after it has grown: who keeps one sees the part that there was.
 */
export let u8: Uint8Array = new Uint8Array()
export let u16: Uint16Array = new Uint16Array()
export let u32: Uint32Array = new Uint32Array()
export let bytes: Buffer = Buffer.alloc(0)
let heap: ArrayBufferLike = u8.buffer

function refresh(): void {
  const { buffer } = lua.memory
  heap = buffer
  u8 = new Uint8Array(buffer)
  u16 = new Uint16Array(buffer)
  u32 = new Uint32Array(buffer)
  bytes = Buffer.from(buffer)
}

/** A part of Lua's memory: `subarray` takes twice as long. */
export const bytesAt = (pointer: number, length: number) => new Uint8Array(heap, pointer, length)

/** The most that Lua's memory may have, in bytes. */
export const heapMax = pagesMax * pageBytes

/** How large the memory may become for whoever is asking for more; wasm-pool.ts knows. */
let mayHold = () => heapMax
export function onGrowth(f: () => number): void {
  mayHold = f
}

/** Gives Lua more memory. Returns 0 where there is none. */
function resizeHeap(size: number): number {
  const max = mayHold() / pageBytes
  const held = u8.length / pageBytes
  const wanted = Math.ceil((size >>> 0) / pageBytes) - held
  if (held + wanted > max) return 0
  for (const pages of [Math.min(Math.max(wanted, Math.ceil(held / growthShare)), max - held), wanted]) {
    try {
      lua.memory.grow(pages)
      refresh()
      return 1
    } catch {
      // Less may do.
    }
  }
  return 0
}

/**
 * What becomes of a JavaScript error below a protected call; wasm-state.ts knows. Throws LONGJMP, or the error again.
 */
let raiseForeign: (L: number, e: unknown) => never = (_, e) => {
  throw e
}

export function onForeignError(raise: (L: number, e: unknown) => never): void {
  raiseForeign = raise
}

/** The functions of Lua's table that were asked for: to look into the table costs more than to call what is there. */
const functions: Call[] = []

function functionAt(index: number): Call {
  let f = functions[index]
  if (f === undefined) {
    f = lua.__indirect_function_table.get(index)
    functions[index] = f
  }
  return f
}

const { ALLOWHOOK, BASE_CI, CI, CI_CALLSTATUS, CI_FUNC, CI_K, CI_TOP, ERRFUNC, ERRORJMP, G, NCCALLS } = LAYOUT
const { STACK, STATUS, TBCLIST, THREAD_BYTES, TOP } = LAYOUT

/** What the byte of a lua_State is that says whether hooks are called, where they are. */
const allowed = 1

/** The size of a slot of the stack, as a shift. */
const SLOT = 4

/** How many values are on the stack of the call that runs in L. */
export const topOf = (L: number) =>
  (((u32[(L + TOP) >> 2] as number) - (u32[(callOf(L) + CI_FUNC) >> 2] as number)) >> SLOT) - 1

/** Where the value at `idx` of the call that runs in L is. */
export const slotOf = (L: number, idx: number) =>
  (idx < 0 ? (u32[(L + TOP) >> 2] as number) : (u32[(callOf(L) + CI_FUNC) >> 2] as number)) + (idx << SLOT)

/** The last slot of L that is to be closed, or one below all. */
export const lastToClose = (L: number) => u32[(L + TBCLIST) >> 2] as number

/** How many more values the call that runs in L may push. */
export const roomOf = (L: number) =>
  ((u32[(callOf(L) + CI_TOP) >> 2] as number) - (u32[(L + TOP) >> 2] as number)) >> SLOT

export const statusOf = (L: number) => u8[L + STATUS] as number

/** The call that runs in L. */
export const callOf = (L: number) => u32[(L + CI) >> 2] as number

/** What the count of the calls of C is outside of all calls in a main thread. */
const mainCalls = 0x1_0000

/** Whether L runs no function. */
export const isIdle = (L: number) => callOf(L) === L + BASE_CI

/** lua.h's LUA_MINSTACK, and the slots of a new thread's stack: lstate.h's BASIC_STACK_SIZE and EXTRA_STACK. */
const minStack = 20
const threadSlots = 2 * minStack + 5

/** Whether all of these are where they are expected to be, in a new state. */
export const hasLayout = (L: number) =>
  statusOf(L) === 0 &&
  u8[L + ALLOWHOOK - 1] === 0 &&
  u8[L + ALLOWHOOK] === allowed &&
  u32[(L + NCCALLS) >> 2] === mainCalls &&
  u32[(L + ERRORJMP) >> 2] === 0 &&
  u32[(L + ERRFUNC) >> 2] === 0 &&
  u32[(L + STACK) >> 2] === lastToClose(L) &&
  callOf(L) === L + BASE_CI &&
  topOf(L) === 0 &&
  lastToClose(L) === (u32[(L + TOP) >> 2] as number) - (1 << SLOT) &&
  roomOf(L) === minStack

/**
 * Whether threads are as they are expected to be, in a new state, whose stack is empty afterwards.
 * @param used where the bytes are counted that the state uses
 */
export function hasThreads(L: number, used: number): boolean {
  const before = u32[used >> 2] as number
  const thread = lua.lua_newthread(L)
  const size = (u32[used >> 2] as number) - before
  const sharedG = u32[(L + G) >> 2] !== 0 && u32[(L + G) >> 2] === u32[(thread + G) >> 2]
  lua.lua_pushnil(thread)
  const failed = lua.lua_resume(thread, L, 0, out)
  const status = statusOf(thread)
  const marked = hasContinuations(lua.lua_newthread(L))
  lua.lua_settop(L, 0)
  return marked && size === THREAD_BYTES + (threadSlots << SLOT) && sharedG && failed !== 0 && status === failed
}

/** lstate.h's flag of a call of C. */
const CIST_C = 2

/** Whether a new thread's calls tell that they are C's, and their continuation, where they are expected to. */
function hasContinuations(thread: number): boolean {
  const base = thread + BASE_CI
  const f = addFunction(lua.lua_gettop)
  lua.lua_pushcclosure(thread, f, 0)
  lua.lua_callk(thread, 0, 0, 0, f)
  return u32[(base + CI_K) >> 2] === f && u16[(base + CI_CALLSTATUS) >> 1] === CIST_C
}

/** Forgets the calls of C that an error which nobody caught has left: Lua itself goes on counting them. */
export function resetCalls(L: number, isMain: boolean): void {
  u32[(L + NCCALLS) >> 2] = isMain ? mainCalls : 0
}

/** Finalizes without a call what wasm-values.ts knows how to. */
let finalizes: (L: number) => boolean = () => false
export function onFinalizer(f: (L: number) => boolean): void {
  finalizes = f
}

/**
 * Lua's protected call: `f(L, ud)`. An error from JavaScript, as its stack's overflow, becomes one of Lua.
 *
 * Finalizers are called by it too, with hooks off in C Lua. Here they are on, so that one that never ends is ended.
 */
function invoke(f: number, L: number, ud: number): void {
  const sp = lua.stackSave()
  u8[L + ALLOWHOOK] = allowed
  const errorJmp = u32[(L + ERRORJMP) >> 2] as number
  try {
    // Only finalizers, and a new state that has no stack yet, are called without `ud`.
    if (ud !== 0 || u32[(L + STACK) >> 2] === 0 || !finalizes(L)) functionAt(f)(L, ud)
  } catch (e) {
    if (e !== LONGJMP) {
      // Protected calls that it has left may not have ended: this one is the innermost again.
      u32[(L + ERRORJMP) >> 2] = errorJmp
      lua.stackRestore(sp)
      caughtForeign(L, e)
    }
    giveBack()
    lua.stackRestore(sp)
    lua.setThrew(1, 0)
  }
}

function caughtForeign(L: number, e: unknown): void {
  try {
    raiseForeign(L, e)
  } catch (raised) {
    if (raised !== LONGJMP) throw raised
  }
}

/** Files, time and processes of the C library: the libraries that need them are not opened. */
function unavailable(name: string) {
  return () => {
    throw new Error(`${name} is not available`)
  }
}

const imports: Record<string, CallableFunction> = {
  _emscripten_throw_longjmp: () => {
    withhold()
    throw LONGJMP
  },
  invoke_vii: invoke,
  emscripten_resize_heap: resizeHeap,
  emscripten_date_now: () => Date.now(),
  _emscripten_get_now_is_monotonic: () => 1,
  environ_get: () => 0,
  environ_sizes_get: (count: number, size: number) => {
    u32[count >> 2] = 0
    u32[size >> 2] = 0
    return 0
  },
}

function instantiate(): LuaExports {
  const module = new WebAssembly.Module(readFileSync(luaWasm))
  const modules: Record<string, Record<string, CallableFunction>> = {}
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    modules[from] = { ...modules[from], [name]: imports[name] ?? unavailable(name) }
  }
  return new WebAssembly.Instance(module, modules as WebAssembly.Imports).exports as unknown as LuaExports
}

/** Lua's functions under their C names. */
export const lua = instantiate()
refresh()
lua.__wasm_call_ctors()
lua.emscripten_stack_init()

/** Has the function at a place of Lua's function table called after so many steps of a pattern. */
export function onSteps(slot: number): void {
  lua.stepsSlot.value = slot
}

/** Begins to count the steps of patterns anew. */
export function countAnew(): void {
  lua.steps.value = stepsPerLook
}

/** How many slots a stack has at most, for all states. */
export const setMaxStack = (slots: number): void => setStack(lua, slots)

/** Puts a function of wasm into Lua's function table. Returns its place, which is C's pointer to it. */
export function addFunction(f: CallableFunction): number {
  const table = lua.__indirect_function_table
  const index = table.grow(1)
  table.set(index, f)
  return index
}

/** Calls the C function at a place of the table as if it were the one that runs in L. */
export const callC = (f: number, L: number): number => functionAt(f)(L)

/** Memory that C may write a few results to, and what Lua's `size_t` at its beginning is. */
export const out = lua.malloc(128)
export const outWord = (word: number) => u32[(out >> 2) + word] as number

/** Names, which drivers ask for again and again, as C's strings. */
const names = new Map<string, number>()
const namesMax = 4096
/** The name that was asked for last: nearly always the next one as well. */
let lastName: string | null = null
let lastPointer = 0
/** A longer one is not kept. */
const nameMax = 64
let longName = 0

/** A C string in Lua's memory that stays. */
export function newCstring(s: string): number {
  const length = Buffer.byteLength(s)
  const pointer = lua.malloc(length + 1)
  if (pointer === 0) throw new Error('not enough memory')
  bytes.write(s, pointer)
  u8[pointer + length] = 0
  return pointer
}

/** A C string in Lua's memory that is good until the next one is asked for. Null is NULL. */
export function cstring(s: string | null): number {
  if (s === lastName) return lastPointer
  if (s === null) return 0
  const known = names.get(s)
  if (known !== undefined) {
    lastName = s
    lastPointer = known
    return known
  }
  if (s.length > nameMax) {
    lua.free(longName)
    longName = 0
    longName = newCstring(s)
    return longName
  }
  if (names.size === namesMax) {
    for (const pointer of names.values()) lua.free(pointer)
    names.clear()
    lastName = ''
    lastPointer = names.get('') ?? newCstring('')
    names.set('', lastPointer)
  }
  const pointer = newCstring(s)
  names.set(s, pointer)
  return pointer
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The C string at `pointer` as text; null for NULL. */
export function text(pointer: number): string | null {
  return pointer === 0 ? null : decoder.decode(u8.subarray(pointer, u8.indexOf(0, pointer)))
}

/** Room for bytes on their way to Lua. */
let scratch = 0
let scratchBytes = 0
/** What is larger gets room of its own for the moment. */
const scratchMax = 1 << 21

/**
 * Calls `f` with the place of `length` bytes in Lua's memory, which `fill` has filled.
 * @returns false where there is no memory
 */
export function withBytes(length: number, fill: (pointer: number) => void, f: (pointer: number) => void): boolean {
  if (length > scratchBytes && length <= scratchMax) {
    lua.free(scratch)
    scratchBytes = Math.min(Math.max(4096, 2 * length), scratchMax)
    scratch = lua.malloc(scratchBytes)
    if (scratch === 0) scratchBytes = 0
  }
  const own = length > scratchBytes
  const pointer = own ? lua.malloc(length) : scratch
  if (pointer === 0 && length > 0) return false
  try {
    fill(pointer)
    f(pointer)
  } finally {
    if (own) lua.free(pointer)
  }
  return true
}
