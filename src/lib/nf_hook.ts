// linux/netfilter.h: the hooks of a packet's way, by protocol family, in the order of their priorities.
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'
import type { sk_buff } from './sk_buff.js'

export const NF_DROP = 0
export const NF_ACCEPT = 1
const NF_QUEUE = 3
export const NF_MAX_VERDICT = 5

/** linux.nf.action's names. */
export const verdict_names: Readonly<Record<number, string>> = {
  0: 'DROP',
  1: 'ACCEPT',
  2: 'STOLEN',
  3: 'QUEUE',
  4: 'REPEAT',
  5: 'STOP',
}

export const NFPROTO_INET = 1
export const NFPROTO_IPV4 = 2
export const NFPROTO_ARP = 3
export const NFPROTO_BRIDGE = 7
export const NFPROTO_IPV6 = 10

/** How many hooks each family has. INET stands for IPv4 and IPv6. */
const hooknums = new Map([
  [NFPROTO_INET, 5],
  [NFPROTO_IPV4, 5],
  [NFPROTO_ARP, 3],
  [NFPROTO_BRIDGE, 6],
  [NFPROTO_IPV6, 5],
])

/** A registered hook. */
export interface nf_hook_ops {
  pf: number
  hooknum: number
  priority: number
  /** Gives what it did; null where the packet has another mark than it asks for. */
  hook(skb: sk_buff, task: task_struct): Deed | Promise<Deed> | null
}

const hooks: nf_hook_ops[] = []
/** Those of each place, until one comes or goes. */
const places: (readonly nf_hook_ops[] | undefined)[] = []

/** Registers a hook: before those of its priority. Returns whether the family has such a hook. */
export function nf_register_net_hook(ops: nf_hook_ops): boolean {
  const n = hooknums.get(ops.pf)
  if (n === undefined || ops.hooknum < 0 || ops.hooknum >= n) return false
  const at = hooks.findIndex(({ priority }) => ops.priority <= priority)
  hooks.splice(at < 0 ? hooks.length : at, 0, ops)
  places.length = 0
  return true
}

export function nf_unregister_net_hook(ops: nf_hook_ops): void {
  const at = hooks.indexOf(ops)
  if (at >= 0) hooks.splice(at, 1)
  places.length = 0
}

/** The hooks of a place, in their order. */
export function nf_hooks(pf: number, hooknum: number): readonly nf_hook_ops[] {
  const key = pf * 8 + hooknum
  let found = places[key]
  if (found === undefined) {
    const inet = pf === NFPROTO_IPV4 || pf === NFPROTO_IPV6
    found = hooks.filter((ops) => ops.hooknum === hooknum && (ops.pf === pf || (ops.pf === NFPROTO_INET && inet)))
    places[key] = found
  }
  return found
}

/** The verdict that a hook's deed is. */
function verdictOf({ result }: Deed): number {
  return result === null || result < 0 || result > NF_MAX_VERDICT ? NF_ACCEPT : result
}

/**
 * Takes a packet through the hooks of a place, until one has another verdict than ACCEPT: nf_hook_slow. Nothing takes
 * what is queued, so that ends there as well.
 * @param entries what {@link nf_hooks} gave
 * @param from which of them is the first
 * @returns the verdict, or a promise of it where a hook's runtime is taken
 */
export function nf_hook_slow(
  entries: readonly nf_hook_ops[],
  skb: sk_buff,
  task: task_struct,
  deeds: Deed[],
  from = 0,
): number | Promise<number> {
  for (let i = from; i < entries.length; i++) {
    const ops = entries[i] as nf_hook_ops
    // One before may have stopped its script.
    if (!hooks.includes(ops)) continue
    const did = ops.hook(skb, task)
    if (did === null) continue
    if (did instanceof Promise)
      return did.then((deed) => {
        deeds.push(deed)
        const verdict = verdictOf(deed)
        return verdict === NF_ACCEPT ? nf_hook_slow(entries, skb, task, deeds, i + 1) : verdict
      })
    deeds.push(did)
    const verdict = verdictOf(did)
    if (verdict !== NF_ACCEPT) return verdict
  }
  return NF_ACCEPT
}

/** Whether a packet with this verdict has gone. */
export const isLost = (verdict: number): boolean => verdict === NF_DROP || verdict === NF_QUEUE
