// The registry pattern: one object that lives across all calls and points to another request's buffer in each.
//
// Document: "The registry pattern", "lunatik_attach", "lunatik_getregistry", "lunatik_detach", function for function,
// with frame for its foo. The class is EXTERNAL: the object's private data are the kernel's bytes, which Lunatik
// neither makes nor frees. lua/myframe.lua reads and writes them in place; a frame that it keeps is a null pointer
// once the call is over.
import {
  default_llseek,
  ECANCELED,
  ENXIO,
  type file,
  LUA_OK,
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_PRIVATECHECKER,
  type loff_ref,
  lua_getglobal,
  lua_insert,
  lua_pcall,
  lua_pushinteger,
  lua_pushlstring,
  type lua_State,
  lua_tostring,
  luaL_argcheck,
  luaL_checkinteger,
  luaL_checklstring,
  luaL_optinteger,
  type luaL_Reg,
  lunatik_attach,
  type lunatik_class_t,
  lunatik_deleteobject,
  lunatik_detach,
  lunatik_getobject,
  lunatik_getregistry,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toobject,
  MISC_DYNAMIC_MINOR,
  misc_deregister,
  misc_register,
  type miscdevice,
  pr_fmt,
} from 'lunatik'
import { runtime_open, type runtime_pointer } from './common/runtime_device.js'
import { mydevice_release } from './mydevice.js'

const { pr_err } = pr_fmt('myframe')

const luaframe_check = LUNATIK_PRIVATECHECKER<Uint8Array>('luaframe_check')

/** #frame: how many bytes the request has. */
function luaframe_len(L: lua_State): number {
  lua_pushinteger(L, luaframe_check(L, 1).length)
  return 1
}

/** frame:get(): the request's bytes. */
function luaframe_get(L: lua_State): number {
  lua_pushlstring(L, luaframe_check(L, 1))
  return 1
}

/** frame:set(pos, bytes): puts bytes at pos, from 0. */
function luaframe_set(L: lua_State): number {
  const frame = luaframe_check(L, 1)
  const pos = Number(luaL_checkinteger(L, 2))
  const bytes = luaL_checklstring(L, 3)
  luaL_argcheck(L, pos >= 0 && pos + bytes.length <= frame.length, 2, 'out of bounds')
  frame.set(bytes, pos)
  return 0
}

const luaframe_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: luaframe_len },
  { name: 'get', func: luaframe_get },
  { name: 'set', func: luaframe_set },
]

const luaframe_class: lunatik_class_t<Uint8Array> = {
  name: 'frame',
  methods: luaframe_mt,
  opt: LUNATIK_OPT_EXTERNAL | LUNATIK_OPT_SINGLE,
}

const luaframe_classes = LUNATIK_CLASSES('frame', luaframe_class)
LUNATIK_NEWLIB('frame', [], luaframe_classes)

type frame_object = lunatik_object_t<Uint8Array>

const luaframe_new = (L: lua_State): frame_object => lunatik_newobject(L, luaframe_class, 0, LUNATIK_OPT_NONE)

/** Updates the wrapped pointer. */
function luaframe_reset(object: frame_object, buf: Uint8Array | null): void {
  object.private = buf
}

/** The hook's own reference on its runtime lets it detach after lunatik_stop. */
const hook: { runtime: lunatik_object_t | null; frame: frame_object | null } = { runtime: null, frame: null }

/** Registration: once, at set-up. */
function myframe_attach(L: lua_State): number {
  lunatik_attach(L, hook, 'frame', luaframe_new)
  return 0
}

/**
 * Use: on each read and write. Calls `callback(frame, off)`, which returns how many bytes, `def` if it says nothing.
 */
function l_call(L: lua_State, callback: string, def: number, buf: Uint8Array, len: number, off: loff_ref): number {
  lunatik_getregistry(L, hook.frame)
  const o = lunatik_toobject<Uint8Array>(L, -1)
  if (o === null) return -ENXIO
  luaframe_reset(o, buf.subarray(0, len))
  lua_getglobal(L, callback)
  lua_insert(L, -2)
  lua_pushinteger(L, off.value)
  const status = lua_pcall(L, 2, 1, 0) /* callback(frame, off) */
  luaframe_reset(o, null)
  if (status !== LUA_OK) {
    pr_err(lua_tostring(L, -1))
    return -ECANCELED
  }
  const ret = Math.max(0, Math.min(len, Number(luaL_optinteger(L, -1, def))))
  off.value += ret
  return ret
}

function myframe_read(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  return lunatik_run(f.private_data as lunatik_object_t, l_call, 'myread', 0, buf, len, off)
}

function myframe_write(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  return lunatik_run(f.private_data as lunatik_object_t, l_call, 'mywrite', len, buf, len, off)
}

const runtime: runtime_pointer = { value: null }

const myframe: miscdevice = {
  minor: MISC_DYNAMIC_MINOR,
  name: 'myframe',
  fops: {
    open: runtime_open(runtime),
    release: mydevice_release,
    read: myframe_read,
    write: myframe_write,
    llseek: default_llseek,
  },
  mode: 0o666,
}

async function myframe_init(): Promise<number> {
  let ret = lunatik_runtime(runtime, 'myframe', true)
  if (runtime.value !== null) {
    lunatik_getobject(runtime.value)
    hook.runtime = runtime.value
    ret = await lunatik_run(runtime.value, myframe_attach)
  }
  if (ret === 0) ret = misc_register(myframe)
  if (ret < 0) myframe_exit()
  return ret
}

/** Undoes what myframe_init has done, as far as it came. */
function myframe_exit(): void {
  misc_deregister(myframe)
  if (runtime.value !== null) lunatik_stop(runtime.value)
  runtime.value = null
  // Teardown: the state is closed by now, which lunatik_detach allows for.
  if (hook.runtime !== null) {
    lunatik_detach(hook.runtime, hook, 'frame')
    lunatik_putobject(hook.runtime)
  }
  hook.runtime = null
}

export { myframe_exit as cleanup_module, myframe_init as init_module }
