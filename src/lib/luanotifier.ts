// luanotifier.c: callbacks of the kernel's chains of notifiers. No kernel is behind them: their events are injected
// (inject.ts). The machine's own network devices are told to a new notifier, as register_netdevice_notifier does.
//
// A netdevice callback may sleep, also while it is told of them; on a kernel that holds up everybody's rtnl_lock.
import { luaL_checktype, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TFUNCTION,
  lua_pop,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushstring,
  lua_pushvalue,
  type lua_State,
  lua_tointeger,
  lua_tostring,
} from '../lua/lua.js'
import { type Steps, stepPcall, stepwise } from '../lua/lua_steps.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  type lunatik_class_t,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import {
  lunatik_getregistry,
  lunatik_registerobject,
  lunatik_unregister,
  lunatik_unregisterobject,
} from '../lunatik/lunatik_registry.js'
import {
  lunatik_checkobject,
  lunatik_checkruntime,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { lunatik_pcall } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import type { task_struct } from '../sched.js'
import { callHook, type Deed, failedCallback, type hook_t, newHook } from './hooks.js'
import { for_each_netdev, type net_device } from './netdevice.js'
import { NOTIFY_DONE, NOTIFY_OK, notifier_head, notifier_to_errno, notify_names } from './notifier_chain.js'

const { pr_err } = pr_fmt('luanotifier')

/** linux/keyboard.h: keyboard_notifier_param. */
export interface keyboard_notifier_param {
  readonly down: boolean
  /** Which modifiers are held: bits of KG_SHIFT and so on. */
  readonly shift: number
  readonly value: number
}

/** linux/vt_kern.h: vt_notifier_param. */
export interface vt_notifier_param {
  readonly c: number
  readonly vc_num: number
}

export const keyboard_notifier_list = new notifier_head<keyboard_notifier_param>()
export const vt_notifier_list = new notifier_head<vt_notifier_param>()
export const netdev_chain = new notifier_head<net_device>()

/** A notifier. */
interface luanotifier_t {
  /** Null where the constructor has refused the context. */
  hook: hook_t | null
  unregister: (() => void) | null
}

/** A kind of notifiers. */
interface Chain<T> {
  readonly head: notifier_head<T>
  readonly class: () => lunatik_class_t<luanotifier_t>
  /** Pushes what a callback gets behind the event, and returns how many values that are. */
  readonly push: (L: lua_State, data: T) => number
}

/** The callback's result, as C's int. */
const resultOf = (L: lua_State): number => Number(BigInt.asIntN(32, BigInt(lua_tointeger(L, -1))))

/** The Lua side of an event, with the runtime locked. */
function luanotifier_handler<T>(
  L: lua_State,
  notifier: luanotifier_t,
  { push }: Chain<T>,
  event: number,
  data: T,
  outcome: { result: number | null; error: string | null },
): number | Promise<number> {
  if (lunatik_getregistry(L, notifier) !== LUA_TFUNCTION) {
    outcome.result = NOTIFY_DONE
    return 0
  }
  lua_pushinteger(L, event)
  return lunatik_pcall(L, 1 + push(L, data), 1, (L, status) => {
    if (status === LUA_OK) outcome.result = resultOf(L)
    else pr_err(failedCallback(L, outcome))
    return 0
  })
}

/** `notifier:stop()`: the callback hears of nothing any more. Works in any context, and again. */
function luanotifier_stop(L: lua_State): number {
  const object = lunatik_checkobject<luanotifier_t | null>(L, 1)
  if (object.private !== null) lunatik_unregister(L, object.private)
  return 0
}

function luanotifier_release({ hook, unregister }: luanotifier_t): void {
  unregister?.()
  if (hook !== null) lunatik_putobject(hook.runtime)
}

const luanotifier_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'stop', func: luanotifier_stop },
]

const luanotifier_process_class: lunatik_class_t<luanotifier_t> = {
  name: 'notifier',
  methods: luanotifier_mt,
  release: luanotifier_release,
  opt: LUNATIK_OPT_SINGLE,
}

const luanotifier_hardirq_class: lunatik_class_t<luanotifier_t> = {
  name: 'notifier',
  methods: luanotifier_mt,
  release: luanotifier_release,
  opt: LUNATIK_OPT_HARDIRQ | LUNATIK_OPT_SINGLE,
}

/** Makes the object of a notifier whose callback is argument 1, and registers it in Lua: not yet in the chain. */
function newNotifier<T>(L: lua_State, chain: Chain<T>): lunatik_object_t<luanotifier_t> & { private: luanotifier_t } {
  luaL_checktype(L, 1, LUA_TFUNCTION)
  const cls = chain.class()
  const object = lunatik_newobject<luanotifier_t>(L, cls, { hook: null, unregister: null }, LUNATIK_OPT_NONE)
  lunatik_checkruntime(L, cls.opt)
  object.private.hook = newHook(L)
  lunatik_getobject(object.private.hook.runtime)
  lunatik_registerobject(L, 1, object)
  return object
}

/** Enters a notifier in its chain. */
function enter<T>(notifier: luanotifier_t, chain: Chain<T>): void {
  const { head } = chain
  const nb = {
    notifier_call: (event: number, data: T, name: string, task: task_struct): Deed | Promise<Deed> =>
      callHook(notifier.hook as hook_t, name, notify_names, task, (L, outcome) =>
        luanotifier_handler(L, notifier, chain, event, data, outcome),
      ),
  }
  head.register(nb)
  notifier.unregister = () => head.unregister(nb)
}

const keyboard: Chain<keyboard_notifier_param> = {
  head: keyboard_notifier_list,
  class: () => luanotifier_hardirq_class,
  push: (L, { down, shift, value }) => {
    lua_pushboolean(L, down)
    lua_pushboolean(L, shift !== 0)
    lua_pushinteger(L, value)
    return 3
  },
}

const vt: Chain<vt_notifier_param> = {
  head: vt_notifier_list,
  class: () => luanotifier_hardirq_class,
  push: (L, { c, vc_num }) => {
    lua_pushinteger(L, c)
    lua_pushinteger(L, vc_num)
    return 2
  },
}

const netdevice: Chain<net_device> = {
  head: netdev_chain,
  class: () => luanotifier_process_class,
  push: (L, { name }) => {
    lua_pushstring(L, name)
    return 1
  },
}

/**
 * `notifier.keyboard(callback)`: has `callback(event, down, shift, value)` hear of keys; its result is one of
 * linux.notify. For a hardirq runtime.
 * @throws raises `bad argument #1 to 'keyboard' (function expected, got U)`, `runtime context mismatch`
 */
function luanotifier_keyboard(L: lua_State): number {
  enter(newNotifier(L, keyboard).private, keyboard)
  return 1
}

/**
 * `notifier.vterm(callback)`: has `callback(event, c, vc_num)` hear of virtual terminals. For a hardirq runtime.
 * @throws raises as keyboard does
 */
function luanotifier_vt(L: lua_State): number {
  enter(newNotifier(L, vt).private, vt)
  return 1
}

const NETDEV_UP = 1
const NETDEV_DOWN = 2
const NETDEV_REGISTER = 5
const NETDEV_UNREGISTER = 6
const NETDEV_GOING_DOWN = 10

/** Tells the callback, argument 1, of a device that was there before; gives what it returned. */
function* tellOf(L: lua_State, event: number, { name }: net_device): Steps {
  lua_pushvalue(L, 1)
  lua_pushinteger(L, event)
  lua_pushstring(L, name)
  const status = yield* stepPcall(2, 1)
  const ret = status === LUA_OK ? resultOf(L) : NOTIFY_OK
  if (status !== LUA_OK) pr_err(lua_tostring(L, -1) ?? '(null)')
  lua_pop(L, 1)
  return ret
}

/**
 * `notifier.netdevice(callback)`: has `callback(event, name)` hear of network devices. It hears of those that are there
 * at once: that each was registered, and is up, where it is. For a process runtime.
 * @throws raises `bad argument #1 to 'netdevice' (function expected, got U)`; `couldn't create notifier` where the
 *   callback refuses one; `'notifier': process-context class in interrupt-context runtime`
 */
function* luanotifier_netdevice(L: lua_State): Steps {
  const object = newNotifier(L, netdevice)
  const told: net_device[] = []
  for (const dev of for_each_netdev()) {
    if (notifier_to_errno(yield* tellOf(L, NETDEV_REGISTER, dev)) !== 0) {
      for (const before of told.reverse()) {
        if (before.up) for (const event of [NETDEV_GOING_DOWN, NETDEV_DOWN]) yield* tellOf(L, event, before)
        yield* tellOf(L, NETDEV_UNREGISTER, before)
      }
      lunatik_unregisterobject(L, object as lunatik_object_t)
      return luaL_error(L, "couldn't create notifier")
    }
    told.push(dev)
    if (dev.up) yield* tellOf(L, NETDEV_UP, dev)
  }
  if (object.private !== null) enter(object.private, netdevice)
  return 1
}

const luanotifier_lib: luaL_Reg[] = [
  { name: 'netdevice', func: stepwise(luanotifier_netdevice) },
  { name: 'keyboard', func: luanotifier_keyboard },
  { name: 'vterm', func: luanotifier_vt },
]

const luanotifier_classes = LUNATIK_CLASSES('notifier', luanotifier_process_class, luanotifier_hardirq_class)
LUNATIK_NEWLIB('notifier', luanotifier_lib, luanotifier_classes)
