// luathread.c: linux/kthread.h. A thread is a task of its own, in which the function that a runtime's script has
// returned is resumed.
//
// As every object, a thread that nothing refers to is released; it runs on. `stop` ends any sleep, also a completion's
// wait, of which the kernel's would not wake.
import { readFileSync } from 'node:fs'
import { EINTR, ENOEXEC, ENXIO } from '../errno.js'
import { luaL_argcheck, luaL_checkstring, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_YIELD,
  lua_createtable,
  lua_gettop,
  lua_pop,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushlstring,
  type lua_State,
  lua_setfield,
  lua_status,
  lua_tostring,
} from '../lua/lua.js'
import { lunatik_class, lunatik_isready, lunatik_run } from '../lunatik/lunatik_core.js'
import { waitsInCircle } from '../lunatik/lunatik_lock.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  type lunatik_class_t,
  lunatik_getobject,
  lunatik_isirq,
  lunatik_issingle,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_releaseprivate,
} from '../lunatik/lunatik_obj.js'
import type { runtime_t } from '../lunatik/lunatik_private.js'
import { bodyOf } from '../lunatik/lunatik_threads.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_checkobject,
  lunatik_deleteobject,
  lunatik_newclass,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { LUNATIK_ABANDONED, type lunatik_result, lunatik_resumethread, lunatik_waitk } from '../lunatik/lunatik_wait.js'
import { pr_fmt, ptr_to_hashval } from '../printk.js'
import { current, init_task, type task_struct } from '../sched.js'
import { class_check } from './class.js'
import {
  kthread_blocker,
  kthread_comm,
  kthread_create,
  kthread_is_deaf,
  kthread_pid,
  kthread_should_stop,
  kthread_stop,
  kthread_wait,
  wake_up_process,
} from './kthread.js'
import { isResumable, killBody, passObjects } from './lunatik.js'
import { real_timeout } from './timeout.js'

const { pr_err, pr_warn } = pr_fmt('luathread')

/** A thread's private data. */
export interface luathread_t {
  /** Null once the thread has ended. */
  task: task_struct | null
  /** What the thread runs in; null for a task that thread.run didn't make. */
  readonly runtime: lunatik_object_t | null
  /** What the function gets, of which a reference is held until it has it. */
  objects: readonly lunatik_object_t[]
  /** Whether the runtime's function has returned, yielded or raised. */
  over: boolean
}

/** The threads that have not ended. */
const threads = new Set<luathread_t>()

const warn = (thread: luathread_t, what: string) => pr_warn(`[${ptr_to_hashval(thread)}] ${what}`)

const luathread_check = LUNATIK_PRIVATECHECKER<luathread_t>(
  'luathread_check',
  class_check(() => luathread_class),
)

/** Resumes the runtime's function, with its lock held. Returns 0, or -ENOEXEC where it raises. */
function luathread_resume(thread: luathread_t, runtime: runtime_t): lunatik_result {
  const fail = (message: string | null) => {
    pr_err(`[${ptr_to_hashval(thread)}] ${message ?? '(null)'}`)
    return -ENOEXEC
  }
  const body = bodyOf(runtime)
  // Below a function that has returned the main state of a kernel's runtime has a nil.
  if (!isResumable(body))
    return fail(lua_status(body) === LUA_OK ? 'attempt to call a nil value' : 'cannot resume dead coroutine')
  const nargs = thread.objects.length
  const failed = passObjects(runtime, body, thread.objects)
  putObjects(thread)
  if (failed !== null) return fail(failed)
  return lunatik_resumethread(runtime, body, nargs, (status) => {
    thread.over = true
    if (status === LUNATIK_ABANDONED) {
      killBody(runtime)
      return -ENXIO
    }
    if (status !== LUA_OK && status !== LUA_YIELD) return fail(lua_tostring(body, -1))
    lua_pop(body, lua_gettop(body))
    return 0
  })
}

/** Puts back what is kept for the function. */
function putObjects(thread: luathread_t): void {
  for (const object of thread.objects) lunatik_putobject(object)
  thread.objects = []
}

/** The thread has ended: gives back what it held. */
function luathread_exited(
  object: lunatik_object_t<luathread_t>,
  thread: luathread_t,
  ret: number,
  stopped: boolean,
): void {
  const { runtime } = thread
  thread.task = null
  thread.over = true
  threads.delete(thread)
  putObjects(thread)
  if (ret === -EINTR) warn(thread, 'thread has never run')
  else if (stopped && ret === -ENOEXEC) warn(thread, 'thread has failed to execute')
  lunatik_putobject(runtime as lunatik_object_t)
  lunatik_putobject(object as lunatik_object_t)
}

/**
 * Makes a thread and pushes its object. It begins when its turn comes.
 * @param runtime of process context; its script has returned a function
 * @param objects what that gets
 */
export function luathread_new(
  L: lua_State,
  runtime: lunatik_object_t,
  name: string,
  objects: readonly lunatik_object_t[],
): lunatik_object_t<luathread_t> {
  // The script may have the runner alone, without the module.
  lunatik_newclass(L, luathread_class)
  const thread: luathread_t = { task: null, runtime, objects, over: false }
  const object = lunatik_newobject<luathread_t>(L, luathread_class, thread, LUNATIK_OPT_NONE)
  lunatik_getobject(object as lunatik_object_t)
  lunatik_getobject(runtime)
  for (const object of objects) lunatik_getobject(object)
  const run = () => lunatik_run(runtime, () => luathread_resume(thread, runtime.private as runtime_t))
  const task = kthread_create(run, name, (ret, stopped) => luathread_exited(object, thread, ret, stopped))
  thread.task = task
  threads.add(thread)
  wake_up_process(task, runtime.lock.running)
  return object
}

/** What is raised where a stop would wait for ever. */
const HANGS = 'the thread is the one that stops it, or waits for that: on a kernel this call would never return'

/** Whether a stop by the current task would wait for ever, as the thread is that task, or waits for it. */
export const luathread_hangs = ({ task }: luathread_t): boolean => task !== null && waitsInCircle(kthread_blocker(task))

/** How long a thread that computes may take to hear that it should stop, in milliseconds. */
const deafMs = 60

/**
 * Stops a thread, for a C function that Lua has called: waits until it has ended and goes on with `k`, as lunatik_waitk
 * does. A thread that sleeps is woken; one that computes and doesn't ask whether it should stop is ended.
 * @param timeout how long to wait, in milliseconds; null for no end
 * @param k is told whether the thread has ended
 * @throws raises where {@link luathread_hangs} holds, and as lunatik_waitk does
 */
export function luathread_stopk(
  L: lua_State,
  thread: luathread_t,
  timeout: number | null,
  k: (L: lua_State, ended: boolean) => number,
): number {
  const { task } = thread
  if (task === null) {
    warn(thread, 'thread has already stopped')
    return k(L, true)
  }
  if (luathread_hangs(thread)) return luaL_error(L, HANGS)
  kthread_stop(task)
  const waiter = current
  return lunatik_waitk<boolean>(
    L,
    (wake) => {
      const leave = () => {
        forget()
        cancel()
        hush()
        waiter.blocked_on = null
      }
      const over = (ended: boolean) => {
        leave()
        wake(ended)
      }
      const forget = kthread_wait(task, () => over(true))
      const cancel = real_timeout(timeout, () => over(false))
      const look = () => {
        hush = real_timeout(deafMs, look)
        if (kthread_is_deaf(task)) end(thread)
      }
      let hush = real_timeout(deafMs, look)
      if (waiter !== init_task) waiter.blocked_on = kthread_blocker(task)
      return () => {
        leave()
        return false
      }
    },
    k,
    false,
  )
}

/** Ends a thread that computes. */
function end(thread: luathread_t): void {
  warn(thread, 'thread computes on and never asks whether it should stop: it is ended; on a kernel the stop would wait')
  const runtime = thread.runtime?.private as runtime_t | null | undefined
  runtime?.abandon?.()
}

/** Says that a thread goes on although it was stopped. */
export const luathread_warnrunning = (thread: luathread_t) =>
  warn(thread, 'thread has not stopped yet: its runtime is closed; on a kernel the stop would wait')

/**
 * Stops a thread without waiting: it is woken, and runs to its end, its next sleep or the end of its slice.
 * @returns whether it is over; otherwise only the end of its runtime ends it
 */
export function luathread_stopnow(thread: luathread_t): boolean {
  if (thread.task === null) warn(thread, 'thread has already stopped')
  else kthread_stop(thread.task, true)
  return thread.over
}

/** thread:stop(): stops the thread, and waits until it has ended. A signal doesn't end the wait. */
function luathread_stop(L: lua_State): number {
  const thread = luathread_check(L, 1)
  if (thread.runtime !== null) return luathread_stopk(L, thread, null, () => 0)
  warn(thread, "thread wasn't created by us")
  return 0
}

/** TASK_COMM_LEN without the zero at its end. */
const commMax = 15

/** The command of a process; empty where there is none. */
function comm(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()
  } catch {
    return ''
  }
}

/**
 * thread:task(): a table with `command`, the name cut to 15 bytes; `pid` and `tgid`, which are one number here; and
 * `cpu`, which is 1 while the task runs and 0 while it sleeps, as on a kernel. A task that is no thread
 * counts as this process's.
 * @throws raises `null pointer dereference` once the thread has ended, where a kernel crashes
 */
function luathread_task(L: lua_State): number {
  const { task } = luathread_check(L, 1)
  luaL_argcheck(L, task !== null, 1, 'null pointer dereference')
  const pid = kthread_pid(task) ?? (task.pid < 0 ? process.pid : task.pid)
  lua_createtable(L, 0, 4)
  lua_pushinteger(L, task === current ? 1 : 0)
  lua_setfield(L, -2, 'cpu')
  lua_pushlstring(L, Buffer.from(kthread_comm(task) ?? comm(pid)).subarray(0, commMax))
  lua_setfield(L, -2, 'command')
  for (const field of ['pid', 'tgid']) {
    lua_pushinteger(L, pid)
    lua_setfield(L, -2, field)
  }
  return 1
}

const luathread_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'stop', func: luathread_stop },
  { name: 'task', func: luathread_task },
]

export const luathread_class: lunatik_class_t<luathread_t> = {
  name: 'thread',
  methods: luathread_mt,
  opt: LUNATIK_OPT_MONITOR,
}

/**
 * thread.run(runtime, name, objects...): resumes the function that the runtime's script has returned as a thread, with
 * the objects; a kernel of Lunatik 4.4 gives it none. What it returns or yields is dropped, what it raises is logged.
 * @returns in Lua, the thread
 * @throws raises `not allowed during module load`, `invalid object`, `IRQ runtime cannot spawn threads`, also for an
 *   object that is no runtime and of any context; `cannot share SINGLE object`
 */
function luathread_run(L: lua_State): number {
  luaL_argcheck(L, lunatik_isready(L), 1, 'not allowed during module load')
  const runtime = lunatik_checkobject(L, 1)
  luaL_argcheck(L, !lunatik_isirq(runtime.opt), 1, 'IRQ runtime cannot spawn threads')
  luaL_argcheck(L, runtime.class.name === lunatik_class.name, 1, 'invalid object')
  const name = luaL_checkstring(L, 2)
  const objects: lunatik_object_t[] = []
  for (let i = 3; i <= lua_gettop(L); i++) {
    const object = lunatik_checkobject(L, i)
    luaL_argcheck(L, !lunatik_issingle(object.opt), i, 'cannot share SINGLE object')
    objects.push(object)
  }
  luathread_new(L, runtime, name, objects)
  return 1
}

/** thread.shouldstop(): whether the current thread is being stopped. False outside of threads. */
function luathread_shouldstop(L: lua_State): number {
  lua_pushboolean(L, kthread_should_stop())
  return 1
}

/** thread.current(): the current task as a thread, which can't be stopped: `thread wasn't created by us`. */
function luathread_current(L: lua_State): number {
  lunatik_newobject<luathread_t>(
    L,
    luathread_class,
    { task: current, runtime: null, objects: [], over: true },
    LUNATIK_OPT_NONE,
  )
  return 1
}

const luathread_lib: luaL_Reg[] = [
  { name: 'run', func: luathread_run },
  { name: 'shouldstop', func: luathread_shouldstop },
  { name: 'current', func: luathread_current },
]

const luathread_classes = LUNATIK_CLASSES('thread', luathread_class)
LUNATIK_NEWLIB('thread', luathread_lib, luathread_classes)

/** Ends all threads that are left, with their runtimes where they don't end by themselves. */
export function luathread_exit(): void {
  for (const thread of [...threads]) {
    // It is on its way to its end where its runtime is closed.
    if (thread.runtime?.private === null || luathread_stopnow(thread)) continue
    luathread_warnrunning(thread)
    if (thread.runtime !== null) lunatik_releaseprivate(thread.runtime)
  }
}
