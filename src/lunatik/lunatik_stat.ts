// How long each script's Lua has run and what memory it uses, for who asks. As long as nobody does, a call costs a test
// of `accounting`.
import { LUA_COLLECTS, lua_used } from '../lua/lua.js'
import { pooled } from './lunatik_oom.js'
import type { runtime_t } from './lunatik_private.js'

/** Whether time is counted. */
export let accounting = false

/** How long the Lua of each script has run since counting began, in milliseconds. */
const times = new Map<string, number>()

/** Begins to count, from zero, or ends it. */
export function lunatik_account(on: boolean): void {
  accounting = on
  times.clear()
}

/** How long calls have run below the one that is charged next, in milliseconds: that is theirs. */
let below = 0

/** Runs Lua of a runtime, on its account. */
export function lunatik_charge<T>(runtime: runtime_t, run: () => T): T {
  const outer = below
  below = 0
  const begin = performance.now()
  try {
    return run()
  } finally {
    const took = performance.now() - begin
    const { user } = runtime
    if (user !== null) times.set(user, (times.get(user) ?? 0) + took - below)
    below = outer + took
  }
}

/** What a script takes. */
export interface script_stat {
  readonly script: string
  /** How long its Lua has run since counting began, in milliseconds. */
  readonly ms: number
  /** What Lua of its runtimes uses, in bytes; null where the engine doesn't know. */
  readonly memory: number | null
}

/** The scripts that have a runtime, as far as is known. */
export function lunatik_stats(): script_stat[] {
  const memory = new Map<string, number>([...times.keys()].map((script) => [script, 0]))
  for (const { user, L } of pooled()) if (user !== null) memory.set(user, (memory.get(user) ?? 0) + lua_used(L))
  return [...memory].map(([script, bytes]) => ({
    script,
    ms: times.get(script) ?? 0,
    memory: LUA_COLLECTS ? bytes : null,
  }))
}
