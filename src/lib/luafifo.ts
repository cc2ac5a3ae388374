// luafifo.c: queues of bytes, linux/kfifo.h, which runtimes may share.
//
// pop gives what there is, however much it is asked for; upstream's recorded version allocates as much as it is asked.

import { EINVAL, ENOMEM } from '../errno.js'
import { luaL_argcheck, luaL_checkinteger, luaL_checklstring, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_pushinteger, lua_pushlstring, type lua_State } from '../lua/lua.js'
import { lunatik_free, lunatik_malloc } from '../lunatik/lunatik_mem.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
} from '../lunatik/lunatik_obj.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import { int64_check } from './int64.js'

/** A ring of bytes. */
interface kfifo {
  /** A power of two of bytes, lunatik_malloc's; null until there are. */
  data: Uint8Array | null
  /** Where the first byte is. */
  out: number
  /** How many bytes there are. */
  len: number
}

const luafifo_check = LUNATIK_PRIVATECHECKER<kfifo>(
  'luafifo_check',
  class_check(() => luafifo_class),
)

/** The largest power of two that an unsigned int holds: what is to be rounded up beyond it becomes 0. */
const roundMax = 2 ** 31

/** Gives a fifo room for `size` bytes, an unsigned int, rounded up to a power of two. Returns 0, -EINVAL or -ENOMEM. */
function kfifo_alloc(L: lua_State, fifo: kfifo, size: number): number {
  if (size < 2 || size > roundMax) return -EINVAL
  fifo.data = lunatik_malloc(L, 2 ** Math.ceil(Math.log2(size)))
  return fifo.data === null ? -ENOMEM : 0
}

/** fifo:push(data): all of data. Raises `not enough space`, and then nothing is pushed. */
function luafifo_push(L: lua_State): number {
  const fifo = luafifo_check(L, 1)
  const data = fifo.data as Uint8Array
  const bytes = luaL_checklstring(L, 2)
  luaL_argcheck(L, bytes.length <= data.length - fifo.len, 2, 'not enough space')
  const begin = (fifo.out + fifo.len) % data.length
  const first = Math.min(bytes.length, data.length - begin)
  data.set(bytes.subarray(0, first), begin)
  data.set(bytes.subarray(first), 0)
  fifo.len += bytes.length
  return 0
}

/**
 * fifo:pop(size): takes up to size bytes.
 * @returns in Lua, the bytes and how many they are
 * @throws raises `resulting string too large` for a negative size
 */
function luafifo_pop(L: lua_State): number {
  const fifo = luafifo_check(L, 1)
  const data = fifo.data as Uint8Array
  const size = Number(luaL_checkinteger(L, 2))
  if (size < 0) luaL_error(L, 'resulting string too large')
  const taken = Math.min(size, fifo.len)
  const first = Math.min(taken, data.length - fifo.out)
  const bytes = new Uint8Array(taken)
  bytes.set(data.subarray(fifo.out, fifo.out + first))
  bytes.set(data.subarray(0, taken - first), first)
  fifo.out = (fifo.out + taken) % data.length
  fifo.len -= taken
  lua_pushlstring(L, bytes)
  lua_pushinteger(L, taken)
  return 2
}

function luafifo_release({ data }: kfifo): void {
  lunatik_free(data)
}

const luafifo_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_closeobject },
  { name: 'close', func: lunatik_closeobject },
  { name: 'push', func: luafifo_push },
  { name: 'pop', func: luafifo_pop },
]

const luafifo_class: lunatik_class_t<kfifo> = {
  name: 'fifo',
  methods: luafifo_mt,
  release: luafifo_release,
  opt: LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_MONITOR,
}

/**
 * fifo.new(size): an empty queue with room for size bytes, rounded up to a power of two. As on a kernel only size
 * modulo 2^32 counts.
 * @throws raises `failed to allocate kfifo (-22)` for less than 2 bytes or more than 2^31, `(-12)` where memory is insufficient
 */
function luafifo_new(L: lua_State): number {
  const size = Number(BigInt.asUintN(32, int64_check(L, 1)))
  const fifo: kfifo = { data: null, out: 0, len: 0 }
  lunatik_newobject<kfifo>(L, luafifo_class, fifo, LUNATIK_OPT_NONE)
  const ret = kfifo_alloc(L, fifo, size)
  if (ret < 0) luaL_error(L, `failed to allocate kfifo (${ret})`)
  return 1 /* object */
}

const luafifo_lib: luaL_Reg[] = [{ name: 'new', func: luafifo_new }]

const luafifo_classes = LUNATIK_CLASSES('fifo', luafifo_class)
LUNATIK_NEWLIB('fifo', luafifo_lib, luafifo_classes)
