// luasignal.c: the signals of the program whose call runs, and of threads.
//
// A mask is for the call: nobody can change another program's own, which is as it was when the call has its answer. A
// kernel's stays. What is blocked ends no sleep of the call. The server itself is sent no signal.
import { existsSync } from 'node:fs'
import { EINVAL, EPERM, ESRCH } from '../errno.js'
import { luaL_checkinteger, luaL_optinteger, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_pushboolean, type lua_State } from '../lua/lua.js'
import { lunatik_checkoption, lunatik_try } from '../lunatik/lunatik_aux.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { enqueue_task } from '../runqueue.js'
import { current, interrupt_task, type task_struct } from '../sched.js'
import { NSIG, SIGKILL, sigmask, signal_pending, type sigset_t, task_signals } from '../signal.js'
import { kthread_find } from './kthread.js'

/** An int of C's, of a lua_Integer. */
const int = (n: number | bigint) => Number(BigInt.asIntN(32, BigInt(n)))

/** What sigprocmask(2) does to a mask: SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK. */
const how: readonly ((mask: sigset_t, set: sigset_t) => sigset_t)[] = [
  (mask, set) => mask | set,
  (mask, set) => mask & ~set,
  (_mask, set) => set,
]

/** Changes the mask of a task. Returns 0 or -EINVAL. */
function sigprocmask(task: task_struct, cmd: number, sig: number): number {
  const change = how[cmd]
  if (change === undefined || sig < 1 || sig > NSIG) return -EINVAL
  task.blocked = change(task_signals(task).blocked, sigmask(sig))
  return 0
}

/**
 * signal.sigmask(sig[, cmd]): blocks a signal (0, the default), unblocks it (1), or blocks it alone (2), for the rest
 * of the call. Raises `EINVAL` for any other.
 */
function luasignal_sigmask(L: lua_State): number {
  const sig = int(luaL_checkinteger(L, 1))
  lunatik_try(L, sigprocmask, current, int(luaL_optinteger(L, 2, 0)), sig)
  return 0
}

/** signal.sigpending(): whether a signal waits that isn't blocked. */
function luasignal_sigpending(L: lua_State): number {
  lua_pushboolean(L, signal_pending(current))
  return 1
}

const states: Record<string, (sig: sigset_t) => boolean> = {
  blocked: (sig) => (task_signals(current).blocked & sig) !== 0n,
  pending: (sig) => (task_signals(current).pending & sig) !== 0n,
  allowed: (sig) => (task_signals(current).blocked & sig) === 0n,
}

/** signal.sigstate(sig[, state]): whether a signal is `blocked`, the default, `pending` for this thread or `allowed`. */
function luasignal_sigstate(L: lua_State): number {
  const sig = sigmask(int(luaL_checkinteger(L, 1)))
  lua_pushboolean(L, lunatik_checkoption(L, 2, 'blocked', states)(sig))
  return 1
}

/** Whether a process is this one, by any of its threads, or its parent, which serves the mount with it. */
const isOwn = (pid: number) => existsSync(`/proc/self/task/${pid}`) || pid === process.ppid

/** Sends a thread of here a signal: it wakes it from a sleep that signals end. */
function kill_kthread(task: task_struct, sig: number): number {
  if (sig === 0) return 0
  task.pending |= sigmask(sig)
  if (signal_pending(task)) enqueue_task(() => void interrupt_task(task, false), false)
  return 0
}

/** Sends a process a signal; 0 only asks whether it is there. Returns 0 or a negative errno. */
function kill_pid(pid: number, sig: number): number {
  const task = kthread_find(pid)
  // A program's groups have no positive number.
  if (pid <= 0 || (task === null && !existsSync(`/proc/${pid}`))) return -ESRCH
  if (sig < 0 || sig > NSIG) return -EINVAL
  if (task !== null) return kill_kthread(task, sig)
  if (sig !== 0 && isOwn(pid)) return -EPERM
  try {
    process.kill(pid, sig)
    return 0
  } catch (e) {
    return (e as NodeJS.ErrnoException).errno ?? -EINVAL
  }
}

/**
 * signal.kill(pid[, sig]): sends a signal, SIGKILL by default, with the server's rights.
 * @returns in Lua, true
 * @throws raises `ESRCH` for no process, `EINVAL` for no signal, `EPERM`, also for the server itself
 */
function luasignal_kill(L: lua_State): number {
  const pid = int(luaL_checkinteger(L, 1))
  lunatik_try(L, kill_pid, pid, int(luaL_optinteger(L, 2, SIGKILL)))
  lua_pushboolean(L, true)
  return 1
}

const luasignal_lib: luaL_Reg[] = [
  { name: 'sigmask', func: luasignal_sigmask },
  { name: 'sigpending', func: luasignal_sigpending },
  { name: 'sigstate', func: luasignal_sigstate },
  { name: 'kill', func: luasignal_kill },
]

LUNATIK_NEWLIB('signal', luasignal_lib, null)
