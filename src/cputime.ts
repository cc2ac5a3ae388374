// linux/sched/cputime.h: for how long a thread has had a processor, which on a busy machine is far less than the time
// that has passed. Node has no call for it before 23.9, so the proc filesystem says it.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'

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

/** The fields of /proc/PID/task/TID/stat from the third on; the name before them may hold spaces and parentheses. */
const fieldsOf = (text: string) => text.slice(text.lastIndexOf(')') + 2).split(' ')

/** utime and stime of these fields, in milliseconds. */
const timeOf = (fields: readonly string[]) => (Number(fields[11]) + Number(fields[12])) / ticksPerMs

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
    open(`${task}/stat`, (text) => timeOf(fieldsOf(text))) ?? { now: () => performance.now(), close: () => {} }
  )
}

/** What a thread is at. */
export interface ThreadState {
  /** Whether it wants a processor, that is, runs or waits for its turn to. */
  readonly runs: boolean
  /** The time that it has had a processor since it began, in milliseconds, counted in ticks of the kernel. */
  readonly ms: number
}

/**
 * The threads of a process by their numbers, but for the calling one; none where the process is gone or there is no
 * /proc.
 * @param pid the number of the process; by default this one
 * @param proc where the proc filesystem is
 */
export function otherThreads(pid: number | 'self' = 'self', proc = '/proc'): Map<number, ThreadState> {
  const tasks = `${proc}/${pid}/task`
  const self = gettid(proc)
  const threads = new Map<number, ThreadState>()
  try {
    for (const tid of readdirSync(tasks).map(Number)) if (tid !== self) threads.set(tid, stateOf(`${tasks}/${tid}`))
  } catch {}
  return threads
}

/** That of /proc/PID/task/TID; one that has ended since wants nothing. */
function stateOf(task: string): ThreadState {
  try {
    const fields = fieldsOf(readFileSync(`${task}/stat`, 'latin1'))
    return { runs: fields[0] === 'R', ms: timeOf(fields) }
  } catch {
    return { runs: false, ms: 0 }
  }
}
