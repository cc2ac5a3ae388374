// luadata.c: blocks of memory, which runtimes may share.
//
// Integers have the host's byte order, which is little-endian. One of 64 bits that a number can't hold is the nearest
// (int64.ts). A size of 0, which crashes a kernel in resize, is refused as new refuses it.
import {
  luaL_argerror,
  luaL_checkinteger,
  luaL_checklstring,
  luaL_error,
  luaL_optinteger,
  luaL_optstring,
  type luaL_Reg,
} from '../lua/lauxlib.js'
import { type lua_CFunction, lua_pushinteger, lua_pushlstring, type lua_State } from '../lua/lua.js'
import {
  type FastKind,
  lua_freewindow,
  lua_lookat,
  lua_newwindow,
  lua_setwindow,
  type lua_Window,
} from '../lua/lua_windows.js'
import { lunatik_free, lunatik_malloc, lunatik_realloc } from '../lunatik/lunatik_mem.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_anyclass_t,
  type lunatik_class_t,
  type lunatik_object_t,
} from '../lunatik/lunatik_obj.js'
import {
  lunatik_checkobject,
  lunatik_deleteobject,
  lunatik_newobject,
  lunatik_require,
} from '../lunatik/lunatik_userdata.js'
import { int64_check, int64_push } from './int64.js'

/** The private data of an object. */
class luadata_t {
  /** Whether the memory is somebody else's, as a packet's is. */
  readonly external: boolean
  /** By which the engine finds it; null for none. */
  window: lua_Window | null = null
  /** Whether a script has written since it has this memory. */
  written = false
  #ptr: Uint8Array | null
  /** Where the bytes are while nobody has asked for {@link ptr}: of most packets the engine reads them by itself. */
  #memory: Uint8Array
  #begin = 0
  #length = 0

  /** @param ptr lunatik_malloc's memory, or that of somebody else */
  constructor(ptr: Uint8Array, external: boolean) {
    this.#ptr = ptr
    this.#memory = ptr
    this.external = external
  }

  get ptr(): Uint8Array {
    this.#ptr ??= this.#memory.subarray(this.#begin, this.#begin + this.#length)
    return this.#ptr
  }

  set ptr(ptr: Uint8Array) {
    this.#ptr = ptr
  }

  /** Has it be a part of other memory. */
  reset(memory: Uint8Array, begin: number, length: number): void {
    this.#memory = memory
    this.#begin = begin
    this.#length = length
    this.#ptr = null
    this.written = false
    if (this.window !== null) lua_lookat(this.window, memory, begin, length)
  }
}

/** The private data at `ix`: what LUNATIK_PRIVATECHECKER with class_check gives, with one look at the object. */
function luadata_check(L: lua_State, ix: number): luadata_t {
  const object = lunatik_checkobject<luadata_t | null>(L, ix)
  if (object.private === null) return luaL_argerror(L, ix, 'null pointer dereference')
  if ((object.class as lunatik_anyclass_t) !== luadata_class) return luaL_argerror(L, ix, 'invalid object')
  return object.private
}

const int64 = (ptr: Uint8Array, at: number): bigint =>
  new DataView(ptr.buffer, ptr.byteOffset, ptr.byteLength).getBigInt64(at, true)

/** Raises `out of bounds` for argument 2 unless there are `length` bytes at `offset`, and at least one. */
function checkBounds(L: lua_State, { ptr }: luadata_t, offset: number, length: number): void {
  if (offset < 0 || length <= 0 || offset + length > ptr.length) luaL_argerror(L, 2, 'out of bounds')
}

/** The integers of `bytes` bytes: how to read one, and how to write the low bytes of one. */
interface Integer {
  readonly name: string
  readonly bytes: number
  readonly fast: FastKind
  readonly read: (bytes: Uint8Array, at: number) => number | bigint
}

// Within bounds: a view of the bytes, for each read, would be dear.
const u8 = (bytes: Uint8Array, at: number): number => bytes[at] as number
const u16 = (bytes: Uint8Array, at: number): number => u8(bytes, at) | (u8(bytes, at + 1) << 8)
const s32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) | (u16(bytes, at + 2) << 16)

const integers: readonly Integer[] = [
  { name: 'byte', bytes: 1, fast: 'u8', read: u8 },
  { name: 'int8', bytes: 1, fast: 's8', read: (bytes, at) => (u8(bytes, at) << 24) >> 24 },
  { name: 'uint8', bytes: 1, fast: 'u8', read: u8 },
  { name: 'int16', bytes: 2, fast: 's16', read: (bytes, at) => (u16(bytes, at) << 16) >> 16 },
  { name: 'uint16', bytes: 2, fast: 'u16', read: u16 },
  { name: 'int32', bytes: 4, fast: 's32', read: s32 },
  { name: 'uint32', bytes: 4, fast: 'u32', read: (bytes, at) => s32(bytes, at) >>> 0 },
  { name: 'int64', bytes: 8, fast: 's64', read: int64 },
  { name: 'number', bytes: 8, fast: 's64', read: int64 },
]

/** data:get*(offset). Raises `out of bounds`. */
function getter({ bytes, read }: Integer): lua_CFunction {
  return (L) => {
    const data = luadata_check(L, 1)
    const offset = Number(luaL_checkinteger(L, 2))
    checkBounds(L, data, offset, bytes)
    const value = read(data.ptr, offset)
    if (typeof value === 'bigint') int64_push(L, value)
    else lua_pushinteger(L, value)
    return 1
  }
}

/** data:set*(offset, value): the upper bits of what is too large are dropped. Raises `out of bounds`. */
function setter({ bytes }: Integer): lua_CFunction {
  return (L) => {
    const data = luadata_check(L, 1)
    const offset = Number(luaL_checkinteger(L, 2))
    checkBounds(L, data, offset, bytes)
    const value = int64_check(L, 3)
    data.written = true
    for (let i = 0, rest = value; i < bytes; i++, rest >>= 8n) data.ptr[offset + i] = Number(rest & 0xffn)
    return 0
  }
}

/** data:getstring(offset [, length]): by default all to the end. Raises `out of bounds`, also for no bytes at all. */
function luadata_getstring(L: lua_State): number {
  const data = luadata_check(L, 1)
  const offset = Number(luaL_checkinteger(L, 2))
  const length = Number(luaL_optinteger(L, 3, data.ptr.length - offset))
  checkBounds(L, data, offset, length)
  lua_pushlstring(L, data.ptr.subarray(offset, offset + length))
  return 1
}

/** data:setstring(offset, s). Raises `out of bounds`, also for an empty string. */
function luadata_setstring(L: lua_State): number {
  const data = luadata_check(L, 1)
  const offset = Number(luaL_checkinteger(L, 2))
  const bytes = luaL_checklstring(L, 3)
  checkBounds(L, data, offset, bytes.length)
  data.ptr.set(bytes, offset)
  data.written = true
  return 0
}

/** data:checksum([offset [, length]]): the Internet checksum (RFC 1071) of the bytes, by default of all. */
function luadata_checksum(L: lua_State): number {
  const data = luadata_check(L, 1)
  const offset = Number(luaL_optinteger(L, 2, 0))
  const length = Number(luaL_optinteger(L, 3, data.ptr.length - offset))
  checkBounds(L, data, offset, length)
  let sum = 0
  for (let i = 0; i < length; i++) {
    sum += (data.ptr[offset + i] as number) << (i % 2 === 0 ? 0 : 8)
    if (sum > 0xffff) sum -= 0xffff
  }
  lua_pushinteger(L, ~sum & 0xffff)
  return 1
}

/** A number of bytes at `ix`, which lunatik_malloc will refuse if it is too large. */
function checkSize(L: lua_State, ix: number): number {
  const size = Number(int64_check(L, ix))
  return size > 0 && Number.isSafeInteger(size) ? size : luaL_error(L, 'not enough memory')
}

/** data:resize(size): what fits is kept, what is new is 0. Raises `not enough memory`, also for no bytes. */
function luadata_resize(L: lua_State): number {
  const data = luadata_check(L, 1)
  if (data.external) return luaL_error(L, 'cannot resize external memory')
  data.ptr = lunatik_realloc(L, data.ptr, checkSize(L, 2)) ?? luaL_error(L, 'not enough memory')
  return 0
}

function luadata_length(L: lua_State): number {
  lua_pushinteger(L, luadata_check(L, 1).ptr.length)
  return 1
}

/** tostring(data): its bytes. */
function luadata_tostring(L: lua_State): number {
  lua_pushlstring(L, luadata_check(L, 1).ptr)
  return 1
}

function luadata_release({ ptr, external, window }: luadata_t): void {
  if (!external) lunatik_free(ptr)
  if (window !== null) lua_freewindow(window)
}

const luadata_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: luadata_length },
  { name: '__tostring', func: luadata_tostring },
  ...integers.map((integer) => ({ name: `get${integer.name}`, func: getter(integer), fast: integer.fast })),
  ...integers.map((integer) => ({ name: `set${integer.name}`, func: setter(integer) })),
  { name: 'getstring', func: luadata_getstring, fast: 'string' },
  { name: 'setstring', func: luadata_setstring },
  { name: 'checksum', func: luadata_checksum },
  { name: 'resize', func: luadata_resize },
]

const luadata_class: lunatik_class_t<luadata_t> = {
  name: 'data',
  methods: luadata_mt,
  release: luadata_release,
  opt: LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_MONITOR,
}

const options = new Map([
  ['shared', LUNATIK_OPT_NONE],
  ['single', LUNATIK_OPT_SINGLE],
])

/**
 * data.new(size [, "shared" | "single"]): zeroed memory. A single one can't be given to another runtime, and its
 * methods take no lock.
 * @throws raises `not enough memory`, also for a size that is not positive; `invalid option 'x'`
 */
function luadata_new(L: lua_State): number {
  const size = int64_check(L, 1)
  const name = luaL_optstring(L, 2, 'shared')
  const opt = options.get(name)
  if (opt === undefined) return luaL_argerror(L, 2, `invalid option '${name}'`)
  const ptr = lunatik_malloc(L, size > 0n ? Number(size) : -1) ?? luaL_error(L, 'not enough memory')
  lunatik_newobject<luadata_t>(L, luadata_class, new luadata_t(ptr, false), opt)
  return 1 /* object */
}

const luadata_lib: luaL_Reg[] = [{ name: 'new', func: luadata_new }]

const luadata_classes = LUNATIK_CLASSES('data', luadata_class)
LUNATIK_NEWLIB('data', luadata_lib, luadata_classes)

/** A data object of memory that is somebody else's. */
export type luadata_object = lunatik_object_t<luadata_t>

const nothing = new Uint8Array(0)

/**
 * Pushes a data object for memory that is somebody else's, of which there is none yet. It can't be given to another
 * runtime. Upstream: `luadata_new`. [-0, +1, v]
 */
export function luadata_newexternal(L: lua_State): luadata_object {
  lunatik_require(L, luadata_class)
  const data = new luadata_t(nothing, true)
  const object = lunatik_newobject<luadata_t>(L, luadata_class, data, LUNATIK_OPT_SINGLE)
  // Where an object could not be made there is nobody to give it back.
  data.window = lua_newwindow()
  lua_setwindow(L, -1, data.window)
  return object
}

/** Has a data object be that of other memory, or a part of it. Upstream: `luadata_reset`. */
export function luadata_reset(
  { private: data }: luadata_object,
  memory: Uint8Array,
  begin = 0,
  length = memory.length,
): void {
  data?.reset(memory, begin, length)
}

/** Whether a script has written to its memory. */
export const luadata_iswritten = ({ private: data }: luadata_object): boolean => data?.written ?? false

/** Takes a data object's memory away: whoever uses it is out of bounds. Upstream: `luadata_clear`. */
export const luadata_clear = (object: luadata_object): void => luadata_reset(object, nothing)
