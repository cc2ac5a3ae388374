// linux/skbuff.h: packets, as hooks see them. Their bytes are all in one piece.
import { user_memory } from '../vfs/uaccess.js'
import type { net_device } from './netdevice.js'

export const ETH_P_IP = 0x0800
export const ETH_P_ARP = 0x0806
const ETH_P_8021Q = 0x8100
export const ETH_P_IPV6 = 0x86dd

export const ETH_HLEN = 14
const VLAN_HLEN = 4

/** Room before and behind a packet's bytes, as network devices leave it. */
const headroom = 64
const tailroom = 128
/** A word of V8's copies. */
const wordBytes = 8

/** What conntrack knows of a packet's connection. */
export interface nf_conn {
  mark: number
}

/** A packet. */
export interface sk_buff {
  /** The memory, with room at both ends. */
  readonly buf: Buffer
  /** Where the room behind its bytes ends. */
  readonly end: number
  /** Up to where it has bytes of its own: what is behind may be of another packet. */
  tail: number
  /** Whether its bytes, or how many there are, may be others than those that it was made of. */
  written: boolean
  /** Where the network header begins, and how many bytes there are from there on. */
  data: number
  len: number
  /** Where the MAC header begins; null where it was not set. */
  mac_header: number | null
  dev: net_device | null
  /** An EtherType. */
  readonly protocol: number
  mark: number
  /** The VLAN's number, which the kernel takes out of the bytes; null for none. */
  readonly vlan: number | null
  /** Null where conntrack doesn't track it. */
  readonly ct: nf_conn | null
  /** What was sent by its hooks. */
  readonly sent: { readonly dev: string; readonly bytes: Uint8Array }[]
}

/** The bytes from the network header on. */
export const skb_data = ({ buf, data, len }: sk_buff): Uint8Array => buf.subarray(data, data + len)

/** The bytes from the MAC header on, or where none was set, the network header. */
export const skb_frame = ({ buf, data, len, mac_header }: sk_buff): Uint8Array =>
  buf.subarray(mac_header ?? data, data + len)

/** Room behind the bytes. */
export const skb_tailroom = ({ end, data, len }: sk_buff): number => end - data - len

/** Has it end at so many bytes, within its room. What it never had is 0. */
export function skb_put(skb: sk_buff, len: number): void {
  const end = skb.data + len
  if (end > skb.tail) {
    skb.buf.fill(0, skb.tail, end)
    skb.tail = end
  }
  skb.len = len
  skb.written = true
}

/** The link types of pcap that are known: https://www.tcpdump.org/linktypes.html. */
export const linktypes: Readonly<Record<number, string>> = {
  0: 'null',
  1: 'ethernet',
  101: 'raw',
  113: 'sll',
  228: 'raw',
  229: 'raw',
}

/** The protocol of a packet without a link's header: by its version. */
const protocolOf = (byte: number | undefined): number => {
  const version = (byte ?? 0) >> 4
  return version === 4 ? ETH_P_IP : version === 6 ? ETH_P_IPV6 : 0
}

const be16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

/** How long the link's header is, what comes behind it, and where a VLAN tag is. */
function parseLink(frame: Uint8Array, link: string): { hlen: number; protocol: number; tag: number | null } {
  switch (link) {
    case 'ethernet': {
      const tagged = be16(frame, 12) === ETH_P_8021Q && frame.length >= ETH_HLEN + VLAN_HLEN
      return { hlen: ETH_HLEN, protocol: be16(frame, tagged ? 16 : 12), tag: tagged ? be16(frame, 14) : null }
    }
    case 'sll':
      return { hlen: 16, protocol: be16(frame, 14), tag: null }
    case 'null':
      return { hlen: 4, protocol: protocolOf(frame[4]), tag: null }
    default:
      return { hlen: 0, protocol: protocolOf(frame[0]), tag: null }
  }
}

/** What a packet comes with. */
export interface Origin {
  /** One of {@link linktypes}. */
  readonly link: string
  readonly dev: net_device | null
  readonly mark: number
  readonly ct: nf_conn | null
  /** Whether it has come over the link, so that its MAC header is set. */
  readonly received: boolean
}

/**
 * The memory of packets that are over, for those that come, which lies where Lua's functions see it. So many packets at
 * once have some of it.
 */
const cache: Buffer[] = []
const cacheSize = 2048
const cacheMost = 64
let cached = 0

function alloc_cached(): Buffer | null {
  const buf = cache.pop()
  if (buf !== undefined || cached === cacheMost) return buf ?? null
  cached++
  const { buffer, byteOffset, length } = user_memory(cacheSize)
  return Buffer.from(buffer, byteOffset, length)
}

/** Makes a packet of a frame's bytes; null where these end within the link's header. {@link kfree_skb} ends it. */
export function alloc_skb(frame: Uint8Array, { link, received, dev, mark, ct }: Origin): sk_buff | null {
  const { hlen, protocol, tag } = parseLink(frame, link)
  if (frame.length < hlen) return null
  const bytes = tag === null ? frame : Buffer.concat([frame.subarray(0, 12), frame.subarray(12 + VLAN_HLEN)])
  const most = headroom + wordBytes + bytes.length + tailroom
  // One that isn't to be kept is longer than those that are.
  const buf = (most <= cacheSize ? alloc_cached() : null) ?? Buffer.allocUnsafeSlow(Math.max(most, cacheSize + 1))
  // V8 copies words to memory that is shared, where both begin at the same place of one; else bytes.
  const begin = headroom + ((bytes.byteOffset - buf.byteOffset - headroom) & (wordBytes - 1))
  buf.set(bytes, begin)
  const tail = begin + bytes.length
  return {
    buf,
    end: tail + tailroom,
    tail,
    written: false,
    data: begin + hlen,
    len: bytes.length - hlen,
    mac_header: received ? begin : null,
    dev,
    protocol,
    mark,
    vlan: tag === null ? null : tag & 0xfff,
    ct,
    sent: [],
  }
}

/** Gives a packet's memory back, which nobody uses any more. */
export function kfree_skb({ buf }: sk_buff): void {
  if (buf.length === cacheSize) cache.push(buf)
}

/** A packet of its own with the same bytes. What it sends is the first one's. */
export const skb_copy = (skb: sk_buff): sk_buff => ({ ...skb, buf: Buffer.from(skb.buf.subarray(0, skb.end)) })

const linkHeaders: Readonly<Record<string, number>> = { ethernet: ETH_HLEN, sll: 16, null: 4 }

/** Whether the frame with its VLAN tag, as it would be on the wire, is another than `frame`. */
export function skb_differs(skb: sk_buff, link: string, frame: Uint8Array): boolean {
  if (!skb.written) return false
  if (skb.vlan !== null) return Buffer.compare(skb_wire(skb, link), frame) !== 0
  const begin = skb.data - (linkHeaders[link] ?? 0)
  return skb.buf.compare(frame, 0, frame.length, begin, skb.data + skb.len) !== 0
}

/** The frame with its VLAN tag, as it would be on the wire. */
export function skb_wire(skb: sk_buff, link: string): Uint8Array {
  const frame = skb.buf.subarray(skb.data - (linkHeaders[link] ?? 0), skb.data + skb.len)
  if (skb.vlan === null) return Buffer.from(frame)
  const tag = Uint8Array.of(ETH_P_8021Q >> 8, ETH_P_8021Q & 0xff, skb.vlan >> 8, skb.vlan & 0xff)
  return Buffer.concat([frame.subarray(0, 12), tag, frame.subarray(12)])
}

/** Adds the 16-bit words of bytes, big-endian, to a sum: csum_partial. */
export function csum_partial(bytes: Uint8Array, sum: number): number {
  let total = sum
  for (let i = 0; i < bytes.length; i++) total += (bytes[i] as number) << (i % 2 === 0 ? 8 : 0)
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000)
  return total
}

/** The Internet checksum of a sum: csum_fold. */
export const csum_fold = (sum: number): number => ~sum & 0xffff
