// The control device `lunatik`, which every mount has: the script lua/lunatik/driver.lua in a runtime of its own.
//
// On a kernel a chunk that computes, or waits, keeps all others waiting. Here one that is written to a mailbox waits for
// a moment, then runs in a runtime beside, whose globals are others. Its answer begins with `*` or `~` for `+` or `-`.
//
// A write to a mailbox is answered after that moment, as libfuse lets nobody else write to the device meanwhile. The read
// of the answer waits then. The chunk runs until a read, so far behind its mailbox that it is no other's, interrupts it,
// which takes no lock; the write or the read gives ECANCELED then, as EINTR has Node write again. Or until its reader or
// its file is gone.
import { EAGAIN, ECANCELED, EFAULT, EINVAL, ENXIO } from '../errno.js'
import {
  LUA_OK,
  LUA_REGISTRYINDEX,
  lua_getglobal,
  lua_pushlstring,
  lua_pushnil,
  lua_rawgetp,
  lua_rawsetp,
  type lua_State,
  lua_setglobal,
  lua_toboolean,
  lua_tolstring,
} from '../lua/lua.js'
import { lunatik_newruntime, lunatik_run, lunatik_stop } from '../lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../lunatik/lunatik_obj.js'
import { lunatik_reserve } from '../lunatik/lunatik_oom.js'
import { lunatik_pcall, unpreempted } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { current, interrupt_task, set_current, task_struct } from '../sched.js'
import { cdev_add, cdev_del, cdev_get } from '../vfs/chrdev.js'
import type { file, file_operations, fop_result } from '../vfs/fs.js'
import { lookup } from '../vfs/namei.js'
import { copy_to_user } from '../vfs/uaccess.js'
import { failed } from './luadevice_callback.js'

const { pr_err } = pr_fmt('lunatik')

let runtime: lunatik_object_t | null = null

/** Where the mailboxes begin, how many there are, and how far behind one the read is that interrupts its chunk. */
const mailboxes = 2 ** 40
const interrupts = 2 ** 47

/** A chunk that runs or waits. */
interface Chunk {
  readonly file: file
  /** Its own: that of its write ends with the answer. */
  readonly task: task_struct
  /** Ends it: `over` resolves at once. */
  readonly interrupt: () => void
  /** Resolves with what its write gives, or would. */
  readonly over: Promise<number>
  /** Whether its write was answered before. */
  answered: boolean
}

/** By their mailboxes. */
const chunks = new Map<number, Chunk>()

/** Beside how many runtimes of chunks that take their time there may be another one. */
const besideMax = 16
/** How long a chunk waits for those before it, and its write for it, in milliseconds. */
const patienceMs = 200
/** Answers that nobody has fetched: beyond these the oldest is dropped. */
const unfetchedMax = 64

/** The mailboxes whose interrupt was faster than their write. */
const early = new Set<number>()

/** The runtimes beside the first. */
const beside: lunatik_object_t[] = []
/** What runs a chunk, in the registry of each. */
const evaluateKey = Symbol('evaluate')
/** The answers of chunks, by their mailboxes: an errno where the write was answered before that. */
const answers = new Map<number, Uint8Array | number>()

function keepEvaluate(L: lua_State): number {
  lua_getglobal(L, 'evaluate')
  lua_rawsetp(L, LUA_REGISTRYINDEX, evaluateKey)
  lua_pushnil(L)
  lua_setglobal(L, 'evaluate')
  return 0
}

/** A runtime that runs no chunk, of those beside the first; null where there can't be one. */
function runtimeBeside(): lunatik_object_t | null {
  const idle = beside.find(({ lock }) => !lock.locked)
  if (idle !== undefined || beside.length === besideMax) return idle ?? null
  const made = unpreempted(() => lunatik_newruntime('lunatik/evaluate', LUNATIK_OPT_NONE))
  if (made instanceof Promise || made.runtime === null) return null
  beside.push(made.runtime)
  lunatik_reserve(made.runtime)
  lunatik_run(made.runtime, keepEvaluate)
  return made.runtime
}

function keepAnswer(mailbox: number, answer: Uint8Array | number): void {
  answers.delete(mailbox)
  answers.set(mailbox, answer)
  for (const oldest of answers.keys()) if (answers.size > unfetchedMax) answers.delete(oldest)
}

/**
 * Runs a chunk in one of the runtimes, and keeps its answer.
 * @param marks what the answer of one that has run begins with, and that of an error
 */
function evaluate(runtime: lunatik_object_t, chunk: Uint8Array, mailbox: number, marks: string): fop_result {
  return lunatik_run(runtime, (L) => {
    lua_rawgetp(L, LUA_REGISTRYINDEX, evaluateKey)
    lua_pushlstring(L, chunk)
    return lunatik_pcall(L, 1, 2, (L, status) => {
      if (status !== LUA_OK) return failed(L, 'write', status)
      const [mark] = lua_toboolean(L, -2) ? marks : marks.slice(1)
      keepAnswer(mailbox, Buffer.concat([Buffer.from(mark as string), lua_tolstring(L, -1) ?? Buffer.alloc(0)]))
      return chunk.length
    })
  })
}

function evaluateBeside(chunk: Uint8Array, mailbox: number): fop_result {
  const free = runtimeBeside()
  return free === null ? -EAGAIN : evaluate(free, chunk, mailbox, '*~')
}

/** A task for another call of the same program. */
function taskLike(task: task_struct): task_struct {
  const { uid, gid, pid, flags } = task
  return Object.assign(new task_struct(), { uid, gid, pid, flags })
}

function runAs<T>(task: task_struct, f: () => T): T {
  const outer = current
  set_current(task)
  try {
    return f()
  } finally {
    set_current(outer)
  }
}

/** Runs a chunk in the first runtime; where its turn takes long to come, beside that. */
function evaluateSoon(first: lunatik_object_t, chunk: Uint8Array, mailbox: number): Promise<number> {
  const task = current
  const queued = taskLike(task)
  task.wake = (force) => interrupt_task(queued, force)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (queued.blocked_on === null || task.aborted) return
      // It never begins there.
      queued.aborted = true
      task.wake = null
      resolve(runAs(task, () => evaluateBeside(chunk, mailbox)))
    }, patienceMs)
    Promise.resolve(runAs(queued, () => evaluate(first, chunk, mailbox, '+-')))
      .finally(() => clearTimeout(timer))
      .then(resolve, reject)
  })
}

/** Runs the chunk that is written to a mailbox. */
function writeMailbox(file: file, buf: Uint8Array, len: number, mailbox: number): fop_result {
  if (runtime === null) return -ENXIO
  if (early.delete(mailbox)) return -ECANCELED
  const first = runtime
  const task = taskLike(current)
  const written = runAs(task, () =>
    first.lock.locked && !first.lock.running
      ? evaluateSoon(first, Uint8Array.from(buf.subarray(0, len)), mailbox)
      : evaluate(first, buf.subarray(0, len), mailbox, '+-'),
  )
  return written instanceof Promise ? answerSoon(newChunk(file, mailbox, task, written), len) : written
}

/** Gives as much of an answer as fits; what doesn't is there for the next read. */
function fetch(buf: Uint8Array, len: number, mailbox: number): number {
  const answer = answers.get(mailbox) ?? 0
  if (typeof answer === 'number') {
    answers.delete(mailbox)
    return answer
  }
  const n = Math.min(answer.length, len)
  if (copy_to_user(buf, answer, n) > 0) return -EFAULT
  if (n < answer.length) answers.set(mailbox, answer.subarray(n))
  else answers.delete(mailbox)
  return n
}

/** Notes a chunk that takes its time. */
function newChunk(file: file, mailbox: number, task: task_struct, written: Promise<number>): Chunk {
  let interrupt = () => {}
  const ended = new Promise<number>((resolve, reject) => {
    interrupt = () => {
      resolve(-ECANCELED)
      interrupt_task(task, true)
    }
    written.then(resolve, reject)
  })
  const end = (ret: number) => {
    if (chunk.answered && ret < 0) keepAnswer(mailbox, ret)
    chunks.delete(mailbox)
    return ret
  }
  const fail = (e: unknown) => {
    chunks.delete(mailbox)
    throw e
  }
  const chunk: Chunk = { file, task, interrupt, over: ended.then(end, fail), answered: false }
  chunks.set(mailbox, chunk)
  return chunk
}

/** Interrupts a mailbox's chunk: one that runs, or if it has not come yet, as soon as it does. */
function interrupt(mailbox: number): void {
  const chunk = chunks.get(mailbox)
  if (chunk !== undefined) chunk.interrupt()
  else if (!answers.has(mailbox)) early.add(mailbox)
  for (const oldest of early) if (early.size > unfetchedMax) early.delete(oldest)
}

/** What a chunk's write gives: its length where the chunk takes longer than a moment. What came of it is read then. */
function answerSoon(chunk: Chunk, len: number): Promise<number> {
  const task = current
  task.wake = (force) => interrupt_task(chunk.task, force)
  return new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      chunk.answered = true
      resolve(len)
    }, patienceMs)
    chunk.over.then(resolve, reject).finally(() => clearTimeout(timer))
  }).finally(() => {
    task.wake = null
  })
}

/** Reads a mailbox: waits for the answer of a chunk that still runs. */
function readMailbox(buf: Uint8Array, len: number, mailbox: number): fop_result {
  const chunk = chunks.get(mailbox)
  if (chunk === undefined) return fetch(buf, len, mailbox)
  const task = current
  // Who doesn't want it any more ends it.
  task.wake = (force) => {
    if (!force) return interrupt_task(chunk.task, false)
    chunk.interrupt()
    return true
  }
  return chunk.over.then(() => {
    task.wake = null
    return fetch(buf, len, mailbox)
  })
}

/** Files whose open waits for its turn. */
const opening = new WeakMap<file, Promise<number>>()

/** The file operations of the control device's script, with the mailboxes. */
const withMailboxes = ({ open, read, write, release, ...rest }: file_operations): file_operations => ({
  ...rest,
  // It has nothing to do, so nobody waits for its turn.
  open: (inode, file) => {
    const opened = runAs(taskLike(current), () => open?.(inode, file) ?? 0)
    if (!(opened instanceof Promise)) return opened
    opening.set(file, opened)
    return 0
  },
  release: (inode, file) => {
    for (const chunk of [...chunks.values()]) if (chunk.file === file) chunk.interrupt()
    const close = () => release?.(inode, file) ?? 0
    return opening.get(file)?.then((ret) => (ret < 0 ? 0 : close())) ?? close()
  },
  read: (file, buf, len, off) => {
    const { value } = off
    if (value < mailboxes) return read?.(file, buf, len, off) ?? -EINVAL
    if (value < mailboxes + interrupts) return readMailbox(buf, len, value)
    interrupt(value - interrupts)
    return 0
  },
  write: (file, buf, len, off) =>
    off.value < mailboxes ? (write?.(file, buf, len, off) ?? -EINVAL) : writeMailbox(file, buf, len, off.value),
})

/** Puts the mailboxes before the device that the script has made. Returns 0; a negative errno where there is none. */
function addMailboxes(): number {
  const node = lookup('/lunatik')
  if (typeof node === 'number') return node
  const fops = cdev_get(node.i_rdev)
  if (typeof fops === 'number') return fops
  cdev_del(node.i_rdev)
  cdev_add(node.i_rdev, withMailboxes(fops))
  return 0
}

/** Makes the control device. Returns 0; -ENOMEM or -EINVAL, logged, where the script doesn't run. */
export function driver_start(): number {
  const made = unpreempted(() => lunatik_newruntime('lunatik/driver', LUNATIK_OPT_NONE))
  if (made instanceof Promise) {
    pr_err('lunatik/driver: the script of the control device may not sleep while it loads')
    return -EINVAL
  }
  if (made.ret < 0) pr_err(made.message)
  runtime = made.runtime
  if (runtime === null) return made.ret
  lunatik_reserve(runtime)
  lunatik_run(runtime, keepEvaluate)
  const ret = addMailboxes()
  if (ret < 0) pr_err('the control device lunatik can not be made')
  return ret
}

/** Takes the control device away. May be called again. */
export function driver_stop(): void {
  for (const each of beside.splice(0)) lunatik_stop(each)
  answers.clear()
  early.clear()
  if (runtime !== null) lunatik_stop(runtime)
  runtime = null
}
