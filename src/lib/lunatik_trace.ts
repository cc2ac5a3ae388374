// The Lua module `lunatik.trace`: the calls on devices, for the commands `lunatik trace` and `lunatik top`. The kernel
// has no such module: there ftrace and strace do it.
import { luaL_checkstring, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_gettop, lua_pushstring, type lua_State } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { accounting, lunatik_account, lunatik_stats } from '../lunatik/lunatik_stat.js'
import { blocked_calls } from '../sched.js'
import { quotable_json } from '../string_helpers.js'
import { devicePaths } from '../vfs/namei.js'
import { trace_register, type trace_sink } from '../vfs/trace.js'

/** How much is kept for one who asks, in characters: of more the oldest are dropped. */
const keptMax = 4 << 20
/** How much is given at once, in characters. */
const givenMax = 1 << 20
/** Who hasn't asked for so long has gone, in milliseconds. */
const goneMs = 5000

/** One who asks again and again. */
class Session implements trace_sink {
  readonly names: ReadonlySet<string> | null
  readonly #end: () => void
  #queue: string[] = []
  #size = 0
  #lost = 0
  #asked = performance.now()

  constructor(names: readonly string[], gone: () => void) {
    this.names = names.length === 0 ? null : new Set(names)
    const unregister = trace_register(this)
    this.#end = () => {
      unregister()
      gone()
    }
  }

  readonly line = (json: string): void => {
    if (performance.now() - this.#asked > goneMs) {
      this.#end()
      return
    }
    this.#queue.push(json)
    this.#size += json.length
    while (this.#size > keptMax && this.#queue.length > 1) {
      this.#size -= (this.#queue.shift() as string).length
      this.#lost++
    }
  }

  /** The lines since it was asked last, or as many as are given at once. */
  take(): string {
    this.#asked = performance.now()
    const lines: string[] = []
    if (this.#lost > 0) lines.push(JSON.stringify({ lost: this.#lost }))
    this.#lost = 0
    let n = 0
    for (let given = 0; n < this.#queue.length && given < givenMax; n++) given += (this.#queue[n] as string).length
    for (const line of this.#queue.splice(0, n)) {
      this.#size -= line.length
      lines.push(line)
    }
    return lines.join('\n')
  }

  close(): void {
    this.#end()
  }
}

const sessions = new Map<string, Session>()

/** Counts for as long as anybody asks. */
function account(): void {
  if (accounting !== sessions.size > 0) lunatik_account(sessions.size > 0)
}

/**
 * `trace.poll(id [, name...])`: the calls that were answered, or began to sleep, since the last call with this id: a
 * line of JSON each, without the last newline. The first call begins it, and says on which devices; without names on
 * all. Who hasn't called for 5 s is given up, at the next call on a device.
 */
function trace_poll(L: lua_State): number {
  const id = luaL_checkstring(L, 1)
  let session = sessions.get(id)
  if (session === undefined) {
    const names = Array.from({ length: lua_gettop(L) - 1 }, (_, i) => luaL_checkstring(L, i + 2))
    session = new Session(names, () => {
      sessions.delete(id)
      account()
    })
    sessions.set(id, session)
    account()
  }
  lua_pushstring(L, session.take())
  return 1
}

/** `trace.stop(id)`: ends what poll has begun. */
function trace_stop(L: lua_State): number {
  sessions.get(luaL_checkstring(L, 1))?.close()
  return 0
}

/** What the mount itself has. */
const own = ['lunatik', 'kmsg']

/**
 * `trace.stat()`: what there is and who waits, as JSON: the paths of `devices`; the calls that are `waiting`, with
 * `name`, `op`, `pid` and since how many `ms`; the `scripts` with the `ms` that their Lua has run, from somebody's
 * first poll on, and the bytes of their `memory`.
 */
function trace_stat(L: lua_State): number {
  const paths = devicePaths()
  const now = performance.now()
  const waiting = [...blocked_calls]
    .map(([{ pid }, { op, ino, since }]) => ({ name: paths.get(ino) ?? '(gone)', op, pid, ms: now - since }))
    .filter(({ name }) => !own.includes(name))
  const devices = [...paths.values()].filter((name) => !own.includes(name))
  lua_pushstring(L, quotable_json({ devices, waiting, scripts: lunatik_stats() }))
  return 1
}

const trace_lib: readonly luaL_Reg[] = [
  { name: 'poll', func: trace_poll },
  { name: 'stat', func: trace_stat },
  { name: 'stop', func: trace_stop },
]

LUNATIK_NEWLIB('lunatik.trace', trace_lib, null)
