// One name, two contexts: a module with a process class and a hardirq class.
//
// Document: "LUNATIK_NEWLIB" and its example luafoo, function for function, with the constructor that it asks for:
// lunatik_checkruntime rejects a class whose context isn't the runtime's. The same script, lua/myfoo.lua, runs in a
// process runtime behind the device myfoo and in a hardirq runtime behind myfoo_hardirq, and require("foo") works in
// both.
import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_PRIVATECHECKER,
  lua_pushinteger,
  lua_pushstring,
  type lua_State,
  luaL_optstring,
  type luaL_Reg,
  lunatik_checkobject,
  lunatik_checkruntime,
  type lunatik_class_t,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_ishardirq,
  lunatik_newobject,
  type lunatik_opt_t,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
  misc_deregister,
  misc_register,
  type miscdevice,
  pr_fmt,
} from 'lunatik'
import { runtime_device, type runtime_pointer } from './common/runtime_device.js'

const { pr_info } = pr_fmt('myfoo')

/** struct foo_t { u32 calls; } */
const sizeof_foo_t = 4

const luafoo_check = LUNATIK_PRIVATECHECKER<ArrayBuffer>('luafoo_check')

/** foo:call(): the context of the object's class, and how often it was called. */
function luafoo_call(L: lua_State): number {
  const foo = new DataView(luafoo_check(L, 1))
  const { opt } = lunatik_checkobject(L, 1)
  foo.setUint32(0, foo.getUint32(0, true) + 1, true)
  lua_pushstring(L, lunatik_ishardirq(opt) ? 'hardirq' : 'process')
  lua_pushinteger(L, foo.getUint32(0, true))
  return 2
}

function luafoo_release(priv: ArrayBuffer): void {
  pr_info(`released after ${new DataView(priv).getUint32(0, true)} calls`)
}

const luafoo_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_closeobject },
  { name: 'close', func: lunatik_closeobject },
  { name: 'call', func: luafoo_call },
]

const luafoo_process_class: lunatik_class_t = {
  name: 'foo',
  methods: luafoo_mt,
  release: luafoo_release,
  opt: LUNATIK_OPT_SINGLE,
}

const luafoo_hardirq_class: lunatik_class_t = {
  name: 'foo',
  methods: luafoo_mt,
  release: luafoo_release,
  opt: LUNATIK_OPT_HARDIRQ | LUNATIK_OPT_SINGLE,
}

/** foo.new([context]): the class of the runtime's own context, or the one of that name, "process" or "hardirq". */
function luafoo_new(L: lua_State): number {
  const own = lunatik_ishardirq(lunatik_toruntime(L).opt) ? 'hardirq' : 'process'
  const cls = luaL_optstring(L, 1, own) === 'hardirq' ? luafoo_hardirq_class : luafoo_process_class
  lunatik_checkruntime(L, cls.opt)
  lunatik_newobject(L, cls, sizeof_foo_t, LUNATIK_OPT_NONE)
  return 1 /* object */
}

const luafoo_lib: luaL_Reg[] = [{ name: 'new', func: luafoo_new }]

const luafoo_classes = LUNATIK_CLASSES('foo', luafoo_process_class, luafoo_hardirq_class)
LUNATIK_NEWLIB('foo', luafoo_lib, luafoo_classes)

/** A device on a runtime of one context. */
interface Member {
  readonly opt: lunatik_opt_t
  readonly runtime: runtime_pointer
  readonly misc: miscdevice
}

function myfoo(name: string, opt: lunatik_opt_t): Member {
  const runtime: runtime_pointer = { value: null }
  return { opt, runtime, misc: runtime_device(name, runtime) }
}

const members = [myfoo('myfoo', LUNATIK_OPT_NONE), myfoo('myfoo_hardirq', LUNATIK_OPT_HARDIRQ)]

function myfoo_init(): number {
  let ret = 0
  for (const { opt, runtime, misc } of members) {
    if (ret === 0) ret = lunatik_runtime(runtime, 'myfoo', opt)
    if (ret === 0) ret = misc_register(misc)
  }
  if (ret < 0) myfoo_exit()
  return ret
}

/** Undoes what myfoo_init has done, as far as it came. */
function myfoo_exit(): void {
  for (const { runtime, misc } of [...members].reverse()) {
    misc_deregister(misc)
    if (runtime.value !== null) lunatik_stop(runtime.value)
    runtime.value = null
  }
}

export { myfoo_exit as cleanup_module, myfoo_init as init_module }
