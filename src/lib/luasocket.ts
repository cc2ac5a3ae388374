// luasocket.c: the machine's sockets. A call that waits sleeps, and its socket stays locked; signals and thread.stop
// end the wait.
import { EAGAIN, EALREADY, EINPROGRESS, EINTR, EMFILE, ERESTARTSYS } from '../errno.js'
import { EPOLLIN, EPOLLOUT } from '../eventpoll.js'
import { luaL_checkinteger, luaL_checklstring, luaL_error, luaL_optinteger, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_COLLECTS,
  LUA_GCCOLLECT,
  LUA_TSTRING,
  lua_gc,
  lua_gettop,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushvalue,
  type lua_State,
  lua_settop,
  lua_toboolean,
  lua_type,
} from '../lua/lua.js'
import { lua_tick } from '../lua/lua_ticks.js'
import { lunatik_throw, lunatik_try } from '../lunatik/lunatik_aux.js'
import { lunatik_conf } from '../lunatik/lunatik_conf.js'
import { lunatik_enomem } from '../lunatik/lunatik_enomem.js'
import { lunatik_checknull, lunatik_free, lunatik_malloc } from '../lunatik/lunatik_mem.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  type lunatik_class_t,
  type lunatik_object_t,
} from '../lunatik/lunatik_obj.js'
import { lunatik_setopener } from '../lunatik/lunatik_openers.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { lunatik_waitk } from '../lunatik/lunatik_wait.js'
import { class_check } from './class.js'
import { addr_args, addr_bind, addr_check, addr_peer, addr_push } from './sockaddr.js'
import {
  AF_NETLINK,
  AF_UNIX,
  kernel_accept,
  kernel_bind,
  kernel_connect,
  kernel_getpeername,
  kernel_getsockname,
  kernel_listen,
  kernel_recvmsg,
  kernel_sendmsg,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOCKADDR_BYTES,
  sock_create,
  sock_init,
  sock_poll,
  sock_release,
  sock_setsockopt,
  sock_timeo,
  type sockaddr_buffer,
  type socket,
} from './socket.js'
import { ktime_get } from './timekeeping.js'
import { schedule_timeout } from './timeout.js'

/** A socket's private data. */
interface luasocket {
  readonly socket: socket
  /** What a kernel would keep of it, in the memory of the runtime that made it. */
  readonly memory: Uint8Array
}

/** What counts against the runtime for a socket, in bytes: about a kernel's struct tcp_sock. */
const socketBytes = 2048

/** linux/socket.h. */
const SOMAXCONN = 4096

const luasocket_check = LUNATIK_PRIVATECHECKER<luasocket>(
  'luasocket_check',
  class_check(() => luasocket_class),
)

const checkSocket = (L: lua_State, ix: number): socket => luasocket_check(L, ix).socket

const int = (L: lua_State, arg: number) => Number(luaL_checkinteger(L, arg)) | 0
const optint = (L: lua_State, arg: number, def: number) => Number(luaL_optinteger(L, arg, def)) | 0

/** The address of whoever is asked for; read before anything else runs. */
const address: sockaddr_buffer = { bytes: Buffer.alloc(SOCKADDR_BYTES), length: 0 }

/** How a call waits. */
interface Wait {
  /** EPOLLIN or EPOLLOUT. */
  readonly events: number
  /** SO_RCVTIMEO or SO_SNDTIMEO. */
  readonly timeo: number
  /** What the end of the time is. */
  readonly late: number
}

const receiving: Wait = { events: EPOLLIN, timeo: SO_RCVTIMEO, late: -EAGAIN }
const sending: Wait = { events: EPOLLOUT, timeo: SO_SNDTIMEO, late: -EAGAIN }
const connecting: Wait = { events: EPOLLOUT, timeo: SO_SNDTIMEO, late: -EINPROGRESS }

/** How long a call pauses that could go on and then had to wait again, in milliseconds: a poll may tell it so always. */
const pauseMs = 2

/**
 * Sleeps until `again` gives something else than -EAGAIN, and goes on with `k`, which gets that; or what ended the wait:
 * -EINTR or -ERESTARTSYS for a signal, `late` for the end of the time. Or sleeps once, without `again`.
 */
function wait_event(
  L: lua_State,
  socket: socket,
  { events, timeo, late }: Wait,
  again: (L: lua_State) => number,
  k: (L: lua_State, ret: number) => number,
): number {
  const timeout = sock_timeo(socket, timeo)
  const end = timeout === null ? null : ktime_get() + timeout
  const interrupted = timeout === null ? -ERESTARTSYS : -EINTR
  const sleep = (L: lua_State, pause: number): number =>
    lunatik_waitk<number>(
      L,
      (wake) => {
        const over = (ret: number) => {
          leave()
          wake(ret)
        }
        let poll = () => {}
        const begin = () => {
          poll = sock_poll(socket, events, over)
        }
        const timer = pause === 0 ? undefined : setTimeout(begin, pause)
        if (pause === 0) begin()
        const rest = end === null ? null : Math.max(0, end - ktime_get())
        const cancel = schedule_timeout(rest, () => over(late))
        const leave = () => {
          clearTimeout(timer)
          poll()
          cancel()
        }
        return () => {
          leave()
          return interrupted
        }
      },
      (L, woken) => {
        const ret = woken === 0 ? again(L) : woken
        return ret === -EAGAIN && woken === 0 ? sleep(L, pauseMs) : k(L, ret)
      },
    )
  return sleep(L, 0)
}

/** Does `op`, now or once it needn't wait any more, and goes on with `k`, or raises the errno's name. */
function blocking(
  L: lua_State,
  socket: socket,
  wait: Wait,
  nonblock: boolean,
  op: (L: lua_State) => number,
  k: (L: lua_State, ret: number) => number,
): number {
  const finish = (L: lua_State, ret: number) => (ret < 0 ? lunatik_throw(L, ret) : k(L, ret))
  const ret = op(L)
  // Who never has to wait has slices as well: system calls take longer than the Lua between them.
  lua_tick(L)
  return ret !== -EAGAIN || nonblock ? finish(L, ret) : wait_event(L, socket, wait, op, finish)
}

/**
 * socket:send(message [, address...]): sends all of a stream's bytes, or a message.
 * @returns in Lua, how many bytes were sent: fewer than there are where a stream's wait was ended
 */
function luasocket_send(L: lua_State): number {
  const socket = checkSocket(L, 1)
  const length = luaL_checklstring(L, 2).length
  const given = lua_gettop(L) >= 3 || socket.family === AF_NETLINK
  const addr = given ? addr_check(L, socket.family, 3) : null
  let sent = 0
  const push = (L: lua_State) => {
    lua_pushinteger(L, sent)
    lua_tick(L)
    return 1
  }
  const sendAll = (L: lua_State): number => {
    for (;;) {
      const bytes = luaL_checklstring(L, 2)
      const rest = sent === 0 ? bytes : bytes.subarray(sent)
      const ret =
        addr === null ? kernel_sendmsg(socket, rest, null) : addr_peer(addr, (to) => kernel_sendmsg(socket, rest, to))
      if (ret < 0) return ret
      sent += ret
      if (sent >= length || ret === 0) return sent
    }
  }
  const ret = sendAll(L)
  if (ret !== -EAGAIN) return ret < 0 && sent === 0 ? lunatik_throw(L, ret) : push(L)
  return wait_event(L, socket, sending, sendAll, (L, ret) => (ret < 0 && sent === 0 ? lunatik_throw(L, ret) : push(L)))
}

/** Where what is received comes first, in bytes; what is longer has memory of its own. */
const scratch = Buffer.allocUnsafeSlow(64 << 10)

/**
 * socket:receive(length [, flags [, from]]): up to length bytes of a stream, `""` at its end; or a message, of which
 * the rest is lost.
 * @returns in Lua, the bytes; with from the sender's address as well
 * @throws raises `not enough memory` for a length beyond the runtime's limit
 */
function luasocket_receive(L: lua_State): number {
  const socket = checkSocket(L, 1)
  const length = Number(luaL_checkinteger(L, 2))
  const flags = optint(L, 3, 0)
  const from = lua_toboolean(L, 4)
  if (length < 0 || length > lunatik_conf.memory) lunatik_enomem(L)
  const nonblock = (flags & MSG_DONTWAIT) !== 0
  const all = !nonblock && (flags & (MSG_WAITALL | MSG_PEEK)) === MSG_WAITALL && socket.type === SOCK_STREAM
  // Of a stream nothing comes with it: what was there before is nobody's.
  const discards = (flags & MSG_TRUNC) !== 0 && socket.type === SOCK_STREAM
  let buf: Buffer | null = null
  let got = 0
  const receive = (): number => {
    const into = buf ?? (length > scratch.length || all ? Buffer.allocUnsafeSlow(length) : scratch.subarray(0, length))
    buf = into
    if (discards) into.fill(0)
    for (;;) {
      const ret = kernel_recvmsg(socket, into.subarray(got), flags, from ? address : null)
      // Who waits keeps no memory that is empty.
      if (ret < 0 && got === 0) buf = null
      if (ret < 0) return ret
      got = Math.min(got + ret, length)
      if (!all || ret === 0 || got === length) return got
    }
  }
  const push = (L: lua_State, ret: number) => {
    if (ret < 0 && got === 0) return lunatik_throw(L, ret)
    lua_pushlstring(L, (buf as Buffer).subarray(0, got))
    lua_tick(L)
    return from ? addr_push(L, socket.family, address) + 1 : 1
  }
  const ret = receive()
  return ret === -EAGAIN && !nonblock ? wait_event(L, socket, receiving, receive, push) : push(L, ret)
}

/** socket:bind(address...) */
function luasocket_bind(L: lua_State): number {
  const socket = checkSocket(L, 1)
  lunatik_try(L, addr_bind, addr_check(L, socket.family, 2), (addr) => kernel_bind(socket, addr))
  return 0
}

/** socket:listen([backlog]) */
function luasocket_listen(L: lua_State): number {
  lunatik_try(L, kernel_listen, checkSocket(L, 1), optint(L, 2, SOMAXCONN))
  return 0
}

/** socket:connect(address... [, flags]): with O_NONBLOCK in the flags it raises `EINPROGRESS` and goes on by itself. */
function luasocket_connect(L: lua_State): number {
  const socket = checkSocket(L, 1)
  const addr = addr_check(L, socket.family, 2)
  const nonblock = (optint(L, 2 + addr_args(socket.family), 0) & SOCK_NONBLOCK) !== 0
  // Asked again it tells how far it is, which on loopback is often at once.
  const connect = (): number => {
    let ret = addr_peer(addr, (to) => kernel_connect(socket, to))
    if (nonblock) return ret
    if (ret === -EINPROGRESS) ret = kernel_connect(socket, addr)
    return ret === -EALREADY ? -EAGAIN : ret
  }
  return blocking(L, socket, socket.family === AF_UNIX ? sending : connecting, nonblock, connect, () => 0)
}

/** socket:getsockname() */
function luasocket_getsockname(L: lua_State): number {
  const socket = checkSocket(L, 1)
  lunatik_try(L, kernel_getsockname, socket, address)
  return addr_push(L, socket.family, address)
}

/** socket:getpeername() */
function luasocket_getpeername(L: lua_State): number {
  const socket = checkSocket(L, 1)
  lunatik_try(L, kernel_getpeername, socket, address)
  return addr_push(L, socket.family, address)
}

/** socket:setsockopt(level, optname, value): the value is an integer, or the bytes of the option's own type. */
function luasocket_setsockopt(L: lua_State): number {
  const socket = checkSocket(L, 1)
  const level = int(L, 2)
  const optname = int(L, 3)
  const value = lua_type(L, 4) === LUA_TSTRING ? luaL_checklstring(L, 4) : Int32Array.of(int(L, 4))
  lunatik_try(
    L,
    sock_setsockopt,
    socket,
    level,
    optname,
    new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
  )
  return 0
}

function luasocket_release({ socket, memory }: luasocket): void {
  sock_release(socket)
  lunatik_free(memory)
}

/**
 * socket:accept([flags]): a connection's socket. With SOCK_NONBLOCK in the flags it raises `EAGAIN` where there is none.
 */
function luasocket_accept(L: lua_State): number {
  const socket = checkSocket(L, 1)
  const nonblock = (optint(L, 2, 0) & SOCK_NONBLOCK) !== 0
  lua_settop(L, 1)
  const object = newSocket(L)
  let taken: socket | number = -EAGAIN
  const accept = (L: lua_State): number => {
    taken = created(L, () => kernel_accept(socket))
    return typeof taken === 'number' ? taken : 0
  }
  return blocking(L, socket, receiving, nonblock, accept, (L) => {
    own(L, object, taken as socket)
    lua_pushvalue(L, 2)
    return 1 /* object */
  })
}

const luasocket_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_closeobject },
  { name: 'close', func: lunatik_closeobject },
  { name: 'send', func: luasocket_send },
  { name: 'receive', func: luasocket_receive },
  { name: 'bind', func: luasocket_bind },
  { name: 'listen', func: luasocket_listen },
  { name: 'accept', func: luasocket_accept },
  { name: 'connect', func: luasocket_connect },
  { name: 'setsockopt', func: luasocket_setsockopt },
  { name: 'getsockname', func: luasocket_getsockname },
  { name: 'getpeername', func: luasocket_getpeername },
]

const luasocket_class: lunatik_class_t<luasocket> = {
  name: 'socket',
  methods: luasocket_mt,
  release: luasocket_release,
  opt: LUNATIK_OPT_MONITOR | LUNATIK_OPT_EXTERNAL,
}

/** Pushes an object that has no socket yet. */
const newSocket = (L: lua_State) => lunatik_newobject<luasocket>(L, luasocket_class, 0, LUNATIK_OPT_NONE)

/** Gives an object its socket. */
function own(L: lua_State, object: lunatik_object_t<luasocket>, socket: socket): void {
  const memory = lunatik_malloc(L, socketBytes)
  if (memory !== null) object.private = { socket, memory }
  else sock_release(socket)
  lunatik_checknull(L, memory)
}

/** Makes a socket. Where descriptors are short, those of sockets that nobody uses are given back first. */
function created(L: lua_State, make: () => socket | number): socket | number {
  const made = make()
  if (made !== -EMFILE || !LUA_COLLECTS) return made
  lua_gc(L, LUA_GCCOLLECT)
  return make()
}

/** socket.new(family, type, protocol) */
function luasocket_new(L: lua_State): number {
  const [family, type, protocol] = [int(L, 1), int(L, 2), int(L, 3)]
  const object = newSocket(L)
  const made = created(L, () => sock_create(family, type, protocol))
  if (typeof made === 'number') return lunatik_throw(L, made)
  own(L, object, made)
  return 1 /* object */
}

const luasocket_lib: luaL_Reg[] = [{ name: 'new', func: luasocket_new }]

const luasocket_classes = LUNATIK_CLASSES('socket', luasocket_class)
const luaopen_socket = LUNATIK_NEWLIB('socket', luasocket_lib, luasocket_classes)

lunatik_setopener('socket', (L) =>
  sock_init()
    ? luaopen_socket(L)
    : luaL_error(L, "module 'socket' needs the package koffi, which is not installed here: npm install koffi"),
)
