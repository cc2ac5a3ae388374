// net/checksum.h and net/ip6_checksum.h: the checksums of IP, TCP and UDP headers.
import { csum_fold, csum_partial, ETH_P_IP, ETH_P_IPV6 } from './sk_buff.js'

export const IPPROTO_ICMP = 1
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17

/** Where the checksum is in a header, by protocol. */
const places: Readonly<Record<number, number>> = { [IPPROTO_TCP]: 16, [IPPROTO_UDP]: 6 }

const be16 = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

function set16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 0xff
}

/** Computes the checksum of a TCP or UDP segment: that of its pseudo header, then its own. */
function checksumSegment(segment: Uint8Array, proto: number, addresses: Uint8Array): void {
  const place = places[proto]
  if (place === undefined || segment.length < place + 2) return
  set16(segment, place, 0)
  const pseudo = csum_partial(addresses, proto + segment.length)
  set16(segment, place, csum_fold(csum_partial(segment, pseudo)))
}

/**
 * Recomputes the checksums of a packet that begins with its IP header.
 * @returns false where its lengths go beyond its bytes, which on a kernel is a BUG
 */
export function ip_checksums(packet: Uint8Array, protocol: number): boolean {
  if (protocol === ETH_P_IP) {
    const ihl = ((packet[0] ?? 0) & 15) * 4
    const total = be16(packet, 2)
    if (ihl < 20 || total < ihl || total > packet.length) return false
    set16(packet, 10, 0)
    set16(packet, 10, csum_fold(csum_partial(packet.subarray(0, ihl), 0)))
    checksumSegment(packet.subarray(ihl, total), packet[9] as number, packet.subarray(12, 20))
  } else if (protocol === ETH_P_IPV6) {
    const end = 40 + be16(packet, 4)
    if (end > packet.length) return false
    checksumSegment(packet.subarray(40, end), packet[6] as number, packet.subarray(8, 40))
  }
  return true
}
