// luacompletion.c: linux/completion.h, with which one runtime waits for what another does.
import type { luaL_Reg } from '../lua/lauxlib.js'
import { lua_pushboolean, lua_pushnil, lua_pushstring, type lua_State } from '../lua/lua.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ, type lunatik_class_t } from '../lunatik/lunatik_obj.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_checkruntime,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { lunatik_waitk } from '../lunatik/lunatik_wait.js'
import { class_check } from './class.js'
import { int64_opt } from './int64.js'
import { MAX_JIFFY_OFFSET, msecs_to_jiffies, schedule_timeout } from './timeout.js'

/** Called with true for the completion, with false once the time is up. */
type Wake = (completed: boolean) => void

export interface completion {
  /** Completions that nobody has waited for yet. */
  done: number
  /** Who waits, in the order of arrival; who is woken leaves. */
  readonly wait: Set<Wake>
}

/** Lets the waiter that came first go on, or the next one to come. */
export function complete(x: completion): void {
  const [first] = x.wait
  if (first === undefined) x.done++
  else first(true)
}

/**
 * Calls `wake(true)` for the first completion, or `wake(false)` after `timeout` milliseconds (null for no end),
 * whichever comes first.
 * @returns ends the wait without a call of `wake`
 */
export function wait_for_completion(x: completion, timeout: number | null, wake: Wake): () => void {
  let cancel = () => {}
  const waiter: Wake = (completed) => {
    cancel()
    wake(completed)
  }
  x.wait.add(waiter)
  const stop = schedule_timeout(timeout, () => waiter(false))
  cancel = () => {
    x.wait.delete(waiter)
    stop()
  }
  return cancel
}

const luacompletion_check = LUNATIK_PRIVATECHECKER<completion>(
  'luacompletion_check',
  class_check(() => luacompletion_class),
)

/** completion:complete(): wakes one that waits, or spares the next its wait. From any runtime. */
function luacompletion_complete(L: lua_State): number {
  complete(luacompletion_check(L, 1))
  return 0
}

/** Pushes true, or nil and why there is no completion. */
function pushResult(L: lua_State, completed: boolean | 'interrupt'): number {
  if (completed === true) {
    lua_pushboolean(L, true)
    return 1
  }
  lua_pushnil(L)
  lua_pushstring(L, completed === false ? 'timeout' : completed)
  return 2
}

/**
 * completion:wait([ms]): sleeps until there is a completion, which it takes. Without ms, or for a negative one, without
 * end. As on a kernel only ms modulo 2^32 counts.
 * @returns in Lua, true; or nil and `"timeout"`, or `"interrupt"` where the program has gone
 * @throws raises `runtime context mismatch` in interrupt context
 */
function luacompletion_wait(L: lua_State): number {
  const x = luacompletion_check(L, 1)
  const timeout = msecs_to_jiffies(int64_opt(L, 2, MAX_JIFFY_OFFSET))
  lunatik_checkruntime(L, LUNATIK_OPT_NONE)
  if (x.done > 0) {
    x.done--
    return pushResult(L, true)
  }
  if (timeout === 0) return pushResult(L, false)
  return lunatik_waitk<boolean | 'interrupt'>(
    L,
    (wake) => {
      const cancel = wait_for_completion(x, timeout, wake)
      return () => {
        cancel()
        return 'interrupt'
      }
    },
    pushResult,
  )
}

const luacompletion_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'complete', func: luacompletion_complete },
  { name: 'wait', func: luacompletion_wait },
]

const luacompletion_class: lunatik_class_t<completion> = {
  name: 'completion',
  methods: luacompletion_mt,
  opt: LUNATIK_OPT_SOFTIRQ,
}

/** completion.new(): a completion that is not done. */
function luacompletion_new(L: lua_State): number {
  lunatik_newobject<completion>(L, luacompletion_class, { done: 0, wait: new Set<Wake>() }, LUNATIK_OPT_NONE)
  return 1 /* object */
}

const luacompletion_lib: luaL_Reg[] = [{ name: 'new', func: luacompletion_new }]

const luacompletion_classes = LUNATIK_CLASSES('completion', luacompletion_class)
LUNATIK_NEWLIB('completion', luacompletion_lib, luacompletion_classes)
