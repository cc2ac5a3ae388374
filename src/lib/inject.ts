// The Lua module `inject`: events for the hooks that scripts have registered, as a kernel would have them. A kernel has
// no such module: there its own events come. The command `lunatik inject` asks it too.
import { luaL_checkstring, luaL_checktype, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import { LUA_TTABLE, type lua_CFunction, lua_error, lua_pushstring, type lua_State } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { lunatik_isirq } from '../lunatik/lunatik_obj.js'
import { lunatik_toruntime } from '../lunatik/lunatik_private.js'
import { lunatik_waitk, preemptibleBelow } from '../lunatik/lunatik_wait.js'
import { current, type task_struct } from '../sched.js'
import { quotable_json } from '../string_helpers.js'
import { trace_event, trace_now, tracing } from '../vfs/trace.js'
import type { Deed } from './hooks.js'
import { type Fields, InjectError, type Kind } from './inject_event.js'
import { hid } from './inject_hid.js'
import { map } from './inject_map.js'
import { netdev } from './inject_netdev.js'
import { packet } from './inject_packet.js'
import { probe, syscall } from './inject_probe.js'
import { keyboard, vt } from './inject_tty.js'
import { wire } from './inject_wire.js'
import { xdp } from './inject_xdp.js'
import { jsonOf, pushJson } from './lua_json.js'

/** What events there are. */
const kinds: Readonly<Record<string, Kind>> = { hid, keyboard, map, netdev, packet, probe, syscall, vt, wire, xdp }

/** What came of an event. */
export interface Injected extends Fields {
  readonly event: string
  /** How many hooks there were for it. */
  readonly hooks: number
  /** What each did, in the order of their calls. */
  readonly calls: readonly Deed[]
  /** Why it did not happen, where a hook has refused it; null where it did. */
  readonly refused: string | null
}

/** Injects an event: an object with the field `event`. Rejects with an InjectError, and then nothing was told. */
export async function lunatik_inject(given: unknown, task: task_struct): Promise<Injected> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new InjectError('an event is an object, as {"event": "keyboard", "text": "hello"}')
  const { event, ...fields } = given as Fields
  const kind = typeof event === 'string' && Object.hasOwn(kinds, event) ? kinds[event] : undefined
  if (kind === undefined)
    throw new InjectError(`no event ${quotable_json(event ?? null)}: there are ${Object.keys(kinds).join(', ')}`)
  for (const name of Object.keys(fields)) {
    if (!kind.fields.includes(name))
      throw new InjectError(`an event '${event}' has no field '${name}': it has ${kind.fields.join(', ')}`)
  }
  const calls: Deed[] = []
  const time = trace_now()
  // What is wrong with an event is found out before anybody is told of it.
  const happened = () => tracing && trace_event({ time, event: event as string, ...fields })
  const base = { event: event as string, hooks: kind.hooks(fields) }
  try {
    const more = await kind.inject(fields, task, calls)
    happened()
    return { ...base, ...more, calls, refused: null }
  } catch (e) {
    if (!(e instanceof InjectError) || calls.length === 0) throw e
    happened()
    return { ...base, calls, refused: e.message }
  }
}

/** Ends a C function with the injection of an event, and what `push` makes of it. */
function injecting(L: lua_State, given: unknown, push: (L: lua_State, result: Injected) => number): number {
  if (lunatik_isirq(lunatik_toruntime(L).opt))
    return luaL_error(L, "'inject': process-context class in interrupt-context runtime")
  const result = preemptibleBelow(L, () =>
    lunatik_inject(given, current).then(
      (injected): Injected | Error => injected,
      (e) => (e instanceof Error ? e : new Error(String(e))),
    ),
  )
  return lunatik_waitk<Injected | Error>(
    L,
    (wake) => {
      let waits = true
      void result.then((came) => waits && wake(came))
      return () => {
        waits = false
        return new InjectError('interrupted')
      }
    },
    (L, came) => {
      if (!(came instanceof Error)) return push(L, came)
      // No place: what is wrong is the event's.
      lua_pushstring(L, came.message)
      return lua_error(L)
    },
  )
}

/** `inject.EVENT(fields)`: injects an event; gives a table of what came of it. */
const injector =
  (event: string): lua_CFunction =>
  (L) => {
    luaL_checktype(L, 1, LUA_TTABLE)
    const fields = jsonOf(L, 1)
    if (Array.isArray(fields)) return luaL_error(L, `inject.${event} takes a table of fields`)
    return injecting(L, { ...(fields as object), event }, (L, injected) => {
      pushJson(L, injected)
      return 1
    })
  }

/**
 * `inject.json(text)`: injects an event that is JSON, an object with its fields and `event`. Gives
 * what came of it as JSON.
 */
function inject_json(L: lua_State): number {
  const text = luaL_checkstring(L, 1)
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (e) {
    return luaL_error(L, '%s', `no JSON: ${(e as Error).message}`)
  }
  return injecting(L, given, (L, injected) => {
    lua_pushstring(L, quotable_json(injected))
    return 1
  })
}

const inject_lib: luaL_Reg[] = [
  ...Object.keys(kinds).map((event) => ({ name: event, func: injector(event) })),
  { name: 'json', func: inject_json },
]

LUNATIK_NEWLIB('inject', inject_lib, null)
