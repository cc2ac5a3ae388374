// What programs see of one device while another one computes: eight clients that read, beside a program whose reads
// each take long in Lua.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Client, Server } from './processes.js'
import { core } from './processes.js'

/** What the clients of one server saw. */
export interface Beside {
  /** The throughput beside the one that computes, of that without it; the median of the rounds. */
  readonly share: number
  /** The median and the longest of all reads beside it, in nanoseconds. */
  readonly median: number
  readonly max: number
}

const reads = { op: 'times', threads: 8, size: 1, count: 8000 } as const

/** A program that reads the device that computes, until it is ended. */
function spin(path: string): () => Promise<void> {
  const dd = ['dd', `if=${path}`, 'of=/dev/null', 'bs=1', 'count=1000000']
  const [program = '', ...args] = core === null ? dd : ['taskset', '-c', String(core), ...dd]
  const child = spawn(program, args, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  return async () => {
    child.kill('SIGKILL')
    await ended
  }
}

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const spinMs = 100

/** Has the clients read for some rounds, without and beside it. The first ones don't count. */
export async function runBeside({ dir }: Server, client: Client, rounds: number, warmups: number): Promise<Beside> {
  const path = `${dir}/mydevice`
  const shares: number[] = []
  const medians: number[] = []
  let max = 0
  for (let round = -warmups; round < rounds; round++) {
    const [alone = Number.NaN] = await client.times({ ...reads, path })
    const stop = spin(`${dir}/spin`)
    // It has begun by then.
    await new Promise((resolve) => setTimeout(resolve, spinMs))
    const [beside = Number.NaN, median = Number.NaN, longest = Number.NaN] = await client.times({ ...reads, path })
    await stop()
    if (round < 0) continue
    shares.push(alone / beside)
    medians.push(median)
    max = Math.max(max, longest)
  }
  return { share: middle(shares), median: middle(medians), max }
}
