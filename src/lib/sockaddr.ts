// Addresses of sockets, as scripts give and get them, and as system calls do: struct sockaddr of each family.
import { ENOENT } from '../errno.js'
import { luaL_argcheck, luaL_checklstring } from '../lua/lauxlib.js'
import { lua_pushinteger, lua_pushlstring, type lua_State } from '../lua/lua.js'
import { lunatik_checkinteger } from '../lunatik/lunatik_aux.js'
import { lunatik_at } from '../lunatik/lunatik_path.js'
import { int64_check, int64_opt, int64_push } from './int64.js'
import { AF_INET, AF_NETLINK, AF_PACKET, AF_UNIX, SOCKADDR_BYTES, type sockaddr_buffer } from './socket.js'

/** linux/un.h. */
const UNIX_PATH_MAX = 108
/** Where the family's own part begins. */
const data = 2

function sockaddr(family: number, length: number): Buffer {
  const addr = Buffer.alloc(length)
  addr.writeUInt16LE(family)
  return addr
}

const u32 = (n: bigint) => Number(BigInt.asUintN(32, n))
const u16Max = 0xffff
const intMax = 0x7fffffff

/** How many arguments an address of a family is. */
export const addr_args = (family: number) =>
  family === AF_INET || family === AF_PACKET || family === AF_NETLINK ? 2 : 1

/**
 * The address that begins with the argument `ix`.
 *
 * A Unix socket's path ends before its first NUL; one that begins with NUL is an abstract name, all of whose bytes
 * count, and the empty one has the kernel choose an abstract name.
 * @returns a struct sockaddr
 */
export function addr_check(L: lua_State, family: number, ix: number): Buffer {
  if (family === AF_INET) {
    const addr = sockaddr(family, 16)
    addr.writeUInt32BE(u32(int64_check(L, ix)), 4)
    addr.writeUInt16BE(lunatik_checkinteger(L, ix + 1, 0, u16Max), 2)
    return addr
  }
  if (family === AF_PACKET) {
    const addr = sockaddr(family, 20)
    addr.writeUInt16BE(lunatik_checkinteger(L, ix, 0, u16Max), 2)
    addr.writeInt32LE(lunatik_checkinteger(L, ix + 1, 0, intMax), 4)
    return addr
  }
  if (family === AF_NETLINK) {
    const addr = sockaddr(family, 12)
    addr.writeUInt32LE(u32(int64_opt(L, ix, 0n)), 4)
    addr.writeUInt32LE(u32(int64_opt(L, ix + 1, 0n)), 8)
    return addr
  }
  const bytes = luaL_checklstring(L, ix)
  if (family === AF_UNIX) {
    luaL_argcheck(L, bytes.length < UNIX_PATH_MAX, ix, 'out of bounds')
    const abstract = bytes.length === 0 || bytes[0] === 0
    const nul = bytes.indexOf(0)
    const end = abstract || nul < 0 ? bytes.length : nul
    const addr = sockaddr(family, data + end + Number(!abstract))
    addr.set(bytes.subarray(0, end), data)
    return addr
  }
  luaL_argcheck(L, bytes.length <= SOCKADDR_BYTES - data, ix, 'out of bounds')
  const addr = sockaddr(family, SOCKADDR_BYTES)
  addr.set(bytes, data)
  return addr
}

/** The path of a Unix socket's address; null for an abstract name, and for other families. */
function pathOf(addr: Buffer): string | null {
  if (addr.readUInt16LE() !== AF_UNIX || addr.length <= data || addr[data] === 0) return null
  return addr.toString('utf8', data, addr.length - 1)
}

/**
 * Calls `f` with an address that is bound to: not where the path is on a mount of lunatik, for which this process would
 * wait.
 */
export function addr_bind(addr: Buffer, f: (addr: Buffer) => number): number {
  const path = pathOf(addr)
  if (path === null) return f(addr)
  return lunatik_at(path, 'luasocket', () => f(addr)) ?? -ENOENT
}

/** Calls `f` with an address of somebody else: the socket that the path leads to, which is on no mount of lunatik. */
export function addr_peer(addr: Buffer, f: (addr: Buffer) => number): number {
  const path = pathOf(addr)
  if (path === null) return f(addr)
  const held = (held: string) => {
    const there = sockaddr(AF_UNIX, data + held.length + 1)
    there.write(held, data)
    return f(there)
  }
  return lunatik_at(path, 'luasocket', (place) => (place.held === null ? -ENOENT : held(place.held))) ?? -ENOENT
}

/** Pushes an address, that of no sender as one of zeros. Returns how many values it is. */
export function addr_push(L: lua_State, family: number, { bytes, length }: sockaddr_buffer): number {
  if (family === AF_INET) {
    int64_push(L, BigInt(bytes.readUInt32BE(4)))
    lua_pushinteger(L, bytes.readUInt16BE(2))
    return 2
  }
  if (family === AF_NETLINK) {
    int64_push(L, BigInt(bytes.readUInt32LE(4)))
    int64_push(L, BigInt(bytes.readUInt32LE(8)))
    return 2
  }
  if (family === AF_UNIX) {
    const path = bytes.subarray(data, Math.max(length, data))
    const nul = path[0] === 0 ? -1 : path.indexOf(0)
    lua_pushlstring(L, nul < 0 ? path : path.subarray(0, nul))
    return 1
  }
  lua_pushlstring(L, bytes.subarray(data))
  return 1
}
