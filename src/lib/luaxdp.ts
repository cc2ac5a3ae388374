// luaxdp.c: callbacks for packets, which an XDP program calls by the script's name. There is no program and no network
// card: packets are injected (inject_xdp.ts).
import { luaL_checktype, type luaL_Reg } from '../lua/lauxlib.js'
import { LUA_OK, LUA_TFUNCTION, LUA_TUSERDATA, type lua_State, lua_tointeger } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { LUNATIK_OPT_SOFTIRQ, type lunatik_object_t } from '../lunatik/lunatik_obj.js'
import { lunatik_toruntime } from '../lunatik/lunatik_private.js'
import {
  lunatik_attach,
  lunatik_getregistry,
  lunatik_register,
  lunatik_unregister,
} from '../lunatik/lunatik_registry.js'
import { lunatik_checkruntime } from '../lunatik/lunatik_userdata.js'
import { lunatik_pcall } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import type { task_struct } from '../sched.js'
import { callHook, type Deed, failedCallback, type hook_t, newHook, type Outcome } from './hooks.js'
import { luadata_clear, luadata_newexternal, type luadata_object, luadata_reset } from './luadata.js'

const { pr_err } = pr_fmt('luaxdp')

/** linux.xdp's verdicts. */
export const xdp_names: Readonly<Record<number, string>> = {
  0: 'ABORTED',
  1: 'DROP',
  2: 'PASS',
  3: 'TX',
  4: 'REDIRECT',
}

/** A runtime's callback: the key of it in the registry. */
interface luaxdp_t {
  readonly hook: hook_t
  buffer: luadata_object | null
  argument: luadata_object | null
}

/** The callbacks, by runtime. */
const attached = new WeakMap<lunatik_object_t, luaxdp_t>()

/** Whether a runtime has a callback. */
export const luaxdp_isattached = (runtime: lunatik_object_t): boolean =>
  runtime.private !== null && attached.has(runtime)

/** The Lua side of a packet, with the runtime locked. */
function luaxdp_handler(L: lua_State, outcome: Outcome, xdp: luaxdp_t, frame: Uint8Array, arg: Uint8Array) {
  if (lunatik_getregistry(L, xdp) !== LUA_TFUNCTION) {
    outcome.error = "couldn't find callback"
    pr_err(outcome.error)
    return 0
  }
  const given: [luadata_object | null, Uint8Array][] = [
    [xdp.buffer, frame],
    [xdp.argument, arg],
  ]
  for (const [object, bytes] of given) {
    if (object === null || lunatik_getregistry(L, object) !== LUA_TUSERDATA) {
      outcome.error = "couldn't find data"
      pr_err(outcome.error)
      return 0
    }
    luadata_reset(object, bytes)
  }
  return lunatik_pcall(L, 2, 1, (L, status) => {
    for (const [object] of given) luadata_clear(object as luadata_object)
    if (status === LUA_OK) outcome.result = Number(BigInt.asIntN(32, BigInt(lua_tointeger(L, -1))))
    else pr_err(failedCallback(L, outcome))
    return 0
  })
}

/**
 * Has a runtime's callback decide on a packet, whose bytes it may change: bpf_luaxdp_run. Its result is a verdict, or
 * what an XDP program makes of it.
 * @param arg what the program gives it beside the packet
 * @returns what it did; null where the runtime has no callback
 */
export function luaxdp_run(
  runtime: lunatik_object_t,
  frame: Uint8Array,
  arg: Uint8Array,
  task: task_struct,
): Deed | Promise<Deed> | null {
  const xdp = attached.get(runtime)
  if (xdp === undefined) return null
  return callHook(xdp.hook, 'packet', xdp_names, task, luaxdp_handler, xdp, frame, arg)
}

/** Takes a runtime's callback away. */
function forget(L: lua_State, runtime: lunatik_object_t): void {
  const xdp = attached.get(runtime)
  attached.delete(runtime)
  for (const key of [xdp, xdp?.buffer, xdp?.argument]) if (key !== undefined && key !== null) lunatik_unregister(L, key)
}

/** `xdp.detach()`: the runtime's callback hears of nothing any more. Nothing where there is none. */
function luaxdp_detach(L: lua_State): number {
  forget(L, lunatik_toruntime(L))
  return 0
}

/**
 * `xdp.attach(callback)`: has `callback(buffer, argument)` decide on packets: a verdict of linux.xdp. Both are data
 * objects, of the packet from the Ethernet header on, and of what the program gives. A runtime has one: another call
 * replaces it. For a softirq runtime.
 * @throws raises `runtime context mismatch`, `bad argument #1 to 'attach' (function expected, got U)`
 */
function luaxdp_attach(L: lua_State): number {
  const runtime = lunatik_checkruntime(L, LUNATIK_OPT_SOFTIRQ)
  luaL_checktype(L, 1, LUA_TFUNCTION)
  forget(L, runtime)
  const xdp: luaxdp_t = { hook: newHook(L), buffer: null, argument: null }
  lunatik_attach(L, xdp, 'buffer', luadata_newexternal)
  lunatik_attach(L, xdp, 'argument', luadata_newexternal)
  lunatik_register(L, 1, xdp)
  attached.set(runtime, xdp)
  return 0
}

const luaxdp_lib: luaL_Reg[] = [
  { name: 'attach', func: luaxdp_attach },
  { name: 'detach', func: luaxdp_detach },
]

LUNATIK_NEWLIB('xdp', luaxdp_lib, null)
