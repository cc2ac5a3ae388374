// Assembles WebAssembly, as much of it as wasm-shim.ts needs: the encodings, the instructions, and what its module
// takes from Lua's and from JavaScript.

export const i32 = 0x7f
export const i64 = 0x7e
export const f64 = 0x7c

export const unsigned = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)])

export const signed = (n: number): number[] =>
  n >= -0x40 && n < 0x40 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)]

export const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()]
export const name = (s: string) => vector([...Buffer.from(s)].map((byte) => [byte]))
export const section = (id: number, items: readonly (readonly number[])[]) => {
  const content = vector(items)
  return [id, ...unsigned(content.length), ...content]
}
export const type = (params: readonly number[], results: readonly number[]) => [
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
  lua_rawgetp: type([i32, i32, i32], [i32]),
  lua_tolstring: type([i32, i32, i32], [i32]),
  lua_rawlen: type([i32, i32], [i64]),
  lua_callk: type([i32, i32, i32, i32, i32], []),
  lua_pushvalue: type([i32, i32], []),
  lua_geti: type([i32, i32, i64], [i32]),
  lua_seti: type([i32, i32, i64], []),
  lua_newuserdatauv: type([i32, i32, i32], [i32]),
  lua_toboolean: type([i32, i32], [i32]),
  lua_isstring: type([i32, i32], [i32]),
  lua_typename: type([i32, i32], [i32]),
  lua_pushnil: type([i32], []),
  lua_pushstring: type([i32, i32], [i32]),
  lua_pushlstring: type([i32, i32, i32], [i32]),
  lua_concat: type([i32, i32], []),
  lua_copy: type([i32, i32, i32], []),
  lua_error: type([i32], [i32]),
  luaL_where: type([i32, i32], []),
  luaL_checkstack: type([i32, i32, i32], []),
  match: type([i32, i32, i32], [i32]),
  push_onecapture: type([i32, i32, i32, i32], []),
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
export const imports = [
  ...Object.entries(luaImports).map(([field, t]) => ({ module: 'lua', field, t })),
  ...Object.entries(jsImports).map(([field, t]) => ({ module: 'js', field, t })),
]
/** The type of a C function, which has that of the import `panic`. */
export const callType = unsigned(imports.findIndex(({ field }) => field === 'panic'))
export const indexOf = (module: string, field: string) =>
  imports.findIndex((entry) => entry.module === module && entry.field === field)

/** A limit that is none. */
export const UNLIMITED = 0x7fff_ffff

/**
 * The module's variables, words, and their first values. From `sort` on they are set once: continuations, by their
 * places in Lua's function table, and texts.
 */
export const globals = {
  ...{ total: 0, pool: UNLIMITED, most: UNLIMITED, asking: 0 },
  ...{ sort: 0, gsub: 0, order: 0, replacement: 0, bracket: 0, tooMany: 0 },
}
export const getGlobal = (name: keyof typeof globals) => [0x23, Object.keys(globals).indexOf(name)]
export const setGlobal = (name: keyof typeof globals) => [0x24, Object.keys(globals).indexOf(name)]

// Instructions.
export const get = (local: number) => [0x20, local]
export const set = (local: number) => [0x21, local]
export const constant = (n: number) => [0x41, ...signed(n)]
export const constant64 = (n: number) => [0x42, ...signed(n)]
export const tee = (local: number) => [0x22, local]
export const load = (offset: number) => [0x28, 2, ...unsigned(offset)]
export const load8 = (offset: number) => [0x2d, 0, ...unsigned(offset)]
export const load16 = (offset: number) => [0x2f, 1, ...unsigned(offset)]
export const load64 = (offset: number) => [0x29, 3, offset]
export const store = (offset: number) => [0x36, 2, ...unsigned(offset)]
export const store64 = (offset: number) => [0x37, 3, ...unsigned(offset)]
export const store8 = (offset: number) => [0x3a, 0, ...unsigned(offset)]
export const call = (module: string, field: string) => [0x10, ...unsigned(indexOf(module, field))]
export const IF = [0x04, 0x40]
export const IF_F64 = [0x04, f64]
export const IF_I32 = [0x04, i32]
export const BLOCK = [0x02, 0x40]
export const LOOP = [0x03, 0x40]
export const br = (depth: number) => [0x0c, depth]
export const BR_IF = (depth: number) => [0x0d, depth]
export const LT_S = [0x48]
export const LT_U = [0x49]
export const GE_U = [0x4f]
export const LT_S64 = [0x53]
export const LT_U64 = [0x54]
export const GE_U64 = [0x5a]
export const GT_U64 = [0x56]
export const SHL = [0x74]
export const SHR_U = [0x76]
export const SUB64 = [0x7d]
export const WRAP64 = [0xa7]
export const LE_S = [0x4c]
export const GT_S = [0x4a]
export const GE_S = [0x4e]
export const EQ = [0x46]
export const SHR_S = [0x75]
export const ELSE = [0x05]
export const END = [0x0b]
export const RETURN = [0x0f]
export const EQZ = [0x45]
export const NE = [0x47]
export const GT_U = [0x4b]
export const ADD = [0x6a]
export const SUB = [0x6b]
export const AND = [0x71]
export const OR = [0x72]
export const TRUNC_SAT_F64_S = [0xfc, 0x06]
export const CONVERT_I64_S = [0xb9]
export const NAN = [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
export const MUL = [0x6c]
export const DIV_U = [0x6e]
export const REM_U = [0x70]
export const GT_S64 = [0x55]
export const EXTEND64 = [0xad]
export const DROP = [0x1a]
export const UNREACHABLE = [0x00]
export const MEMORY_COPY = [0xfc, 0x0a, 0, 0]
