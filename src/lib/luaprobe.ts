// luaprobe.c: probes of the kernel's functions. No function of this machine's kernel is probed: hits are injected.
//
// Any name that can be a symbol's is taken: there is no kernel to ask.
import { EINVAL, ENOENT } from '../errno.js'
import { luaL_argerror, luaL_checkstring, luaL_checktype, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TTABLE,
  lua_getfield,
  lua_isfunction,
  lua_islightuserdata,
  lua_pushcclosure,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushstring,
  type lua_State,
  lua_toboolean,
  lua_tointeger,
  lua_touserdata,
  lua_upvalueindex,
} from '../lua/lua.js'
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
import { lunatik_toruntime } from '../lunatik/lunatik_private.js'
import { lunatik_getregistry, lunatik_registerobject, lunatik_unregisterobject } from '../lunatik/lunatik_registry.js'
import {
  lunatik_checkobject,
  lunatik_checkruntime,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { lunatik_pcall } from '../lunatik/lunatik_wait.js'
import { pr_fmt, printk } from '../printk.js'
import { callHook, failedCallback, type hook_t, newHook, type Outcome } from './hooks.js'
import { type kprobe, type pt_regs, register_kprobe, unregister_kprobe } from './kprobes.js'
import { sys_call } from './luasyscall.js'

const { pr_err } = pr_fmt('luaprobe')

interface luaprobe_t {
  /** Null where the constructor has refused the context. */
  hook: hook_t | null
  /** Null before it is registered, and once it is stopped. */
  kp: kprobe | null
}

/** The registers of the hits whose handlers run, by the numbers that `dump` has. */
const hits = new Map<number, pt_regs>()
let lastHit = 0

/** The registers as the kernel prints them, in its rows. */
const rows = [
  ['ax', 'bx', 'cx'],
  ['dx', 'si', 'di'],
  ['bp', 'r8', 'r9'],
  ['r10', 'r11', 'r12'],
  ['r13', 'r14', 'r15'],
]

/** Prints registers: show_regs. */
function show_regs(regs: pt_regs): void {
  const hex = (name: string) =>
    BigInt.asUintN(64, regs.get(name) ?? 0n)
      .toString(16)
      .padStart(16, '0')
  for (const row of rows) {
    const cells = row.map(
      (name) => `${(/\d/.test(name) ? name : `r${name}`).toUpperCase().padEnd(3, ' ')}: ${hex(name)}`,
    )
    printk('info', cells.join(' '))
  }
}

/** `dump()`: prints the registers of the hit. Raises `null pointer dereference` after it. */
function luaprobe_dump(L: lua_State): number {
  const regs = hits.get(lua_tointeger(L, lua_upvalueindex(1)))
  if (regs === undefined) return luaL_error(L, 'null pointer dereference')
  show_regs(regs)
  return 0
}

/** The Lua side of a hit, with the runtime locked. Without such a handler it tells no outcome. */
function luaprobe_handler(
  L: lua_State,
  probe: luaprobe_t,
  at: string | sys_call,
  name: string,
  regs: pt_regs,
  outcome: Outcome,
) {
  if (lunatik_getregistry(L, probe) !== LUA_TTABLE) {
    outcome.error = "couldn't find probe table"
    pr_err(outcome.error)
    return 0
  }
  lua_getfield(L, -1, name)
  if (!lua_isfunction(L, -1)) return 0
  if (typeof at === 'string') lua_pushstring(L, at)
  else lua_pushlightuserdata(L, at)
  const hit = ++lastHit
  hits.set(hit, regs)
  lua_pushinteger(L, hit)
  lua_pushcclosure(L, luaprobe_dump, 1)
  return lunatik_pcall(L, 2, 0, (L, status) => {
    hits.delete(hit)
    if (status === LUA_OK) outcome.result = 0
    else pr_err(failedCallback(L, outcome))
    return 0
  })
}

function luaprobe_delete(probe: luaprobe_t): void {
  if (probe.kp !== null) unregister_kprobe(probe.kp)
  probe.kp = null
}

function luaprobe_release(probe: luaprobe_t): void {
  luaprobe_delete(probe)
  if (probe.hook !== null) lunatik_putobject(probe.hook.runtime)
}

/** `probe:stop()`: takes the probe away. */
function luaprobe_stop(L: lua_State): number {
  const object = lunatik_checkobject<luaprobe_t | null>(L, 1)
  const probe = object.private
  if (probe === null) return 0
  luaprobe_delete(probe)
  if (lunatik_toruntime(L) === probe.hook?.runtime) lunatik_unregisterobject(L, object as lunatik_object_t)
  return 0
}

/** `probe:enable(flag)`: whether it is told of hits. Raises `null pointer dereference` once it is stopped. */
function luaprobe_enable(L: lua_State): number {
  const kp = lunatik_checkobject<luaprobe_t | null>(L, 1).private?.kp ?? null
  if (kp === null) return luaL_argerror(L, 1, 'null pointer dereference')
  kp.enabled = lua_toboolean(L, 2)
  return 0
}

const luaprobe_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'stop', func: luaprobe_stop },
  { name: 'enable', func: luaprobe_enable },
]

const luaprobe_class: lunatik_class_t<luaprobe_t> = {
  name: 'probe',
  methods: luaprobe_mt,
  release: luaprobe_release,
  opt: LUNATIK_OPT_HARDIRQ | LUNATIK_OPT_SINGLE,
}

/** What kprobes take a place for: 0, or the errno against it. */
function checkPlace(at: unknown): number {
  if (typeof at === 'string') return /^[A-Za-z_.][\w.$]*$/.test(at) ? 0 : -ENOENT
  return at instanceof sys_call ? 0 : -EINVAL
}

/**
 * `probe.new(symbol, {pre =, post =})`: has `pre(symbol, dump)` and `post(symbol, dump)` hear of each hit of a symbol, or
 * of an address that syscall.address gave. For a hardirq runtime.
 * @throws raises `runtime context mismatch`, `bad argument #1 to 'new' (string expected, got U)`, `failed to register
 *   probe (-2)` for what is no symbol, `(-22)` for another address
 */
function luaprobe_new(L: lua_State): number {
  const object = lunatik_newobject<luaprobe_t>(L, luaprobe_class, { hook: null, kp: null }, LUNATIK_OPT_NONE)
  const probe = object.private
  lunatik_checkruntime(L, luaprobe_class.opt)
  const hook = newHook(L)
  probe.hook = hook
  lunatik_getobject(hook.runtime)
  const at: unknown = lua_islightuserdata(L, 1) ? lua_touserdata(L, 1) : luaL_checkstring(L, 1)
  luaL_checktype(L, 2, LUA_TTABLE)
  const ret = checkPlace(at)
  if (ret !== 0) return luaL_error(L, `failed to register probe (${ret})`)
  const place = at as string | sys_call
  probe.kp = {
    at: place,
    enabled: true,
    handle: async (name, regs, task) => {
      const deed = await callHook(hook, name, { 0: 'OK' }, task, (L, outcome) =>
        luaprobe_handler(L, probe, place, name, regs, outcome),
      )
      return deed.result === null && deed.error === null ? null : deed
    },
  }
  lunatik_registerobject(L, 2, object as lunatik_object_t)
  register_kprobe(probe.kp)
  return 1
}

const luaprobe_lib: luaL_Reg[] = [{ name: 'new', func: luaprobe_new }]

LUNATIK_NEWLIB('probe', luaprobe_lib, LUNATIK_CLASSES('probe', luaprobe_class))
