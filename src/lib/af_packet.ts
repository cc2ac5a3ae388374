// net/packet/af_packet.c: sockets of frames, and the wire on which frames are injected. A socket whose family this user
// may not have, and one that is bound to a device that was injected, is on that wire alone.
import { EAGAIN, EINVAL, EMSGSIZE, ENETDOWN, ENODEV, ENOTCONN, ENXIO } from '../errno.js'
import { dev_get_by_index, isInjected, type net_device } from './netdevice.js'
import { ETH_HLEN } from './sk_buff.js'

const AF_PACKET = 17
const ETH_P_ALL = 3
const ARPHRD_ETHER = 1
/** How long the frames of a device may be without their header: of one that was injected, and of any other at most. */
const injectedMtu = 1500
const loopbackMtu = 65_536
const PACKET_HOST = 0
const PACKET_OUTGOING = 4

/** How many frames a socket keeps that nobody has received: a kernel's buffer has room for about as many. */
const queueMost = 256
/** How many of those that scripts have sent are kept until they are asked for. */
const sentMost = 1024

/** A frame that has come to a socket. */
interface Frame {
  readonly bytes: Uint8Array
  readonly dev: net_device
  readonly pkttype: number
}

/** What a socket has of the wire. */
export class packet_sock {
  /** An EtherType, ETH_P_ALL for all; 0 for none. */
  protocol: number
  /** The device's index; 0 for all. */
  ifindex = 0
  readonly queue: Frame[] = []
  /** Called when a frame has come. */
  readonly wake = new Set<() => void>()
  /** SO_RCVTIMEO and SO_SNDTIMEO as they were set, by their numbers. */
  readonly timeo = new Map<number, Uint8Array>()

  constructor(protocol: number) {
    this.protocol = ((protocol & 0xff) << 8) | ((protocol >> 8) & 0xff)
    sockets.add(this)
  }
}

const sockets = new Set<packet_sock>()
const sent: { readonly dev: string; readonly bytes: Uint8Array }[] = []

/** Ends a socket. */
export const packet_release = (sock: packet_sock): boolean => sockets.delete(sock)

/** How many sockets there are that frames of a device may come to. */
export const packet_sockets = (): number => sockets.size

/** The frames that scripts have sent on the wire since the last time, oldest first. */
export const packet_sent = () => sent.splice(0)

/** A socket's address in a struct sockaddr_ll: the EtherType and the device's index. */
const addressOf = (addr: Uint8Array): { protocol: number; ifindex: number } => ({
  protocol: ((addr[2] ?? 0) << 8) | (addr[3] ?? 0),
  ifindex: Buffer.from(addr.buffer, addr.byteOffset, addr.length).readInt32LE(4),
})

/** Whether an address is that of a device which only the wire has. */
export const isOnWire = (addr: Uint8Array): boolean => isInjected(addressOf(addr).ifindex)

/** @param addr a struct sockaddr_ll. Returns 0, or -ENODEV for no device. */
export function packet_bind(sock: packet_sock, addr: Uint8Array): number {
  const { protocol, ifindex } = addressOf(addr)
  if (ifindex !== 0 && dev_get_by_index(ifindex) === null) return -ENODEV
  if (protocol !== 0) sock.protocol = protocol
  sock.ifindex = ifindex
  return 0
}

/** Writes a struct sockaddr_ll. Returns how many bytes it has. */
function writeAddress(addr: Buffer, protocol: number, ifindex: number, from: Frame | null): number {
  addr.fill(0)
  addr.writeUInt16LE(AF_PACKET, 0)
  addr.writeUInt16BE(protocol, 2)
  addr.writeInt32LE(ifindex, 4)
  addr.writeUInt16LE(ARPHRD_ETHER, 8)
  addr[10] = from?.pkttype ?? PACKET_HOST
  addr[11] = 6
  if (from !== null) addr.set(from.bytes.subarray(6, 12), 12)
  return from === null ? 18 : 20
}

/** The address that it is bound to. Returns its length. */
export const packet_getname = ({ protocol, ifindex }: packet_sock, addr: Buffer): number =>
  writeAddress(addr, protocol, ifindex, null)

export const etherTypeOf = (frame: Uint8Array): number => ((frame[12] ?? 0) << 8) | (frame[13] ?? 0)

/**
 * Gives a frame to the sockets that listen to its device.
 * @param sender the socket that has sent it, which doesn't hear it; null for one that was injected
 * @returns how many have heard it, and how many had no room
 */
export function packet_deliver(
  bytes: Uint8Array,
  dev: net_device,
  sender: packet_sock | null,
): { heard: number; lost: number } {
  let [heard, lost] = [0, 0]
  for (const sock of sockets) {
    if (sock === sender || (sock.ifindex !== 0 && sock.ifindex !== dev.ifindex)) continue
    // What is sent is heard by those that hear all.
    if (sock.protocol !== ETH_P_ALL && (sender !== null || sock.protocol !== etherTypeOf(bytes))) continue
    if (sock.queue.length >= queueMost) {
      lost++
      continue
    }
    heard++
    sock.queue.push({ bytes, dev, pkttype: sender === null ? PACKET_HOST : PACKET_OUTGOING })
    for (const wake of [...sock.wake]) wake()
  }
  return { heard, lost }
}

/**
 * Takes the next frame that has come.
 * @param peek whether it stays
 * @returns how many bytes are in buf, or -EAGAIN
 */
export function packet_recvmsg(
  sock: packet_sock,
  buf: Uint8Array,
  peek: boolean,
  addr: { readonly bytes: Buffer; length: number } | null,
): number {
  const frame = peek ? sock.queue[0] : sock.queue.shift()
  if (frame === undefined) return -EAGAIN
  const part = frame.bytes.subarray(0, buf.length)
  buf.set(part)
  if (addr !== null) addr.length = writeAddress(addr.bytes, etherTypeOf(frame.bytes), frame.dev.ifindex, frame)
  return part.length
}

/**
 * Sends a frame on the wire, by the device of an address or the one that the socket is bound to.
 * @returns its length; -ENXIO for no device, -ENETDOWN for one that is not up, -EINVAL for less than an Ethernet header,
 *   -EMSGSIZE for more than the device takes
 */
export function packet_sendmsg(sock: packet_sock, bytes: Uint8Array, addr: Uint8Array | null): number {
  const dev = dev_get_by_index(addr === null ? sock.ifindex : addressOf(addr).ifindex)
  if (dev === null) return addr === null && sock.ifindex === 0 ? -ENOTCONN : -ENXIO
  if (!dev.up) return -ENETDOWN
  if (bytes.length < ETH_HLEN) return -EINVAL
  if (bytes.length > ETH_HLEN + (isInjected(dev.ifindex) ? injectedMtu : loopbackMtu)) return -EMSGSIZE
  const frame = Uint8Array.from(bytes)
  sent.push({ dev: dev.name, bytes: frame })
  if (sent.length > sentMost) sent.shift()
  packet_deliver(frame, dev, sock)
  return bytes.length
}
