// linux/kprobes.h: probes, by symbol or by the address of a system call.
import type { task_struct } from '../sched.js'
import type { Deed } from './hooks.js'
import type { sys_call } from './luasyscall.js'

/** The registers at a hit: a name as `di`, and a value. */
export type pt_regs = ReadonlyMap<string, bigint>

/** A registered probe. */
export interface kprobe {
  readonly at: string | sys_call
  enabled: boolean
  /** Tells it a hit, before and after the instruction; null where it has no such handler. */
  handle(handler: 'pre' | 'post', regs: pt_regs, task: task_struct): Promise<Deed | null>
}

const probes = new Map<string | sys_call, Set<kprobe>>()

export function register_kprobe(kp: kprobe): void {
  const known = probes.get(kp.at) ?? new Set()
  known.add(kp)
  probes.set(kp.at, known)
}

export function unregister_kprobe(kp: kprobe): void {
  const known = probes.get(kp.at)
  known?.delete(kp)
  if (known?.size === 0) probes.delete(kp.at)
}

/** The probes of a place. */
export const kprobesAt = (at: string | sys_call): kprobe[] => [...(probes.get(at) ?? [])]

/** Hits probes: all of their `pre`, then all of their `post`. */
export async function kprobe_hit(
  hit: readonly kprobe[],
  regs: pt_regs,
  task: task_struct,
  deeds: Deed[],
): Promise<void> {
  for (const handler of ['pre', 'post'] as const) {
    for (const kp of hit) {
      if (!kp.enabled || !probes.get(kp.at)?.has(kp)) continue
      const deed = await kp.handle(handler, regs, task)
      if (deed !== null) deeds.push(deed)
    }
  }
}
