// A hook: a callback in Lua that sees each packet, and says whether it passes. What is written to the device myhook is
// a packet; reading it tells how many have passed.
//
// Document: "The registry pattern", "lunatik_registerobject", "lunatik_attach", "lunatik_getregistry",
// "lunatik_detach", "lunatik_setinteger", "lunatik_setstring". A port as C is written, after the manner of netfilter's
// hooks: the script's table of options is pinned in the registry at the hook, and so is one packet, which points to
// another buffer in each call. The script is lua/myhook.lua.
import {
  copy_to_user,
  default_llseek,
  EFAULT,
  type file,
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TTABLE,
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_PRIVATECHECKER,
  type loff_ref,
  lua_getfield,
  lua_pcall,
  lua_pop,
  lua_pushinteger,
  lua_pushlstring,
  type lua_State,
  lua_toboolean,
  lua_tostring,
  luaL_checktype,
  type luaL_Reg,
  lunatik_attach,
  lunatik_checkfield,
  lunatik_checkobject,
  type lunatik_class_t,
  lunatik_deleteobject,
  lunatik_detach,
  lunatik_getregistry,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_registerobject,
  lunatik_run,
  lunatik_runtime,
  lunatik_setinteger,
  lunatik_setruntime,
  lunatik_setstring,
  lunatik_stop,
  lunatik_unregisterobject,
  MISC_DYNAMIC_MINOR,
  misc_deregister,
  misc_register,
  type miscdevice,
  pr_fmt,
} from 'lunatik'
import { runtime_open, type runtime_pointer } from './common/runtime_device.js'
import { mydevice_release } from './mydevice.js'

const { pr_err } = pr_fmt('myhook')

/** The longest name of a hook, in bytes. */
const NAME_MAX = 15

type packet_object = lunatik_object_t<Uint8Array>

/** struct hook_t: what there is of each hook. */
interface hook_t {
  runtime: lunatik_object_t | null
  packet: packet_object | null
  name: string
  priority: number
}

/** The hooks that are registered, those of the least priority first. */
const hooks: hook_t[] = []
const stats = { accepted: 0, dropped: 0 }

const luapacket_check = LUNATIK_PRIVATECHECKER<Uint8Array>('luapacket_check')

/** #packet */
function luapacket_len(L: lua_State): number {
  lua_pushinteger(L, luapacket_check(L, 1).length)
  return 1
}

/** packet:get(): its bytes. */
function luapacket_get(L: lua_State): number {
  lua_pushlstring(L, luapacket_check(L, 1))
  return 1
}

const luapacket_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: luapacket_len },
  { name: 'get', func: luapacket_get },
]

/** A packet is the kernel's: it is there during the call alone. */
const luapacket_class: lunatik_class_t<Uint8Array> = {
  name: 'packet',
  methods: luapacket_mt,
  opt: LUNATIK_OPT_EXTERNAL | LUNATIK_OPT_SINGLE,
}

const luapacket_new = (L: lua_State): packet_object => lunatik_newobject(L, luapacket_class, 0, LUNATIK_OPT_NONE)

/** Updates the wrapped pointer. */
function luapacket_reset(packet: packet_object, buf: Uint8Array | null): void {
  packet.private = buf
}

/** Takes a hook out of the list. */
function hook_del(hook: hook_t): void {
  const at = hooks.indexOf(hook)
  if (at >= 0) hooks.splice(at, 1)
}

/** Runs once for each hook: when it is collected, or when its runtime stops, which lunatik_detach allows for. */
function luahook_release(hook: hook_t): void {
  hook_del(hook)
  if (hook.runtime !== null) lunatik_detach(hook.runtime, hook, 'packet')
}

/** hook:unregister(): it is not called again, and may be collected. */
function luahook_unregister(L: lua_State): number {
  const object = lunatik_checkobject<hook_t>(L, 1)
  if (object.private !== null) {
    lunatik_unregisterobject(L, object as lunatik_object_t)
    luahook_release(object.private)
  }
  return 0
}

const luahook_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'unregister', func: luahook_unregister },
]

const luahook_class: lunatik_class_t<hook_t> = {
  name: 'hook',
  methods: luahook_mt,
  release: luahook_release,
  opt: LUNATIK_OPT_SINGLE,
}

/** hook.register{name =, priority =, hook = function(packet)}: whether a packet passes is what the function returns. */
function luahook_register(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TTABLE)
  lunatik_checkfield(L, 1, 'hook', LUA_TFUNCTION)
  lua_pop(L, 1)

  const init: hook_t = { runtime: null, packet: null, name: '', priority: 0 }
  const object = lunatik_newobject(L, luahook_class, init, LUNATIK_OPT_NONE)
  const hook = object.private
  lunatik_setruntime(L, luahook_class, hook)
  lunatik_setinteger(L, 1, hook, 'priority')
  lunatik_setstring(L, 1, hook, 'name', NAME_MAX)
  lunatik_attach(L, hook, 'packet', luapacket_new)
  lunatik_registerobject(L, 1, object as lunatik_object_t)

  hooks.push(hook)
  hooks.sort((a, b) => a.priority - b.priority)
  return 1 /* object */
}

const luahook_lib: luaL_Reg[] = [{ name: 'register', func: luahook_register }]

const luahook_classes = LUNATIK_CLASSES('hook', luahook_class, luapacket_class)
LUNATIK_NEWLIB('hook', luahook_lib, luahook_classes)

/** Calls one hook, with its runtime's lock held. A hook that fails lets the packet pass. */
function luahook_call(L: lua_State, hook: hook_t, buf: Uint8Array): boolean {
  const { packet } = hook
  if (packet === null) return true
  luapacket_reset(packet, buf)

  lunatik_getregistry(L, hook) /* the table of options */
  lua_getfield(L, -1, 'hook')
  lunatik_getregistry(L, packet)
  const status = lua_pcall(L, 1, 1, 0) /* calls hook(packet) */
  luapacket_reset(packet, null)

  if (status !== LUA_OK) pr_err(`${hook.name}: ${lua_tostring(L, -1)}`)
  const pass = status !== LUA_OK || lua_toboolean(L, -1)
  lua_pop(L, 2)
  return pass
}

function l_write(L: lua_State, buf: Uint8Array, len: number, off: loff_ref): number {
  const packet = buf.subarray(0, len)
  const pass = [...hooks].every((hook) => luahook_call(L, hook, packet))
  if (pass) stats.accepted++
  else stats.dropped++
  off.value += len
  return len
}

function myhook_write(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  return lunatik_run(f.private_data as lunatik_object_t, l_write, buf, len, off)
}

function l_read(_L: lua_State, buf: Uint8Array, len: number, off: loff_ref): number {
  const text = Buffer.from(`accepted ${stats.accepted}\ndropped ${stats.dropped}\n`).subarray(off.value)
  const n = Math.min(len, text.length)
  if (copy_to_user(buf, text, n) !== 0) return -EFAULT
  off.value += n
  return n
}

function myhook_read(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  return lunatik_run(f.private_data as lunatik_object_t, l_read, buf, len, off)
}

const runtime: runtime_pointer = { value: null }

const myhook: miscdevice = {
  minor: MISC_DYNAMIC_MINOR,
  name: 'myhook',
  fops: {
    open: runtime_open(runtime),
    release: mydevice_release,
    read: myhook_read,
    write: myhook_write,
    llseek: default_llseek,
  },
  mode: 0o666,
}

function myhook_init(): number {
  let ret = lunatik_runtime(runtime, 'myhook', true)
  if (ret === 0) ret = misc_register(myhook)
  if (ret < 0) myhook_exit()
  return ret
}

/** Undoes what myhook_init has done, as far as it came. The hooks go with the runtime. */
function myhook_exit(): void {
  misc_deregister(myhook)
  if (runtime.value !== null) lunatik_stop(runtime.value)
  runtime.value = null
  stats.accepted = 0
  stats.dropped = 0
}

export { myhook_exit as cleanup_module, myhook_init as init_module }
