// unix(7)'s SCM_RIGHTS: a descriptor that another program hands over by a socket. Node has neither socketpair(2) nor
// recvmsg(2).
import { closeSync } from 'node:fs'
import { endianness } from 'node:os'
import { type Declare, libc } from '../libc.js'

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const MSG_CMSG_CLOEXEC = 0x40000000

/** cmsghdr with one descriptor, as CMSG_SPACE(sizeof(int)) counts it. */
const cmsgSpace = 24
const cmsgLevel = 8
const cmsgType = 12
const cmsgData = 16
const SOL_SOCKET = 1
const SCM_RIGHTS = 1

/** What is used of libc. */
interface Libc {
  readonly socketpair: (domain: number, type: number, protocol: number, fds: Int32Array) => number
  /** @param message struct msghdr */
  readonly recvmsg: (fd: number, message: object, flags: number) => bigint | number
}

let known: Libc | null | undefined

const declare: Declare<Libc> = (koffi, lib) => {
  const iovec = koffi.struct({ iov_base: 'void *', iov_len: 'uint64_t' })
  // As Linux has it; musl's smaller fields are padded so.
  const msghdr = koffi.struct({
    msg_name: 'void *',
    msg_namelen: 'uint64_t',
    msg_iov: koffi.pointer(iovec),
    msg_iovlen: 'uint64_t',
    msg_control: 'void *',
    msg_controllen: 'uint64_t',
    msg_flags: 'int64_t',
  })
  return {
    socketpair: lib.func('socketpair', 'int', ['int', 'int', 'int', koffi.pointer('int')]) as Libc['socketpair'],
    recvmsg: lib.func('recvmsg', 'int64_t', ['int', koffi.pointer(msghdr), 'int']) as Libc['recvmsg'],
  }
}

function functions(): Libc | null {
  if (known === undefined) known = endianness() === 'LE' ? libc(declare) : null
  return known
}

/** Whether descriptors can be received here. */
export const canReceive = (): boolean => functions() !== null

/** Two sockets that are connected with each other. */
export class SocketPair {
  /** Descriptors: one is for this process, the other for who sends. Each is closed in programs that are started. */
  readonly #mine: number
  readonly theirs: number

  /** Throws where {@link canReceive} says no, or there are no descriptors left. */
  constructor() {
    const fds = new Int32Array(2)
    if (functions()?.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) !== 0) throw new Error('no sockets')
    ;[this.#mine, this.theirs] = fds as unknown as [number, number]
  }

  /** The descriptor that was sent; null where none was. Doesn't wait. */
  receive(): number | null {
    const data = Buffer.alloc(1)
    const control = Buffer.alloc(cmsgSpace)
    const message = {
      msg_name: null,
      msg_namelen: 0,
      msg_iov: [{ iov_base: data, iov_len: data.length }],
      msg_iovlen: 1,
      msg_control: control,
      msg_controllen: control.length,
      msg_flags: 0,
    }
    const n = Number(functions()?.recvmsg(this.#mine, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) ?? -1)
    const isRights = control.readInt32LE(cmsgLevel) === SOL_SOCKET && control.readInt32LE(cmsgType) === SCM_RIGHTS
    return n > 0 && isRights ? control.readInt32LE(cmsgData) : null
  }

  close(): void {
    closeSync(this.#mine)
    closeSync(this.theirs)
  }
}
