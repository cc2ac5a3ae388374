// Packets made by their fields: IP with UDP, TCP or ICMP, and DNS queries.
import { createRequire } from 'node:module'
import { lazy } from '../lazy.js'
import { bytesOf } from '../surrogateescape.js'
import { type Fields, InjectError, integer, text } from './inject_event.js'
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, ip_checksums } from './ip_checksum.js'
import { csum_fold, csum_partial, ETH_P_IP, ETH_P_IPV6 } from './sk_buff.js'

/** Node's, loaded once somebody makes a packet. */
const net = lazy(() => createRequire(import.meta.url)('node:net') as typeof import('node:net'))

const protocols: Readonly<Record<string, number>> = { udp: IPPROTO_UDP, tcp: IPPROTO_TCP, icmp: IPPROTO_ICMP }

/** The fields of which packets are made. */
export const packetFields = ['src', 'dst', 'proto', 'payload', 'flags', 'dns']

/** An address with a port: `10.0.0.1:53`, `[::1]:53`, or without one. */
function endpoint(fields: Fields, name: string, def: string, port: number): { addr: string; port: number } {
  const value = text(fields, name, def)
  const [, six, four, given] = /^(?:\[([^\]]*)\]|([^:]*|[^:]*:.*:[^:]*?))(?::(\d+))?$/.exec(value) ?? []
  const whole = net().isIPv6(value) ? value : (six ?? four ?? '')
  const number = net().isIPv6(value) || given === undefined ? port : Number(given)
  if (net().isIP(whole) === 0 || number > 0xffff)
    throw new InjectError(
      `the field '${name}' must be an address with a port, as 10.0.0.1:53 or [::1]:53, not ${value}`,
    )
  return { addr: whole, port: number }
}

/** The bytes of an address. */
function addressBytes(addr: string): Buffer {
  if (net().isIP(addr) === 4) return Buffer.from(addr.split('.').map(Number))
  const [left = '', right] = addr.replace(/%.*/, '').split('::')
  const words = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'))
  const [a, b] = [words(left), words(right)]
  const all = right === undefined ? a : [...a, ...new Array<string>(8 - a.length - b.length).fill('0'), ...b]
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex')
}

const tcpFlags = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG']

/** A TCP header without options. */
function tcpHeader(sport: number, dport: number, fields: Fields): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(sport, 0)
  header.writeUInt16BE(dport, 2)
  header.writeUInt32BE(1, 4)
  header[12] = 5 << 4
  for (const flag of text(fields, 'flags', 'SYN').split(/[,+]/)) {
    const bit = tcpFlags.indexOf(flag.toUpperCase())
    if (bit < 0) throw new InjectError(`no TCP flag '${flag}': ${tcpFlags.join(', ')}, joined by commas`)
    header[13] = (header[13] as number) | (1 << bit)
  }
  header.writeUInt16BE(0xffff, 14)
  return header
}

/** A query for the addresses of a name. */
function dnsQuery(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.')
  const bytes = labels.map((label) => Buffer.from(label, 'latin1'))
  if (bytes.some(({ length }) => length === 0 || length > 63) || name.length > 253)
    throw new InjectError(`the field 'dns' must be a name as example.org, not '${name}'`)
  const header = Buffer.from('000101000001000000000000', 'hex')
  return Buffer.concat([
    header,
    ...bytes.flatMap((label) => [Buffer.of(label.length), label]),
    Buffer.from('0000010001', 'hex'),
  ])
}

/** Makes a packet of its fields, from the IP header on. */
export function makePacket(fields: Fields): Uint8Array {
  const isDns = fields.dns !== undefined
  const payload = isDns ? dnsQuery(text(fields, 'dns')) : bytesOf(text(fields, 'payload', ''))
  const name = text(fields, 'proto', 'udp').toLowerCase()
  const proto = Object.hasOwn(protocols, name) ? (protocols[name] as number) : integer(fields, 'proto', 0, 255)
  const src = endpoint(fields, 'src', '192.0.2.1', 49152)
  const dst = endpoint(fields, 'dst', net().isIPv6(src.addr) ? '2001:db8::2' : '192.0.2.2', isDns ? 53 : 9)
  if (net().isIP(src.addr) !== net().isIP(dst.addr))
    throw new InjectError('src and dst are of different versions of IP')
  const six = net().isIPv6(src.addr)
  let segment: Buffer
  if (proto === IPPROTO_UDP) {
    const header = Buffer.alloc(8)
    header.writeUInt16BE(src.port, 0)
    header.writeUInt16BE(dst.port, 2)
    header.writeUInt16BE(8 + payload.length, 4)
    segment = Buffer.concat([header, payload])
  } else if (proto === IPPROTO_TCP) segment = Buffer.concat([tcpHeader(src.port, dst.port, fields), payload])
  else if (proto === IPPROTO_ICMP) {
    segment = Buffer.concat([Buffer.from('0800000000010001', 'hex'), payload])
    segment.writeUInt16BE(csum_fold(csum_partial(segment, 0)), 2)
  } else segment = payload
  if (segment.length > 0xffff - 40) throw new InjectError('the payload is too long for a packet')
  const addresses = Buffer.concat([addressBytes(src.addr), addressBytes(dst.addr)])
  const header = Buffer.alloc(six ? 8 : 12)
  if (six) {
    header[0] = 0x60
    header.writeUInt16BE(segment.length, 4)
    header[6] = proto
    header[7] = 64
  } else {
    header[0] = 0x45
    header.writeUInt16BE(20 + segment.length, 2)
    header[8] = 64
    header[9] = proto
  }
  const packet = Buffer.concat([header, addresses, segment])
  ip_checksums(packet, six ? ETH_P_IPV6 : ETH_P_IP)
  return packet
}
