// luanetfilter.c: hooks on the way of packets. No packet of this machine comes to them: they are injected (inject.ts).
import { luaL_checktype, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TFUNCTION,
  LUA_TTABLE,
  LUA_TUSERDATA,
  lua_getfield,
  lua_isnil,
  type lua_State,
  lua_tointeger,
} from '../lua/lua.js'
import { lunatik_optinteger, lunatik_setinteger } from '../lunatik/lunatik_aux.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import {
  lunatik_attach,
  lunatik_detach,
  lunatik_getregistry,
  lunatik_registerobject,
} from '../lunatik/lunatik_registry.js'
import { lunatik_checkruntime, lunatik_deleteobject, lunatik_newobject } from '../lunatik/lunatik_userdata.js'
import { lunatik_pcall } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import type { task_struct } from '../sched.js'
import { callHook, failedCallback, type hook_t, newHook, type Outcome } from './hooks.js'
import { luaskb_clear, luaskb_new, type luaskb_object, luaskb_reset } from './luaskb.js'
import { nf_register_net_hook, nf_unregister_net_hook, verdict_names } from './nf_hook.js'
import type { sk_buff } from './sk_buff.js'

const { pr_err } = pr_fmt('luanetfilter')

interface luanetfilter_t {
  /** Null where the constructor has refused the context. */
  hook: hook_t | null
  skb: luaskb_object | null
  mark: number
  unregister: (() => void) | null
}

const int32 = (n: number | bigint): number => {
  // A verdict.
  if (typeof n === 'number' && (n | 0) === n) return n
  return Number(BigInt.asIntN(32, BigInt(n)))
}
const uint32 = (n: number | bigint): number => Number(BigInt.asUintN(32, BigInt(n)))

/** Says why a callback can't be called. */
function broken(outcome: Outcome, message: string): number {
  pr_err(message)
  outcome.error = message
  return 0
}

/** The Lua side of a packet, with the runtime locked. */
function luanetfilter_hook_cb(L: lua_State, outcome: Outcome, nf: luanetfilter_t, skb: sk_buff) {
  if (lunatik_getregistry(L, nf) !== LUA_TTABLE) return broken(outcome, "couldn't find ops table")
  if (lua_getfield(L, -1, 'hook') !== LUA_TFUNCTION) return broken(outcome, 'operation not defined')
  const object = nf.skb
  if (object === null || lunatik_getregistry(L, object) !== LUA_TUSERDATA) return broken(outcome, "couldn't find skb")
  luaskb_reset(object, skb)
  return lunatik_pcall(L, 1, 2, (L, status) => {
    luaskb_clear(object)
    if (status !== LUA_OK) {
      pr_err(failedCallback(L, outcome))
      return 0
    }
    if (!lua_isnil(L, -1)) skb.mark = uint32(lua_tointeger(L, -1))
    outcome.result = int32(lua_tointeger(L, -2))
    return 0
  })
}

function luanetfilter_release(nf: luanetfilter_t): void {
  nf.unregister?.()
  if (nf.hook === null) return
  const { runtime } = nf.hook
  lunatik_detach(runtime, nf, 'skb')
  lunatik_putobject(runtime)
}

const luanetfilter_mt: luaL_Reg[] = [{ name: '__gc', func: lunatik_deleteobject }]

const luanetfilter_class: lunatik_class_t<luanetfilter_t> = {
  name: 'netfilter',
  methods: luanetfilter_mt,
  release: luanetfilter_release,
  opt: LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE,
}

/**
 * `netfilter.register{hook=, pf=, hooknum=, priority= [, mark=]}`: has `hook(skb)` decide on packets: those of the mark,
 * by default 0. It returns a verdict of linux.nf's action, and optionally the packet's new mark. For a softirq runtime.
 *
 * What is no verdict, and an error, are ACCEPT; nil is 0, which is DROP.
 * @throws raises `bad argument #1 to 'register' (table expected, got U)`, `bad field 'pf' (number expected, got U)`,
 *   `failed to register netfilter hook`, `runtime context mismatch`
 */
function luanetfilter_register(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TTABLE)
  const nf: luanetfilter_t = { hook: null, skb: null, mark: 0, unregister: null }
  const object = lunatik_newobject<luanetfilter_t>(L, luanetfilter_class, nf, LUNATIK_OPT_NONE)
  const fields = { pf: 0, hooknum: 0, priority: 0, mark: 0 }
  for (const name of ['pf', 'hooknum', 'priority'] as const) lunatik_setinteger(L, 1, fields, name)
  lunatik_optinteger(L, 1, fields, 'mark', 0)
  nf.mark = uint32(fields.mark)
  const ops = {
    // What C keeps of them: u8, unsigned int, int.
    pf: Number(BigInt.asUintN(8, BigInt(fields.pf))),
    hooknum: uint32(fields.hooknum),
    priority: int32(fields.priority),
    hook: (skb: sk_buff, task: task_struct) =>
      nf.mark === skb.mark && nf.hook !== null
        ? callHook(nf.hook, 'packet', verdict_names, task, luanetfilter_hook_cb, nf, skb)
        : null,
  }
  if (!nf_register_net_hook(ops)) return luaL_error(L, 'failed to register netfilter hook')
  nf.unregister = () => nf_unregister_net_hook(ops)
  const runtime = lunatik_checkruntime(L, luanetfilter_class.opt)
  lunatik_attach(L, nf, 'skb', luaskb_new)
  nf.hook = newHook(L)
  lunatik_getobject(runtime)
  lunatik_registerobject(L, 1, object as lunatik_object_t)
  return 1
}

const luanetfilter_lib: luaL_Reg[] = [{ name: 'register', func: luanetfilter_register }]

LUNATIK_NEWLIB('netfilter', luanetfilter_lib, LUNATIK_CLASSES('netfilter', luanetfilter_class))
