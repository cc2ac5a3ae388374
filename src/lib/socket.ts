// net/socket.c: sockets of the machine, for the kernel's own use. Each call is the system call of libc's, by the
// package koffi. None of them waits: what would gives -EAGAIN.
import { EACCES, EAFNOSUPPORT, EAGAIN, EINVAL, EMFILE, ENOPROTOOPT, EOPNOTSUPP, EPERM } from '../errno.js'
import { poll_wait } from '../eventpoll.js'
import { type Declare, libc } from '../libc.js'
import { pr_fmt } from '../printk.js'
import {
  isOnWire,
  packet_bind,
  packet_getname,
  packet_recvmsg,
  packet_release,
  packet_sendmsg,
  packet_sock,
} from './af_packet.js'

const { pr_info } = pr_fmt('luasocket')

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_NETLINK = 16
export const AF_PACKET = 17
const AF_MAX = 46
export const SOCK_STREAM = 1
const SOCK_MAX = 11
const SOCK_CLOEXEC = 0o2000000
export const SOCK_NONBLOCK = 0o4000
export const MSG_PEEK = 0x02
export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
export const MSG_WAITALL = 0x100
const MSG_NOSIGNAL = 0x4000
const SOL_SOCKET = 1
const SO_LINGER = 13
export const SO_RCVTIMEO = 20
export const SO_SNDTIMEO = 21
const SHUT_RDWR = 2
const RLIMIT_NOFILE = 7

/** The size of struct sockaddr_storage. */
export const SOCKADDR_BYTES = 128

/** How many descriptors are left to the server, or half of all where these are few. */
const reserved = 128

type Call = (...args: (number | Uint8Array | Int32Array | null)[]) => number

const declare: Declare<Readonly<Record<string, Call>>> = (koffi, lib) => {
  const call = (name: string, result: string, args: string[]): Call => {
    const f = lib.func(name, result, args)
    return (...args) => {
      const ret = f(...args)
      return ret < 0 ? -koffi.errno() : ret
    }
  }
  const address = ['int', 'void *', 'uint']
  const result = ['int', 'void *', 'void *']
  const option = ['int', 'int', 'int', 'void *']
  return {
    socket: call('socket', 'int', ['int', 'int', 'int']),
    bind: call('bind', 'int', address),
    connect: call('connect', 'int', address),
    listen: call('listen', 'int', ['int', 'int']),
    accept4: call('accept4', 'int', [...result, 'int']),
    sendto: call('sendto', 'int64_t', ['int', 'void *', 'size_t', 'int', 'void *', 'uint']),
    recvfrom: call('recvfrom', 'int64_t', ['int', 'void *', 'size_t', 'int', 'void *', 'void *']),
    getsockname: call('getsockname', 'int', result),
    getpeername: call('getpeername', 'int', result),
    setsockopt: call('setsockopt', 'int', [...option, 'uint']),
    getsockopt: call('getsockopt', 'int', [...option, 'void *']),
    shutdown: call('shutdown', 'int', ['int', 'int']),
    close: call('close', 'int', ['int']),
    getrlimit: call('getrlimit', 'int', ['int', 'void *']),
  }
}

let functions: Readonly<Record<string, Call>> | null | undefined

/** Whether there are sockets: not where the package koffi isn't installed. */
export function sock_init(): boolean {
  functions ??= libc(declare)
  return functions !== null
}

const syscall = (name: string, ...args: Parameters<Call>): number =>
  ((functions as Readonly<Record<string, Call>>)[name] as Call)(...args)

/** linux/net.h: an open socket. */
export interface socket {
  /** -1 for one that is on the wire alone. */
  fd: number
  readonly family: number
  readonly type: number
  /** Whether its close would wait for what is not sent yet, as SO_LINGER has been set. */
  lingers: boolean
  /** The frames that are injected for it; null for a socket of another family. */
  readonly wire: packet_sock | null
}

/** How many sockets are open. */
let open = 0

/** Whether there may be one socket more: the server needs descriptors of its own. */
function hasRoom(): boolean {
  const limit = Buffer.alloc(16)
  if (syscall('getrlimit', RLIMIT_NOFILE, limit) < 0) return true
  const most = Number(limit.readBigUInt64LE())
  return open < Math.max(most - reserved, most / 2)
}

function made(fd: number, family: number, type: number, lingers: boolean, wire: packet_sock | null = null): socket {
  open++
  return { fd, family, type, lingers, wire }
}

/** Makes a socket of frames: on the wire alone where this user may not have one of the machine's. */
function packet_create(fd: number, type: number, protocol: number): socket | number {
  if (fd < 0 && fd !== -EPERM && fd !== -EACCES) return fd
  if (fd < 0) pr_info('AF_PACKET is not allowed here: the socket has the frames of lunatik inject wire alone')
  return made(Math.max(fd, -1), AF_PACKET, type, false, new packet_sock(protocol))
}

/**
 * Waits until a socket may have what it waits for, or is free to be written.
 * @param events EPOLLIN or EPOLLOUT
 * @returns ends the wait
 */
export function sock_poll({ fd, wire }: socket, events: number, over: (ret: number) => void): () => void {
  const end = fd < 0 ? () => {} : poll_wait(fd, events, over)
  if (wire === null) return end
  const wake = () => over(0)
  wire.wake.add(wake)
  return () => {
    wire.wake.delete(wake)
    end()
  }
}

/** Makes a socket. Returns a negative errno where that fails. */
export function sock_create(family: number, type: number, protocol: number): socket | number {
  if (family < 0 || family >= AF_MAX) return -EAFNOSUPPORT
  if (type < 0 || type >= SOCK_MAX) return -EINVAL
  if (!hasRoom()) return -EMFILE
  const fd = syscall('socket', family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)
  if (family === AF_PACKET) return packet_create(fd, type, protocol)
  return fd < 0 ? fd : made(fd, family, type, false)
}

/** Takes a connection. Returns a negative errno where there is none: -EMFILE leaves it where it is. */
export function kernel_accept({ fd, family, type, lingers }: socket): socket | number {
  if (fd < 0) return -EOPNOTSUPP
  if (!hasRoom()) return -EMFILE
  const taken = syscall('accept4', fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK)
  return taken < 0 ? taken : made(taken, family, type, lingers)
}

/** Ends the connection, for both directions, and closes the socket. Nothing is waited for. */
export function sock_release({ fd, lingers, wire }: socket): void {
  if (wire !== null) packet_release(wire)
  if (fd < 0) {
    open--
    return
  }
  syscall('shutdown', fd, SHUT_RDWR)
  if (lingers) lingerNot(fd)
  // Not Node's, which knows nothing of the descriptor in a thread.
  syscall('close', fd)
  open--
}

/** struct linger: a close that would wait doesn't; one that cuts the connection does. */
function lingerNot(fd: number): void {
  const linger = Buffer.alloc(8)
  const length = Int32Array.of(linger.length)
  if (syscall('getsockopt', fd, SOL_SOCKET, SO_LINGER, linger, length) < 0 || linger.readInt32LE(4) === 0) return
  syscall('setsockopt', fd, SOL_SOCKET, SO_LINGER, Buffer.alloc(8), 8)
}

/** @param addr a struct sockaddr of the family. Returns 0 or a negative errno; so do those that follow. */
export function kernel_bind(sock: socket, addr: Uint8Array): number {
  if (sock.wire === null) return syscall('bind', sock.fd, addr, addr.length)
  if (sock.fd >= 0 && isOnWire(addr)) {
    syscall('close', sock.fd)
    sock.fd = -1
  }
  const ret = sock.fd < 0 ? 0 : syscall('bind', sock.fd, addr, addr.length)
  return ret < 0 ? ret : packet_bind(sock.wire, addr)
}

export const kernel_listen = ({ fd }: socket, backlog: number) =>
  fd < 0 ? -EOPNOTSUPP : syscall('listen', fd, backlog)
/** -EINPROGRESS where it begins, then -EALREADY until it has ended, which can be waited for as for room to write. */
export const kernel_connect = ({ fd }: socket, addr: Uint8Array) =>
  fd < 0 ? -EOPNOTSUPP : syscall('connect', fd, addr, addr.length)

/** Sends a message, or as much of a stream as there is room for. Returns how many bytes, or a negative errno. */
export const kernel_sendmsg = ({ fd, wire }: socket, bytes: Uint8Array, addr: Uint8Array | null) =>
  fd < 0
    ? packet_sendmsg(wire as packet_sock, bytes, addr)
    : syscall('sendto', fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, addr, addr?.length ?? 0)

/** A struct sockaddr_storage, and how many bytes of it are known. */
export interface sockaddr_buffer {
  readonly bytes: Buffer
  length: number
}

const addrlen = new Int32Array(1)

/** Calls `f` for an address. */
function withAddress(addr: sockaddr_buffer, f: (length: Int32Array) => number): number {
  addrlen[0] = addr.bytes.length
  addr.bytes.fill(0)
  const ret = f(addrlen)
  addr.length = ret < 0 ? 0 : Math.min(addrlen[0] as number, addr.bytes.length)
  return ret
}

/**
 * Receives a message, or what there is of a stream, into `buf`.
 * @param addr gets the sender's address; null where it isn't asked for
 * @returns how many bytes, 0 at a stream's end, or a negative errno
 */
export function kernel_recvmsg(
  { fd, wire }: socket,
  buf: Uint8Array,
  flags: number,
  addr: sockaddr_buffer | null,
): number {
  const injected = wire === null ? -EAGAIN : packet_recvmsg(wire, buf, (flags & MSG_PEEK) !== 0, addr)
  if (injected !== -EAGAIN || fd < 0) return injected
  if (addr === null) return syscall('recvfrom', fd, buf, buf.length, flags | MSG_DONTWAIT, null, null)
  return withAddress(addr, (length) =>
    syscall('recvfrom', fd, buf, buf.length, flags | MSG_DONTWAIT, addr.bytes, length),
  )
}

/** The address that it is bound to. */
export function kernel_getsockname({ fd, wire }: socket, addr: sockaddr_buffer): number {
  if (fd < 0) {
    addr.length = packet_getname(wire as packet_sock, addr.bytes)
    return 0
  }
  return withAddress(addr, (length) => syscall('getsockname', fd, addr.bytes, length))
}

/** The address that it is connected to. */
export const kernel_getpeername = ({ fd }: socket, addr: sockaddr_buffer) =>
  fd < 0 ? -EOPNOTSUPP : withAddress(addr, (length) => syscall('getpeername', fd, addr.bytes, length))

/** Options of packet filters, whose structs have pointers to where the kernel writes: by the level. */
const withPointers = new Map([
  [0 /* SOL_IP */, [64, 65, 96, 97, 128, 129]],
  [41 /* SOL_IPV6 */, [64, 65]],
])

export function sock_setsockopt(sock: socket, level: number, optname: number, value: Uint8Array): number {
  if (level === SOL_SOCKET && optname === SO_LINGER) sock.lingers = true
  if (withPointers.get(level)?.includes(optname)) return -ENOPROTOOPT
  if (sock.fd < 0) {
    sock.wire?.timeo.set(optname, value)
    return 0
  }
  return syscall('setsockopt', sock.fd, level, optname, value, value.length)
}

/**
 * How long a call may wait.
 * @param optname SO_RCVTIMEO or SO_SNDTIMEO
 * @returns milliseconds, or null for no end
 */
export function sock_timeo({ fd, wire }: socket, optname: number): number | null {
  const timeval = Buffer.alloc(16)
  if (fd < 0) timeval.set(wire?.timeo.get(optname)?.subarray(0, timeval.length) ?? [])
  else if (syscall('getsockopt', fd, SOL_SOCKET, optname, timeval, Int32Array.of(timeval.length)) < 0) return null
  const ms = Number(timeval.readBigInt64LE()) * 1000 + Math.ceil(Number(timeval.readBigInt64LE(8)) / 1000)
  return ms === 0 ? null : ms
}
