// A small module of WebAssembly between Lua and JavaScript, assembled here byte by byte. Stands for what a C program
// that embeds Lua brings along: the allocator, and the functions that Lua calls. They are wasm because Lua's function
// table takes nothing else, and because an allocator in JavaScript would cost more than what it allocates.
//
// In the text format it is
//
//   (global (export "total") (mut i32) (i32.const 0))
//   (global (export "pool") (mut i32) (i32.const UNLIMITED))
//   (global (export "most") (mut i32) (i32.const UNLIMITED))
//   (global (export "asking") (mut i32) (i32.const 0))
//   (func (export "alloc") (param $ud i32) (param $ptr i32) (param $osize i32) (param $nsize i32) (result i32) ...)
//     ;; lua_Alloc. $ud points to a state's three words: the bytes in use, their limit, and its share. What all states
//     ;; use is $total. Beyond $pool a state must stay within its share, and $total within $most.
//   (func (export "call") (param $L i32) (result i32)
//     ;; lua_CFunction. The first upvalue is a userdata whose second word is the number of a JavaScript function.
//     (call $js_call (local.get $L) (i32.load offset=4 (call $lua_touserdata (local.get $L) (i32.const FIRST_UPVALUE)))))
//   (func (export "pushinteger") (param $L i32) (param $n f64)
//     (call $lua_pushinteger (local.get $L) (i64.trunc_sat_f64_s (local.get $n))))
//   (func (export "tointeger") (param $L i32) (param $idx i32) (result f64)
//     ;; An integer as a number, rounded past 2^53; NaN for what is none. Spares each integer a BigInt.
//     (if (result f64) (call $lua_isinteger (local.get $L) (local.get $idx))
//       (then (f64.convert_i64_s (call $lua_tointegerx (local.get $L) (local.get $idx) (i32.const 0))))
//       (else (f64.const nan))))
//
// and what every callback calls, getglobal and pcall: each looks first whether border.ts would refuse the call, which
// costs less here than in JavaScript, and does nothing then; and wasm-plain.ts's functions and wasm-fast.ts's. The
// exports k, rethrow, steps, hook, warn, panic, gc, reader and writer are JavaScript's functions.

import { readFileSync } from 'node:fs'
import { type FastKind, type PlainKind, REFUSED } from './api.js'
import {
  ADD,
  AND,
  CONVERT_I64_S,
  call,
  constant,
  ELSE,
  END,
  EQ,
  EQZ,
  f64,
  GE_S,
  GT_S,
  GT_U,
  get,
  getGlobal,
  globals,
  IF,
  IF_F64,
  IF_I32,
  i32,
  imports,
  indexOf,
  LT_U,
  load,
  NAN,
  NE,
  name,
  OR,
  RETURN,
  SHR_S,
  SUB,
  section,
  set,
  setGlobal,
  store,
  TRUNC_SAT_F64_S,
  type,
  UNLIMITED,
  unsigned,
  vector,
} from './wasm-assembler.js'
import { fastFunctions } from './wasm-fast.js'
import { shimWasm } from './wasm-files.js'
import { LAYOUT } from './wasm-layout.js'
import { loopFunctions } from './wasm-loops.js'
import { FIRST_UPVALUE, plainFunctions } from './wasm-plain.js'

// Parts of a lua_State, and of its running call; the size of a slot of the stack is a shift.
const slot = 4
const status = (L: number) => [...get(L), 0x2d, 0, LAYOUT.STATUS]
const top = (L: number) => [...get(L), ...load(LAYOUT.TOP)]
const func = (L: number) => [...get(L), ...load(LAYOUT.CI), ...load(LAYOUT.CI_FUNC)]
const end = (L: number) => [...get(L), ...load(LAYOUT.CI), ...load(LAYOUT.CI_TOP)]
/** The values of the running call and its function. */
const used = (L: number) => [...top(L), ...func(L), ...SUB, ...constant(slot), ...SHR_S]
const room = (L: number) => [...end(L), ...top(L), ...SUB, ...constant(slot), ...SHR_S]
const hasRoom = (L: number) => [...top(L), ...end(L), ...LT_U]
const otherwise = (n: number) => [...ELSE, ...constant(n), ...END]

const [ud, ptr, osize, nsize, inUse, all, block] = [0, 1, 2, 3, 4, 5, 6]

/** What a block takes of memory: dlmalloc puts a word before it and rounds up to eight bytes. */
const cost = (size: number) => [...get(size), ...constant(11), ...ADD, ...constant(-8), ...AND]

/** Each function that the module defines: its type, how many i32 locals it has, its instructions. */
const functions = {
  ...loopFunctions,
  alloc: {
    t: type([i32, i32, i32, i32], [i32]),
    locals: 3,
    body: [
      // A block is freed.
      ...[...get(nsize), ...EQZ, ...IF],
      ...[...get(ptr), ...IF, ...get(ud), ...get(ud), ...load(0), ...get(osize), ...SUB, ...store(0)],
      ...[...getGlobal('total'), ...cost(osize), ...SUB, ...setGlobal('total')],
      ...[...get(osize), ...constant(LAYOUT.THREAD_BYTES), ...EQ, ...IF, ...get(ptr), ...call('js', 'freed'), ...END],
      ...[...get(ptr), ...call('lua', 'free'), ...END, ...constant(0), ...RETURN, ...END],
      ...[...getGlobal('total'), ...set(all)],
      // For a new block osize tells its kind.
      ...[...get(ptr), ...IF, ...get(all), ...cost(osize), ...SUB, ...set(all)],
      ...[...ELSE, ...constant(0), ...set(osize), ...END],
      ...[...get(ud), ...load(0), ...get(osize), ...SUB, ...get(nsize), ...ADD, ...set(inUse)],
      ...[...get(all), ...cost(nsize), ...ADD, ...set(all)],
      // What grows must stay within the limits; what shrinks may not fail.
      ...[...get(nsize), ...get(osize), ...GT_U, ...IF],
      ...[...get(inUse), ...get(ud), ...load(4), ...GT_U, ...IF, ...constant(0), ...RETURN, ...END],
      ...[...get(all), ...getGlobal('pool'), ...GT_U, ...IF],
      ...[...get(ud), ...load(4), ...constant(UNLIMITED), ...NE],
      ...[...get(ud), ...load(8), ...constant(UNLIMITED), ...NE, ...AND, ...IF],
      ...[...get(inUse), ...get(ud), ...load(8), ...GT_U, ...get(all), ...getGlobal('most'), ...GT_U, ...OR],
      ...[...IF, ...constant(0), ...RETURN, ...END, ...END, ...END, ...END],
      // Who asks for memory that is still to be made.
      ...[...get(ud), ...setGlobal('asking')],
      ...[...get(ptr), ...get(nsize), ...call('lua', 'realloc'), ...set(block)],
      ...[...constant(0), ...setGlobal('asking')],
      ...[...get(block), ...EQZ, ...IF, ...constant(0), ...RETURN, ...END],
      ...[...get(ud), ...get(inUse), ...store(0), ...get(all), ...setGlobal('total'), ...get(block)],
    ],
  },
  call: {
    t: type([i32], [i32]),
    locals: 0,
    body: [
      ...[...get(0), ...get(0), ...constant(FIRST_UPVALUE), ...call('lua', 'lua_touserdata'), ...load(4)],
      ...call('js', 'call'),
    ],
  },
  ...plainFunctions,
  ...fastFunctions,
  pushinteger: {
    t: type([i32, f64], []),
    locals: 0,
    body: [...get(0), ...get(1), ...TRUNC_SAT_F64_S, ...call('lua', 'lua_pushinteger')],
  },
  getglobal: {
    t: type([i32, i32], [i32]),
    locals: 0,
    body: [...hasRoom(0), ...IF_I32, ...get(0), ...get(1), ...call('lua', 'lua_getglobal'), ...otherwise(REFUSED)],
  },
  pcall: {
    t: type([i32, i32, i32], [i32]),
    locals: 0,
    body: [
      ...[...used(0), ...get(1), ...constant(1), ...ADD, ...GT_S],
      ...[...room(0), ...get(2), ...get(1), ...SUB, ...constant(1), ...SUB, ...GE_S, ...AND],
      ...[...status(0), ...EQZ, ...AND],
      ...[...IF_I32, ...get(0), ...get(1), ...get(2), ...constant(0), ...constant(0), ...constant(0)],
      ...[...call('lua', 'lua_pcallk'), ...otherwise(REFUSED)],
    ],
  },
  tointeger: {
    t: type([i32, i32], [f64]),
    locals: 0,
    body: [
      ...[...get(0), ...get(1), ...call('lua', 'lua_isinteger'), ...IF_F64],
      ...[...get(0), ...get(1), ...constant(0), ...call('lua', 'lua_tointegerx'), ...CONVERT_I64_S],
      ...[...ELSE, ...NAN, ...END],
    ],
  },
}

function code(locals: number, body: readonly number[]): number[] {
  const declared = locals === 0 ? vector([]) : vector([[...unsigned(locals), i32]])
  const content = [...declared, ...body, ...END]
  return [...unsigned(content.length), ...content]
}

/** How large memory may be, in pages: 2 GiB, as Lua's module says. */
export const pagesMax = 32_768

/** The module's bytes. */
export function assemble(): Uint8Array<ArrayBuffer> {
  const defined = Object.entries(functions)
  const exported = [
    ...['k', 'rethrow', 'steps', 'hook', 'warn', 'panic', 'gc', 'reader', 'writer'].map(
      (field) => [field, 0x00, indexOf('js', field)] as const,
    ),
    ...defined.map(([field], i) => [field, 0x00, imports.length + i] as const),
    ...Object.keys(globals).map((field, i) => [field, 0x03, i] as const),
  ]
  // Shared, as that of Lua's module is: wasm-patches.ts.
  const memory = [...name('lua'), ...name('memory'), 0x02, 0x03, 0x00, ...unsigned(pagesMax)]
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [...imports.map(({ t }) => t), ...defined.map(([, { t }]) => t)]),
    ...section(2, [
      memory,
      [...name('lua'), ...name('__indirect_function_table'), 0x01, 0x70, 0x00, 0x00],
      ...imports.map(({ module, field }, i) => [...name(module), ...name(field), 0x00, ...unsigned(i)]),
    ]),
    ...section(
      3,
      defined.map((_, i) => unsigned(imports.length + i)),
    ),
    ...section(
      6,
      Object.values(globals).map((value) => [i32, 0x01, ...constant(value), ...END]),
    ),
    ...section(
      7,
      exported.map(([field, kind, index]) => [...name(field), kind, ...unsigned(index)]),
    ),
    ...section(
      10,
      defined.map(([, { locals, body }]) => code(locals, body)),
    ),
  ]
  return new Uint8Array(bytes)
}

/** What JavaScript gives to be called by Lua. Pointers are numbers. */
export interface ShimCallbacks {
  /** @param id the number of the function */
  readonly call: (L: number, id: number) => number
  readonly k: (L: number, status: number, ctx: number) => number
  readonly rethrow: (L: number) => number
  readonly steps: (L: number) => void
  readonly hook: (L: number, ar: number) => void
  readonly warn: (ud: number, msg: number, tocont: number) => void
  readonly panic: (L: number) => number
  /** The `__gc` of the userdata that hold numbers. */
  readonly gc: (L: number) => number
  /** Before a block of a thread's size is freed. */
  readonly freed: (block: number) => void
  /** lua_Reader: gives the place of a piece and writes its length to `size`. */
  readonly reader: (L: number, ud: number, size: number) => number
  /** lua_Writer. */
  readonly writer: (L: number, p: number, size: number, ud: number) => number
}

/** The module's functions; those of the callbacks' names are for Lua's function table alone. */
export interface Shim {
  readonly alloc: CallableFunction
  readonly call: CallableFunction
  readonly k: CallableFunction
  readonly rethrow: CallableFunction
  readonly steps: CallableFunction
  readonly hook: CallableFunction
  readonly warn: CallableFunction
  readonly panic: CallableFunction
  readonly gc: CallableFunction
  readonly reader: CallableFunction
  readonly writer: CallableFunction
  /** C functions that are {@link PlainKind}'s. */
  readonly plain: Readonly<Record<PlainKind, CallableFunction>>
  /** C functions that are {@link FastKind}'s. */
  readonly fast: Readonly<Record<FastKind, CallableFunction>>
  /** The continuations of wasm-loops.ts. */
  readonly sort_k: CallableFunction
  readonly gsub_k: CallableFunction
  readonly pushinteger: (L: number, n: number) => void
  readonly tointeger: (L: number, idx: number) => number
  /** REFUSED for nothing done, as for pcall. */
  readonly getglobal: (L: number, name: number) => number
  readonly pcall: (L: number, nargs: number, nresults: number) => number
  /** What the blocks of all states take of memory, in bytes. */
  readonly total: WebAssembly.Global
  /** What they may take, but for states that stay within their share, whose bound is `most`. */
  readonly pool: WebAssembly.Global
  readonly most: WebAssembly.Global
  /** The words of the state that is asking for memory, while it does; else 0. */
  readonly asking: WebAssembly.Global
  /** Set once: the continuations' places in Lua's function table, and texts. */
  readonly sort: WebAssembly.Global
  readonly gsub: WebAssembly.Global
  readonly order: WebAssembly.Global
  readonly replacement: WebAssembly.Global
  readonly bracket: WebAssembly.Global
  readonly tooMany: WebAssembly.Global
}

/** @param lua the exports of Lua's module */
export function makeShim(lua: WebAssembly.Exports, js: ShimCallbacks): Shim {
  const module = new WebAssembly.Module(readFileSync(shimWasm))
  const instance = new WebAssembly.Instance(module, { lua: { ...lua }, js: { ...js } })
  const { exports } = instance
  const named = (functions: object, prefix: string) =>
    Object.fromEntries(Object.keys(functions).map((field) => [field.slice(prefix.length), exports[field]]))
  const plain = named(plainFunctions, 'plain_')
  const fast = named(fastFunctions, 'fast_')
  return { ...exports, plain, fast } as unknown as Shim
}
