// A ring of bytes that two runtimes share: one puts in what is written to the device myring_in, the other takes out
// what is read from myring_out.
//
// Document: "lunatik_createobject", "lunatik_cloneobject", "lunatik_class_t" (LUNATIK_OPT_MONITOR). A port as C is
// written: the object's private data are sizeof(ring_t) zeroed bytes, read and written in place; the lock that MONITOR
// takes around each method is the only one there is. The scripts are lua/myring_in.lua and lua/myring_out.lua.
import {
  EAGAIN,
  ENOMEM,
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPENER,
  LUNATIK_OPT_MONITOR,
  LUNATIK_PRIVATECHECKER,
  lua_pushinteger,
  type lua_State,
  lua_setglobal,
  luaL_addchar,
  luaL_Buffer,
  luaL_buffinit,
  luaL_checklstring,
  luaL_pushresult,
  type luaL_Reg,
  lunatik_checkinteger,
  type lunatik_class_t,
  lunatik_createobject,
  lunatik_deleteobject,
  type lunatik_object_t,
  lunatik_pushobject,
  lunatik_putobject,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_throw,
  misc_deregister,
  misc_register,
  type miscdevice,
} from 'lunatik'
import { runtime_device, type runtime_pointer } from './common/runtime_device.js'

/** How many bytes the ring holds: a power of two, so that its counters may wrap around. */
const RING_SIZE = 4096
const ring_mask = RING_SIZE - 1

/** struct ring_t { u32 head; u32 tail; u8 data[RING_SIZE]; }: offsets of its fields, and its size. */
const ring_head = 0
const ring_tail = 4
const ring_data = 8
const sizeof_ring_t = ring_data + RING_SIZE

/** What a pointer to a ring_t is in C. */
const ring_t = (priv: ArrayBuffer) => new DataView(priv)

const luaring_check = LUNATIK_PRIVATECHECKER<ArrayBuffer>('luaring_check')

/** How many bytes are in the ring. */
const ring_count = (ring: DataView) => (ring.getUint32(ring_head, true) - ring.getUint32(ring_tail, true)) >>> 0

/** #ring */
function luaring_len(L: lua_State): number {
  lua_pushinteger(L, ring_count(ring_t(luaring_check(L, 1))))
  return 1
}

/**
 * ring:push(bytes): puts in what there is room for, and gives how many bytes that was. Raises EAGAIN when it is full.
 */
function luaring_push(L: lua_State): number {
  const ring = ring_t(luaring_check(L, 1))
  const bytes = luaL_checklstring(L, 2)
  const n = Math.min(bytes.length, RING_SIZE - ring_count(ring))
  if (n === 0 && bytes.length > 0) lunatik_throw(L, -EAGAIN)

  let head = ring.getUint32(ring_head, true)
  for (let i = 0; i < n; i++) ring.setUint8(ring_data + (head++ & ring_mask), bytes[i] as number)
  ring.setUint32(ring_head, head, true)

  lua_pushinteger(L, n)
  return 1
}

/** ring:pop(n): takes out n bytes, or what there is. */
function luaring_pop(L: lua_State): number {
  const ring = ring_t(luaring_check(L, 1))
  const n = Math.min(lunatik_checkinteger(L, 2, 0, 0x7fff_ffff), ring_count(ring))

  const B = new luaL_Buffer()
  luaL_buffinit(L, B)
  let tail = ring.getUint32(ring_tail, true)
  for (let i = 0; i < n; i++) luaL_addchar(B, ring.getUint8(ring_data + (tail++ & ring_mask)))
  ring.setUint32(ring_tail, tail, true)
  luaL_pushresult(B)
  return 1
}

const luaring_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: luaring_len },
  { name: 'push', func: luaring_push },
  { name: 'pop', func: luaring_pop },
]

const luaring_class: lunatik_class_t = {
  name: 'ring',
  methods: luaring_mt,
  opener: LUNATIK_OPENER('ring'),
  opt: LUNATIK_OPT_MONITOR,
}

// No function: scripts get the ring from the module.
const luaring_classes = LUNATIK_CLASSES('ring', luaring_class)
LUNATIK_NEWLIB('ring', [], luaring_classes)

let ring: lunatik_object_t | null = null

/** Gives a script the ring, with a reference of its userdata's. */
function l_share(L: lua_State, ring: lunatik_object_t): number {
  lunatik_pushobject(L, ring)
  lua_setglobal(L, 'ring')
  return 0
}

/** A script, its runtime and its device. */
interface end_t {
  readonly script: string
  readonly runtime: runtime_pointer
  readonly misc: miscdevice
}

function ring_end(script: string): end_t {
  const runtime: runtime_pointer = { value: null }
  return { script, runtime, misc: runtime_device(script, runtime) }
}

const ends = [ring_end('myring_in'), ring_end('myring_out')]

async function start({ script, runtime, misc }: end_t, ring: lunatik_object_t): Promise<number> {
  let ret = lunatik_runtime(runtime, script, true)
  if (runtime.value !== null) ret = await lunatik_run(runtime.value, l_share, ring)
  return ret < 0 ? ret : misc_register(misc)
}

async function myring_init(): Promise<number> {
  ring = lunatik_createobject(luaring_class, sizeof_ring_t, LUNATIK_OPT_MONITOR)
  if (ring === null) return -ENOMEM
  let ret = 0
  for (const end of ends) if (ret === 0) ret = await start(end, ring)
  if (ret < 0) myring_exit()
  return ret
}

/** Undoes what myring_init has done, as far as it came. */
function myring_exit(): void {
  for (const { runtime, misc } of [...ends].reverse()) {
    misc_deregister(misc)
    if (runtime.value !== null) lunatik_stop(runtime.value)
    runtime.value = null
  }
  if (ring !== null) lunatik_putobject(ring)
  ring = null
}

export { myring_exit as cleanup_module, myring_init as init_module }
