// The calls of `lunatik replay` that Node has not: libc's own, by the package koffi.
import { type Declare, libc } from '../libc.js'

type Ended = (e: unknown, ret: number) => void

/** Resolves with the result, or a negative errno. Made by the thread that asks, or by one of Node's pool. */
type Call<A extends unknown[]> = (alone: boolean, ...args: A) => number | Promise<number>

/** What is used of libc. */
export interface Libc {
  /** A command that carries bytes, which it may change; and one that has a number, or none. */
  readonly ioctl: Call<[fd: number, cmd: number, arg: Buffer]>
  readonly ioctl_arg: Call<[fd: number, cmd: number, arg: number]>
  /** Of one struct pollfd. */
  readonly poll: Call<[fds: Buffer, nfds: number, ms: number]>
  readonly lseek: Call<[fd: number, offset: number, whence: number]>
  readonly fcntl: Call<[fd: number, cmd: number, arg: number]>
}

const declare: Declare<Libc> = (koffi, lib) => {
  const call = <A extends unknown[]>(name: string, type: string, args: string[]): Call<A> => {
    const f = lib.func(name, type, args)
    const result = (ret: number) => (ret === -1 ? -koffi.errno() : Number(ret))
    return (alone, ...given) =>
      alone
        ? result(f(...given))
        : new Promise((resolve) => {
            // koffi has errno as the call left it as long as this function runs.
            const ended: Ended = (_, ret) => resolve(result(ret))
            f.async(...given, ended)
          })
  }
  return {
    ioctl: call('ioctl', 'int', ['int', 'unsigned long', 'void *']),
    ioctl_arg: call('ioctl', 'int', ['int', 'unsigned long', 'uint64_t']),
    poll: call('poll', 'int', ['void *', 'unsigned long', 'int']),
    lseek: call('lseek', 'int64_t', ['int', 'int64_t', 'int']),
    fcntl: call('fcntl', 'int', ['int', 'int', 'long']),
  }
}

let known: Libc | null | undefined

/** libc; null where koffi isn't there, or not for this machine. */
export function replay_libc(): Libc | null {
  if (known === undefined) known = libc(declare)
  return known
}
