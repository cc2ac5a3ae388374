// A private class: an object that one runtime makes for itself and never shares.
//
// Document: "lunatik_class_t" (LUNATIK_OPT_SINGLE), "lunatik_newobject", "LUNATIK_PRIVATECHECKER", "LUNATIK_CLASSES",
// "LUNATIK_NEWLIB". The script, lua/mycounter.lua, gets the class with require("counter"). The object's private data
// are `size` zeroed bytes, C's struct; a DataView stands for the pointer to it.
import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_PRIVATECHECKER,
  lua_pushinteger,
  type lua_State,
  luaL_argcheck,
  luaL_checkinteger,
  luaL_optinteger,
  type luaL_Reg,
  type lunatik_class_t,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
  lunatik_runtime,
  lunatik_stop,
  misc_deregister,
  misc_register,
  pr_fmt,
} from 'lunatik'
import { runtime_device, type runtime_pointer } from './common/runtime_device.js'

const { pr_info } = pr_fmt('mycounter')

/** struct counter_t { s32 value; s32 step; }: offsets of its fields, and its size. */
const counter_value = 0
const counter_step = 4
const sizeof_counter_t = 8

/** What a pointer to a counter_t is in C. */
const counter_t = (priv: ArrayBuffer) => new DataView(priv)

/** The private data of argument `ix`, unless it is closed or, the extra check, frozen. */
const luacounter_check = LUNATIK_PRIVATECHECKER<ArrayBuffer>('luacounter_check', (L, ix, priv) => {
  luaL_argcheck(L, counter_t(priv).getInt32(counter_step, true) !== 0, ix, 'counter is frozen')
})

/** counter:next(): moves by a step and gives the new value. */
function luacounter_next(L: lua_State): number {
  const counter = counter_t(luacounter_check(L, 1))
  const value = counter.getInt32(counter_value, true) + counter.getInt32(counter_step, true)
  counter.setInt32(counter_value, value, true)
  lua_pushinteger(L, counter.getInt32(counter_value, true))
  return 1
}

/** counter:set(value) */
function luacounter_set(L: lua_State): number {
  counter_t(luacounter_check(L, 1)).setInt32(counter_value, Number(luaL_checkinteger(L, 2)), true)
  return 0
}

/** counter:freeze(): every further call of a method but close raises. */
function luacounter_freeze(L: lua_State): number {
  counter_t(luacounter_check(L, 1)).setInt32(counter_step, 0, true)
  return 0
}

/** Runs once for each object: when it is closed, collected, or when its runtime stops. */
function luacounter_release(priv: ArrayBuffer): void {
  pr_info(`released at ${counter_t(priv).getInt32(counter_value, true)}`)
}

const luacounter_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_closeobject },
  { name: 'close', func: lunatik_closeobject },
  { name: 'next', func: luacounter_next },
  { name: 'set', func: luacounter_set },
  { name: 'freeze', func: luacounter_freeze },
]

const luacounter_class: lunatik_class_t = {
  name: 'counter',
  methods: luacounter_mt,
  release: luacounter_release,
  opt: LUNATIK_OPT_SINGLE,
}

/** counter.new([value [, step]]): 0 and 1 by default. */
function luacounter_new(L: lua_State): number {
  const value = Number(luaL_optinteger(L, 1, 0))
  const step = Number(luaL_optinteger(L, 2, 1))
  luaL_argcheck(L, step !== 0, 2, 'step is 0')
  const object = lunatik_newobject(L, luacounter_class, sizeof_counter_t, LUNATIK_OPT_NONE)
  const counter = counter_t(object.private)
  counter.setInt32(counter_value, value, true)
  counter.setInt32(counter_step, step, true)
  return 1 /* object */
}

const luacounter_lib: luaL_Reg[] = [{ name: 'new', func: luacounter_new }]

const luacounter_classes = LUNATIK_CLASSES('counter', luacounter_class)
LUNATIK_NEWLIB('counter', luacounter_lib, luacounter_classes)

const runtime: runtime_pointer = { value: null }

const mycounter = runtime_device('mycounter', runtime)

function mycounter_init(): number {
  let ret = lunatik_runtime(runtime, 'mycounter', true)
  if (ret === 0) ret = misc_register(mycounter)
  if (ret < 0) mycounter_exit()
  return ret
}

/** Undoes what mycounter_init has done, as far as it came. */
function mycounter_exit(): void {
  misc_deregister(mycounter)
  if (runtime.value !== null) lunatik_stop(runtime.value)
  runtime.value = null
}

export { mycounter_exit as cleanup_module, mycounter_init as init_module }
