// Packets on their way through the hooks of netfilter.
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'
import { type Fields, hexBytes, InjectError, integer, type Kind, text, texts } from './inject_event.js'
import { decode_frames } from './inject_frames.js'
import { dev_get_by_name, type net_device } from './netdevice.js'
import {
  NF_ACCEPT,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  type nf_hook_ops,
  nf_hook_slow,
  nf_hooks,
  verdict_names,
} from './nf_hook.js'
import { makePacket, packetFields } from './packet.js'
import {
  alloc_skb,
  ETH_HLEN,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  kfree_skb,
  linktypes,
  type sk_buff,
  skb_differs,
  skb_wire,
} from './sk_buff.js'

/** The hooks of a family, in the order of their numbers. */
const inetHooks = ['PRE_ROUTING', 'LOCAL_IN', 'FORWARD', 'LOCAL_OUT', 'POST_ROUTING']
const hookNames: Readonly<Record<number, readonly string[]>> = {
  [NFPROTO_IPV4]: inetHooks,
  [NFPROTO_IPV6]: inetHooks,
  [NFPROTO_ARP]: ['IN', 'OUT', 'FORWARD'],
  [NFPROTO_BRIDGE]: [...inetHooks, 'BROUTING'],
}

/** The families that may be given, and what each packet's is otherwise. */
const families: Readonly<Record<string, number>> = {
  ipv4: NFPROTO_IPV4,
  ipv6: NFPROTO_IPV6,
  arp: NFPROTO_ARP,
  bridge: NFPROTO_BRIDGE,
}
const familyOf = new Map([
  [ETH_P_IP, NFPROTO_IPV4],
  [ETH_P_IPV6, NFPROTO_IPV6],
  [ETH_P_ARP, NFPROTO_ARP],
])

const maxMark = 0xffff_ffff
const linkNames = [...new Set(Object.values(linktypes))]

/** The packets that an event has, and whether it has a list of them. */
export function framesOf(fields: Fields): { frames: Uint8Array[]; list: boolean } {
  const ways = ['hex', 'packets', 'frames'].filter((name) => fields[name] !== undefined)
  const made = packetFields.some((name) => fields[name] !== undefined)
  if (ways.length + Number(made) !== 1)
    throw new InjectError("give one packet: its bytes as 'hex', a list of 'packets' (base64), or its fields, as 'dns'")
  if (made) {
    const packet = makePacket(fields)
    return { frames: [fields.link === 'ethernet' ? behindEthernet(packet) : packet], list: false }
  }
  if (ways[0] === 'hex') return { frames: [hexBytes(text(fields, 'hex'), 'a packet')], list: false }
  // Who is in this process need not write them down.
  const { frames } = fields
  if (Array.isArray(frames) && frames.every((frame) => frame instanceof Uint8Array)) return { frames, list: true }
  if (ways[0] === 'frames') return { frames: decode_frames(text(fields, 'frames')), list: true }
  return { frames: texts(fields, 'packets').map((packet) => Buffer.from(packet, 'base64')), list: true }
}

/** What a packet's link is, where nobody says: none, if it begins with an IP header. */
export function guessLink(frame: Uint8Array): string {
  const [first = 0] = frame
  const be16 = (at: number) => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0)
  const four = first >> 4 === 4 && (first & 15) >= 5 && be16(2) <= frame.length && be16(2) >= 20
  const six = first >> 4 === 6 && be16(4) + 40 <= frame.length
  return four || six ? 'raw' : 'ethernet'
}

const ethertypes = new Map([
  [4, ETH_P_IP],
  [6, ETH_P_IPV6],
])

/** A packet without a link's header, behind one of Ethernet without addresses. */
export function behindEthernet(packet: Uint8Array): Uint8Array {
  const header = Buffer.alloc(ETH_HLEN)
  header.writeUInt16BE(ethertypes.get((packet[0] ?? 0) >> 4) ?? 0, 12)
  return Buffer.concat([header, packet])
}

/** The device that a packet comes with, null for none. */
function deviceOf(fields: Fields): net_device | null {
  if (fields.dev === undefined) return null
  const name = text(fields, 'dev')
  const dev = dev_get_by_name(name)
  if (dev === null)
    throw new InjectError(`there is no network device '${name}': 'inject netdev ${name} register' makes one`)
  return dev
}

/** Where packets go, and with what. */
interface Way {
  readonly hooks: readonly string[]
  readonly pf: number | null
  readonly link: string | null
  readonly dev: net_device | null
  readonly mark: number
  /** Null where conntrack doesn't track it. */
  readonly connmark: number | null
  /** Whether they have come over the link: what this machine sends has no MAC header until it leaves. */
  readonly received: boolean
  /** The numbers of the hooks, by family. */
  readonly nums: (readonly number[] | undefined)[]
  /** The hooks that were on the way, and the last place's. */
  readonly met: Set<nf_hook_ops>
  last: readonly nf_hook_ops[] | null
}

function wayOf(fields: Fields): Way {
  const family = text(fields, 'pf', 'auto').toLowerCase()
  const pf = families[family] ?? null
  if (pf === null && family !== 'auto')
    throw new InjectError(`no family '${family}': ${Object.keys(families).join(', ')}; by default the packet says`)
  const link = fields.link === undefined ? null : text(fields, 'link').toLowerCase()
  if (link !== null && !linkNames.includes(link)) throw new InjectError(`no link '${link}': ${linkNames.join(', ')}`)
  const given = texts(fields, 'hook')
  const hooks = given.length > 0 ? given : [pf === NFPROTO_ARP ? 'IN' : 'PRE_ROUTING']
  return {
    hooks,
    pf,
    link,
    dev: deviceOf(fields),
    mark: integer(fields, 'mark', 0, maxMark, 0),
    connmark: fields.notrack === true ? null : integer(fields, 'connmark', 0, maxMark, 0),
    received: !['LOCAL_OUT', '3'].includes((hooks[0] as string).toUpperCase()),
    nums: [],
    met: new Set(),
    last: null,
  }
}

/** The numbers of the hooks that a packet of a family goes through. */
function hooknums({ hooks, nums }: Way, pf: number): readonly number[] {
  let found = nums[pf]
  if (found === undefined) {
    const known = hookNames[pf] ?? []
    found = hooks.map((name) => {
      const number = /^\d+$/.test(name) ? Number(name) : known.indexOf(name.toUpperCase())
      if (known[number] === undefined) throw new InjectError(`no hook '${name}' for this packet: ${known.join(', ')}`)
      return number
    })
    nums[pf] = found
  }
  return found
}

/** A packet on its way, of a frame. */
interface Sent {
  readonly frame: Uint8Array
  readonly link: string
  readonly skb: sk_buff
}

/** Has one packet go its way. */
function send(frame: Uint8Array, way: Way): Sent {
  const link = way.link ?? guessLink(frame)
  const skb = alloc_skb(frame, {
    link,
    dev: way.dev,
    mark: way.mark,
    ct: way.connmark === null ? null : { mark: way.connmark },
    received: way.received,
  })
  if (skb === null) throw new InjectError(`a packet of ${frame.length} bytes is too short for its ${link} header`)
  return { frame, link, skb }
}

/** Takes a packet through its hooks, from one of them on. Gives the last verdict. */
function traverse(skb: sk_buff, way: Way, task: task_struct, deeds: Deed[], from = 0): number | Promise<number> {
  const pf = way.pf ?? familyOf.get(skb.protocol)
  if (pf === undefined)
    throw new InjectError(
      `a packet is neither IP nor ARP (EtherType 0x${skb.protocol.toString(16).padStart(4, '0')}): 'pf' bridge takes any, and 'link' says what it begins with`,
    )
  const nums = hooknums(way, pf)
  for (let i = from; i < nums.length; i++) {
    const entries = nf_hooks(pf, nums[i] as number)
    if (way.last !== entries) for (const ops of entries) way.met.add(ops)
    way.last = entries
    const verdict = nf_hook_slow(entries, skb, task, deeds)
    if (verdict instanceof Promise)
      return verdict.then((came) => (came === NF_ACCEPT ? traverse(skb, way, task, deeds, i + 1) : came))
    if (verdict !== NF_ACCEPT) return verdict
  }
  return NF_ACCEPT
}

const encode = (bytes: Uint8Array, format: BufferEncoding): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(format)

/** What came of a packet, its changed bytes as `format` writes them. It is over then. */
function arrive({ frame, link, skb }: Sent, verdict: number, way: Way, format: BufferEncoding): Fields {
  const result: Record<string, unknown> = { verdict: verdict_names[verdict] ?? String(verdict) }
  if (skb_differs(skb, link, frame)) result.changed = encode(skb_wire(skb, link), format)
  if (skb.mark !== way.mark) result.mark = skb.mark
  if (skb.ct !== null && skb.ct.mark !== way.connmark) result.connmark = skb.ct.mark
  if (skb.sent.length > 0) result.sent = skb.sent.map(({ dev, bytes }) => ({ dev, bytes: encode(bytes, format) }))
  kfree_skb(skb)
  return result
}

export const packet: Kind = {
  fields: ['hex', 'packets', 'frames', ...packetFields, 'hook', 'pf', 'link', 'dev', 'mark', 'connmark', 'notrack'],
  hooks: () => 0,
  inject: async (fields, task, deeds) => {
    const { frames, list } = framesOf(fields)
    const way = wayOf(fields)
    const results: Fields[] = []
    const format = list ? 'base64' : 'hex'
    for (const frame of frames) {
      const sent = send(frame, way)
      const verdict = traverse(sent.skb, way, task, deeds)
      results.push(arrive(sent, verdict instanceof Promise ? await verdict : verdict, way, format))
    }
    const hooks = way.met.size
    return list ? { hooks, packets: results } : { hooks, ...results[0] }
  },
}
