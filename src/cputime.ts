// linux/sched/cputime.h: for how long a thread has had a processor, which on a busy machine is far less than the time
// that has passed. Node has no call for it before 23.9, so the proc filesystem says it.
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs'

/**
 * Whether a thread wants a processor, that is, runs or waits for its turn to; false where it sleeps or is gone.
 * @param pid the number of the thread's process; by default this one
 */
export function threadRuns(tid: number, pid: number | 'self' = 'self'): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).startsWith('R')
  } catch {
    return false
  }
}

/** The clock of one thread. It holds a descriptor, so that it goes on where there are no more to be had. */
export interface CpuClock {
  /**
   * The time that the thread has had a processor since it began, in milliseconds; it may be a tick of the kernel (1 to
   * 10 ms) behind. Of a thread that has ended it stays at what was read last.
   */
  readonly now: () => number
  /** May be called again; the clock then stands still. */
  readonly close: () => void
}

/** stat(5)'s clock ticks, as the kernel shows them to programs on all of Node's platforms. */
const ticksPerMs = 100 / 1000

/** The first number of /proc/PID/task/TID/schedstat, in nanoseconds; a kernel that doesn't count says 0. */
const schedstat = (text: string) => Number.parseInt(text, 10) / 1e6 || Number.NaN

/** utime and stime of /proc/PID/task/TID/stat; the name before them may hold spaces and parentheses. */
function stat(text: string): number {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerMs
}

/** gettid(2): the calling thread's number, for {@link threadCpuClock} in another thread; 0 where there is no /proc. */
export function gettid(proc = '/proc'): number {
  try {
    return Number(readlinkSync(`${proc}/thread-self`).split('/').at(-1))
  } catch {
    return 0
  }
}

/** A clock that reads `file`; null where it can't be read or says nothing. */
function open(file: string, parse: (text: string) => number): CpuClock | null {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch {
    return null
  }
  const bytes = Buffer.allocUnsafe(1024)
  let last = Number.NaN
  const now = () => {
    if (fd < 0) return last
    try {
      const time = parse(bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0)))
      if (!Number.isNaN(time)) last = time
    } catch {
      // ESRCH: the thread has ended.
    }
    return last
  }
  const close = () => {
    if (fd >= 0) closeSync(fd)
    fd = -1
  }
  if (!Number.isNaN(now())) return { now, close }
  close()
  return null
}

/**
 * The clock of a thread: of its processor time where the kernel tells it, else of the time that passes.
 * @param tid the thread's number, of {@link gettid}; by default that of the calling thread
 * @param proc where the proc filesystem is
 * @param pid the number of the thread's process; by default this one
 */
export function threadCpuClock(tid = gettid(), proc = '/proc', pid: number | 'self' = 'self'): CpuClock {
  const task = `${proc}/${pid}/task/${tid}`
  return (
    open(`${task}/schedstat`, schedstat) ??
    open(`${task}/stat`, stat) ?? { now: () => performance.now(), close: () => {} }
  )
}
