// Packets for the callbacks of xdp. What an XDP program would do, to call a script by its name with an argument, is said
// by the event.
import type { task_struct } from '../sched.js'
import { nr_cpu_ids } from './cpumask.js'
import type { Deed } from './hooks.js'
import { type Fields, hexBytes, InjectError, integer, type Kind, text } from './inject_event.js'
import { behindEthernet, framesOf, guessLink } from './inject_packet.js'
import { IPPROTO_TCP, IPPROTO_UDP } from './ip_checksum.js'
import { luaxdp_isattached, luaxdp_run, xdp_names } from './luaxdp.js'
import { runner_list, runner_runtime } from './lunatik_runner.js'
import { packetFields } from './packet.js'
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } from './sk_buff.js'

const ETH_P_8021Q = 0x8100

const isAttached = (script: string): boolean => {
  for (let cpu = 0; cpu < nr_cpu_ids(); cpu++) {
    const runtime = runner_runtime(script, cpu)
    if (runtime !== null && luaxdp_isattached(runtime)) return true
  }
  return false
}

/** What a frame has of TCP or UDP. */
interface Flow {
  /** Where its payload begins; null where it has none. */
  readonly payload: number | null
  /** The addresses and ports. */
  readonly key: Uint8Array
}

/** Looks into a frame; null where it is neither TCP nor UDP, or ends before the ports. */
function flowOf(frame: Uint8Array): Flow | null {
  const be16 = (at: number) => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0)
  const ip = be16(12) === ETH_P_8021Q ? ETH_HLEN + 4 : ETH_HLEN
  const protocol = be16(ip - 2)
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return null
  const four = protocol === ETH_P_IP
  const proto = frame[ip + (four ? 9 : 6)]
  const transport = ip + (four ? ((frame[ip] ?? 0) & 15) * 4 : 40)
  if ((proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) || transport + 8 > frame.length) return null
  const payload = transport + (proto === IPPROTO_UDP ? 8 : ((frame[transport + 12] ?? 0) >> 4) * 4)
  const addresses = frame.subarray(ip + (four ? 12 : 8), ip + (four ? 20 : 40))
  return {
    payload: payload < frame.length ? payload : null,
    key: Buffer.concat([addresses, frame.subarray(transport, transport + 4)]),
  }
}

/** The CPU of a flow: always the same one, as a network card spreads packets over its queues. */
function cpuOf(flow: Flow | null): number {
  let hash = 0x811c9dc5
  for (const byte of flow?.key ?? []) hash = Math.imul(hash ^ byte, 0x01000193)
  return flow === null ? 0 : (hash >>> 0) % nr_cpu_ids()
}

/** How packets go. */
interface Way {
  readonly script: string | null
  readonly link: string | null
  /** `payload`, or the bytes. */
  readonly arg: 'payload' | Uint8Array
  readonly cpu: number | null
}

function wayOf(fields: Fields): Way {
  const names = runner_list().filter(isAttached)
  const link = fields.link === undefined ? null : text(fields, 'link').toLowerCase()
  if (link !== null && link !== 'ethernet' && link !== 'raw')
    throw new InjectError(`no link '${link}' for XDP: ethernet, raw`)
  const arg = text(fields, 'arg', '')
  if (fields.script === undefined && names.length > 1)
    throw new InjectError(`an XDP program calls one script: give 'script', one of ${names.join(', ')}`)
  const script = fields.script === undefined ? (names[0] ?? null) : text(fields, 'script').replace(/\.lua$/, '')
  return {
    script: script !== null && names.includes(script) ? script : null,
    link,
    arg: arg === 'payload' ? arg : arg === '' ? new Uint8Array(0) : new Uint8Array(hexBytes(arg, "the field 'arg'")),
    cpu: fields.cpu === undefined ? null : integer(fields, 'cpu', 0, nr_cpu_ids() - 1),
  }
}

/** The argument for a packet: where its payload begins, in network byte order; null where it has none. */
function argOf({ arg }: Way, flow: Flow | null): Uint8Array | null {
  if (arg !== 'payload') return arg.slice()
  const at = flow?.payload ?? null
  return at === null || at > 0xffff ? null : Uint8Array.of(at >> 8, at & 0xff)
}

/** Gives a script one packet. Returns what came of it, its changed bytes as `format` writes them. */
async function pass(
  given: Uint8Array,
  way: Way,
  format: BufferEncoding,
  task: task_struct,
  deeds: Deed[],
): Promise<Fields> {
  const raw = (way.link ?? guessLink(given)) === 'raw'
  const frame = new Uint8Array(raw ? behindEthernet(given) : given)
  if (frame.length < ETH_HLEN) throw new InjectError(`a packet of ${frame.length} bytes is too short for Ethernet`)
  const flow = flowOf(frame)
  const cpu = way.cpu ?? cpuOf(flow)
  const runtime = way.script === null ? null : runner_runtime(way.script, cpu)
  const arg = argOf(way, flow)
  const deed = runtime === null || arg === null ? null : await luaxdp_run(runtime, frame, arg, task)
  if (deed !== null) deeds.push(deed)
  // What fails, an XDP program passes.
  const verdict = deed === null || deed.result === null || deed.result < 0 ? 2 : deed.result
  const after = raw ? frame.subarray(ETH_HLEN) : frame
  const changed = Buffer.compare(after, given) !== 0
  return {
    verdict: xdp_names[verdict] ?? String(verdict),
    cpu,
    ...(changed ? { changed: Buffer.from(after).toString(format) } : null),
  }
}

export const xdp: Kind = {
  fields: ['hex', 'packets', 'frames', ...packetFields, 'link', 'script', 'arg', 'cpu'],
  hooks: () => 0,
  inject: async (fields, task, deeds) => {
    const { frames, list } = framesOf(fields)
    const way = wayOf(fields)
    const results: Fields[] = []
    for (const frame of frames) results.push(await pass(frame, way, list ? 'base64' : 'hex', task, deeds))
    const hooks = way.script === null ? 0 : 1
    return list ? { hooks, packets: results } : { hooks, ...results[0] }
  },
}
