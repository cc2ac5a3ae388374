// Programs for unit tests: each system call on a device is a task of its own, as a transport makes it; and modules
// whose functions wait.
import type { Test } from 'tap'
import { luaL_checkinteger } from '../../src/lua/lauxlib.js'
import { LUA_OK, lua_getglobal, lua_pushstring, type lua_State, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_pcall, lunatik_waitk } from '../../src/lunatik/lunatik_wait.js'
import { init_task, set_current, task_struct } from '../../src/sched.js'
import { type file, O_RDWR } from '../../src/vfs/fs.js'
import { lookup } from '../../src/vfs/namei.js'
import { fput, vfs_open } from '../../src/vfs/open.js'
import { vfs_read, vfs_write } from '../../src/vfs/read_write.js'

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Calls `f` for a task, which is a new system call's unless it is given. */
export function as<T>(f: () => T, task = new task_struct()): T {
  set_current(task)
  try {
    return f()
  } finally {
    set_current(init_task)
  }
}

/** What is open. */
const files = new Set<Opened>()

/** Closes what a test has left open. */
export async function closeAll(): Promise<void> {
  for (const file of files) await file.close()
}

/** A program's open file: it keeps the offset that the kernel above a transport would keep. */
export class Opened {
  readonly file: file
  #pos = 0

  constructor(file: file) {
    this.file = file
    files.add(this)
  }

  /** read(2); what it read as text, or a negative errno. */
  async read(len = 100, task = new task_struct()): Promise<string | number> {
    const buf = Buffer.alloc(len)
    const ret = await as(() => vfs_read(this.file, buf, len, this.#pos), task)
    if (ret < 0) return ret
    this.#pos += ret
    return buf.toString('latin1', 0, ret)
  }

  async pread(len: number, offset: number, task = new task_struct()): Promise<string | number> {
    const buf = Buffer.alloc(len)
    const ret = await as(() => vfs_read(this.file, buf, len, offset), task)
    return ret < 0 ? ret : buf.toString('latin1', 0, ret)
  }

  async write(text: string, task = new task_struct()): Promise<number> {
    const buf = Buffer.from(text, 'latin1')
    const ret = await as(() => vfs_write(this.file, buf, buf.length, this.#pos), task)
    if (ret > 0) this.#pos += ret
    return ret
  }

  async pwrite(text: string, offset: number): Promise<number> {
    const buf = Buffer.from(text, 'latin1')
    return as(() => vfs_write(this.file, buf, buf.length, offset))
  }

  async close(): Promise<number> {
    files.delete(this)
    return as(() => fput(this.file))
  }
}

/** open(2): a negative errno where it fails. */
export async function tryOpen(name: string, flags = O_RDWR): Promise<Opened | number> {
  const node = lookup(name)
  if (typeof node === 'number') return node
  const file = await as(() => vfs_open(node, flags))
  return typeof file === 'number' ? file : new Opened(file)
}

/** open(2) that works. */
export async function open(name: string, flags = O_RDWR): Promise<Opened> {
  const opened = await tryOpen(name, flags)
  if (typeof opened === 'number') throw new Error(`${name} not opened: ${opened}`)
  return opened
}

/** How many calls of `schedule` are waiting. */
export const sleeping = { count: 0 }

/** `schedule(ms)`: sleeps; returns "slept", or "early" where it was woken before. */
function schedule(L: lua_State): number {
  const ms = luaL_checkinteger(L, 1)
  return lunatik_waitk<boolean>(
    L,
    (wake) => {
      sleeping.count++
      const over = (early: boolean) => {
        sleeping.count--
        return early
      }
      const timer = setTimeout(() => wake(over(false)), ms)
      return () => {
        clearTimeout(timer)
        return over(true)
      }
    },
    (L, early) => {
      lua_pushstring(L, early ? 'early' : 'slept')
      return 1
    },
  )
}

/** `turn()`: sleeps until the event loop's next turn. */
const turn = (L: lua_State) =>
  lunatik_waitk<number>(
    L,
    (wake) => {
      const immediate = setImmediate(wake, 0)
      return () => {
        clearImmediate(immediate)
        return 0
      }
    },
    () => 0,
  )

LUNATIK_NEWLIB(
  'waits',
  [
    { name: 'schedule', func: schedule },
    { name: 'turn', func: turn },
  ],
  null,
)

/** The first line of a script whose functions sleep. */
export const WAITS = 'local schedule, turn = require("waits").schedule, require("waits").turn '

/**
 * Calls the global `f` of a runtime as a driver's callback; its first result as text, or what it raised, or an errno.
 */
export async function callF(r: lunatik_object_t, task = new task_struct(), name = 'f'): Promise<string | number> {
  let text: string | null = null
  const ret = await as(
    () =>
      lunatik_run(r, (L) => {
        lua_getglobal(L, name)
        return lunatik_pcall(L, 0, 1, (L, status) => {
          text = `${status === LUA_OK ? '' : 'error: '}${lua_tostring(L, -1)}`
          return 0
        })
      }),
    task,
  )
  return ret < 0 || text === null ? ret : text
}

/** Waits for a condition; fails where it has not come within a minute. */
export async function until(t: Test, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (condition()) return
    await pause(10)
  }
  t.fail('it never came')
}
