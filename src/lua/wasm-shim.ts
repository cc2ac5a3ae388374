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
// costs less here than in JavaScript, and does nothing then. The exports k, rethrow, steps, hook, warn, panic, gc,
// reader and writer are JavaScript's functions.

import { MOVE_MAX, REFUSED } from './api.js'
import { LAYOUT } from './wasm-layout.js'

/** lua.h's LUA_REGISTRYINDEX where LUAI_MAXSTACK is a million. */
export const LUA_REGISTRYINDEX = -1_001_000
const FIRST_UPVALUE = LUA_REGISTRYINDEX - 1
/** A limit that is none. */
export const UNLIMITED = 0x7fff_ffff

const i32 = 0x7f
const i64 = 0x7e
const f64 = 0x7c

const unsigned = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)])

const signed = (n: number): number[] => (n >= -0x40 && n < 0x40 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)])

const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()]
const name = (s: string) => vector([...Buffer.from(s)].map((byte) => [byte]))
const section = (id: number, items: readonly (readonly number[])[]) => {
  const content = vector(items)
  return [id, ...unsigned(content.length), ...content]
}
const type = (params: readonly number[], results: readonly number[]) => [
  0x60,
  ...vector(params.map((t) => [t])),
  ...vector(results.map((t) => [t])),
]

/** The functions that the module takes, by their names in Lua's module or, below them, in JavaScript. */
const luaImports = {
  realloc: type([i32, i32], [i32]),
  free: type([i32], []),
  lua_touserdata: type([i32, i32], [i32]),
  lua_pushinteger: type([i32, i64], []),
  lua_isinteger: type([i32, i32], [i32]),
  lua_tointegerx: type([i32, i32, i32], [i64]),
  lua_getglobal: type([i32, i32], [i32]),
  lua_pcallk: type([i32, i32, i32, i32, i32, i32], [i32]),
  lua_type: type([i32, i32], [i32]),
  lua_getmetatable: type([i32, i32], [i32]),
  lua_settop: type([i32, i32], []),
  lua_rawgeti: type([i32, i32, i64], [i32]),
}
const jsImports = {
  call: type([i32, i32], [i32]),
  k: type([i32, i32, i32], [i32]),
  rethrow: type([i32, i32, i32], [i32]),
  steps: type([i32], []),
  hook: type([i32, i32], []),
  warn: type([i32, i32, i32], []),
  panic: type([i32], [i32]),
  gc: type([i32], [i32]),
  freed: type([i32], []),
  reader: type([i32, i32, i32], [i32]),
  writer: type([i32, i32, i32, i32], [i32]),
}
const imports = [
  ...Object.entries(luaImports).map(([field, t]) => ({ module: 'lua', field, t })),
  ...Object.entries(jsImports).map(([field, t]) => ({ module: 'js', field, t })),
]
/** The type of a C function, which has that of the import `panic`. */
const callType = imports.findIndex(({ field }) => field === 'panic')
const indexOf = (module: string, field: string) =>
  imports.findIndex((entry) => entry.module === module && entry.field === field)

// Instructions.
const get = (local: number) => [0x20, local]
const set = (local: number) => [0x21, local]
const constant = (n: number) => [0x41, ...signed(n)]
const getGlobal = (name: keyof typeof globals) => [0x23, Object.keys(globals).indexOf(name)]
const setGlobal = (name: keyof typeof globals) => [0x24, Object.keys(globals).indexOf(name)]
const load = (offset: number) => [0x28, 2, offset]
const store = (offset: number) => [0x36, 2, offset]
const call = (module: string, field: string) => [0x10, ...unsigned(indexOf(module, field))]
const IF = [0x04, 0x40]
const IF_F64 = [0x04, f64]
const IF_I32 = [0x04, i32]
const LT_U = [0x49]
const LE_S = [0x4c]
const GT_S = [0x4a]
const GE_S = [0x4e]
const EQ = [0x46]
const SHR_S = [0x75]
const ELSE = [0x05]
const END = [0x0b]
const RETURN = [0x0f]
const EQZ = [0x45]
const NE = [0x47]
const GT_U = [0x4b]
const ADD = [0x6a]
const SUB = [0x6b]
const AND = [0x71]
const OR = [0x72]
const TRUNC_SAT_F64_S = [0xfc, 0x06]
const CONVERT_I64_S = [0xb9]
const NAN = [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]

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

// A function of the engine's own that is called where its arguments call nothing back: by its number in the block that
// the first upvalue is, whose fourth word is the own one's place in Lua's function table.
const LUA_TNUMBER = 3
const LUA_TTABLE = 5
const handle = [...get(0), ...constant(FIRST_UPVALUE), ...call('lua', 'lua_touserdata')]
const typeOf = (arg: number) => [...get(0), ...constant(arg), ...call('lua', 'lua_type')]
const pop = [...get(0), ...constant(-2), ...call('lua', 'lua_settop')]
const isAbsent = (arg: number) => [...typeOf(arg), ...constant(0), ...LE_S]
/** Whether a type is a number's or a string's, which follow each other. */
const isText = [...constant(LUA_TNUMBER), ...SUB, ...constant(2), ...LT_U]
const isPlainTable = (arg: number) => [
  ...[...typeOf(arg), ...constant(LUA_TTABLE), ...EQ, ...IF_I32],
  ...[...get(0), ...constant(arg), ...call('lua', 'lua_getmetatable'), ...IF_I32, ...pop, ...constant(0)],
  ...[...otherwise(1), ...otherwise(0)],
]
/** Whether from the second argument to the third there are fewer steps than {@link MOVE_MAX}. */
const integerOf = (arg: number) => [...get(0), ...constant(arg), ...constant(0), ...call('lua', 'lua_tointegerx')]
const isShort = [...integerOf(3), ...integerOf(2), 0x7d, 0x42, ...signed(MOVE_MAX), 0x53]
/** Whether a position is one that the engine's size_t has, from -2^29 on and below 2^29; one that is no integer is. */
const isNear = (arg: number) => [...integerOf(arg), 0x42, ...signed(1 << 29), 0x7c, 0x42, ...signed(1 << 30), 0x54]
const firstElement = [...get(0), ...constant(1), 0x42, 1, ...call('lua', 'lua_rawgeti')]
const plainOr = (isPlain: readonly number[]) => ({
  t: type([i32], [i32]),
  locals: 0,
  body: [
    ...[...isPlain, ...IF_I32, ...get(0), ...handle, ...load(12), 0x11, ...unsigned(callType), 0],
    ...[...ELSE, ...get(0), ...get(0), ...constant(FIRST_UPVALUE), ...call('lua', 'lua_touserdata'), ...load(4)],
    ...[...call('js', 'call'), ...END],
  ],
})

const [ud, ptr, osize, nsize, inUse, all, block] = [0, 1, 2, 3, 4, 5, 6]

/** The module's variables, words, and their first values. */
const globals = { total: 0, pool: UNLIMITED, most: UNLIMITED, asking: 0 }

/** What a block takes of memory: dlmalloc puts a word before it and rounds up to eight bytes. */
const cost = (size: number) => [...get(size), ...constant(11), ...ADD, ...constant(-8), ...AND]

/** Each function that the module defines: its type, how many i32 locals it has, its instructions. */
const functions = {
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
  plain_table: plainOr(isPlainTable(1)),
  plain_near: plainOr([...isNear(2), ...isNear(3), ...AND]),
  plain_move: plainOr([...isPlainTable(1), ...isAbsent(5), ...AND, ...isShort, ...AND]),
  plain_sort: plainOr([
    ...[...isPlainTable(1), ...isAbsent(2), ...AND, ...IF_I32, ...firstElement, ...pop, ...isText, ...otherwise(0)],
  ]),
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

function assemble(shared: boolean): Uint8Array<ArrayBuffer> {
  const defined = Object.entries(functions)
  const exported = [
    ...['k', 'rethrow', 'steps', 'hook', 'warn', 'panic', 'gc', 'reader', 'writer'].map(
      (field) => [field, 0x00, indexOf('js', field)] as const,
    ),
    ...defined.map(([field], i) => [field, 0x00, imports.length + i] as const),
    ...Object.keys(globals).map((field, i) => [field, 0x03, i] as const),
  ]
  const limits = shared ? [0x03, 0x00, ...unsigned(pagesMax)] : [0x00, 0x00]
  const memory = [...name('lua'), ...name('memory'), 0x02, ...limits]
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
  readonly plain_table: CallableFunction
  readonly plain_move: CallableFunction
  readonly plain_near: CallableFunction
  readonly plain_sort: CallableFunction
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
}

/** @param lua the exports of Lua's module */
export function makeShim(lua: WebAssembly.Exports, js: ShimCallbacks): Shim {
  const shared = (lua.memory as WebAssembly.Memory).buffer instanceof SharedArrayBuffer
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble(shared)), { lua, js: { ...js } })
  return instance.exports as unknown as Shim
}
