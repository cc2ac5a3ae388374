// What a filter of packets costs: a pcap file through a hook of netfilter, beside a C program in which liblua runs the
// same script on the same file.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pcapHeader, pcapRecord, readPcap } from '../src/cli/pcap.js'
import { lunatik_inject } from '../src/lib/inject.js'
import '../src/lib/libs.js'
import { runner_run, runner_stop } from '../src/lib/lunatik_runner.js'
import { makePacket } from '../src/lib/packet.js'
import { lunatik_conf } from '../src/lunatik/lunatik_conf.js'
import { task_struct } from '../src/sched.js'
import { buildPackets } from './native.js'
import { type Comparison, compare } from './stats.js'

/** A packet's way through the filter, or why there is nothing to compare it with. */
export type Packets =
  | { readonly count: number; readonly times: Comparison<'c' | 'inject'> }
  | { readonly skipped: string }

const count = 100_000
/** How many are injected at once, as the command does. */
const batch = 512
/** Every fifth is a query for the name that the filter blocks. */
const blocked = count / 5

const scripts = fileURLToPath(new URL('../../bench/lua', import.meta.url))

/** The packets of the file: DNS queries, UDP and TCP. */
function packetOf(i: number): Uint8Array {
  switch (i % 5) {
    case 0:
      return makePacket({ dns: 'ads.example.org' })
    case 1:
      return makePacket({ dns: `host${i % 200}.example.org` })
    case 2:
      return makePacket({ proto: 'tcp', payload: 'x'.repeat(i % 900) })
    case 3:
      return makePacket({ payload: 'y'.repeat(i % 300) })
    default:
      return makePacket({ dns: 'www.example.org' })
  }
}

function writeFile(file: string): void {
  const records = Array.from({ length: count }, (_, i) => pcapRecord(BigInt(i) * 1000n, Buffer.from(packetOf(i))))
  writeFileSync(file, Buffer.concat([pcapHeader(101), ...records]))
}

/** Reads a file into memory that is there already, as C's stdio does. */
function read(file: string, into: Buffer): Buffer {
  const fd = openSync(file, 'r')
  try {
    return into.subarray(0, readSync(fd, into, 0, into.length, 0))
  } finally {
    closeSync(fd)
  }
}

/** Has the packets go through the filter. Returns how many it dropped. */
async function pass(packets: Iterable<{ readonly bytes: Uint8Array }>, task: task_struct): Promise<number> {
  let dropped = 0
  let frames: Uint8Array[] = []
  const inject = async () => {
    const injected = await lunatik_inject({ event: 'packet', hook: 'LOCAL_OUT', link: 'raw', frames }, task)
    for (const { verdict } of injected.packets as { verdict: string }[]) if (verdict === 'DROP') dropped++
    frames = []
  }
  for (const { bytes } of packets) {
    frames.push(bytes)
    if (frames.length === batch) await inject()
  }
  if (frames.length > 0) await inject()
  return dropped
}

/**
 * The nanoseconds of one packet here, from the file on. The program in C is started by a fork of this process, after
 * which each page that is written to costs a copy, once: that is not counted.
 */
async function time(file: string, memory: Buffer): Promise<number> {
  const task = new task_struct()
  await pass(readPcap(read(file, memory), file), task)
  const begin = process.hrtime.bigint()
  const dropped = await pass(readPcap(read(file, memory), file), task)
  if (dropped !== blocked) throw new Error(`the filter dropped ${dropped} packets, not ${blocked}`)
  return Number(process.hrtime.bigint() - begin) / count
}

/** The nanoseconds of one packet in C. */
function timeC(program: string, file: string): number {
  const answer = execFileSync(program, [join(scripts, 'dnsfilter.lua'), file], { encoding: 'utf8' })
  const [ns, packets, dropped] = answer.split(' ').map(Number)
  if (packets !== count || dropped !== blocked) throw new Error(`the filter in C gave ${answer}`)
  return ns as number
}

/** Compares the two. */
export async function runPackets(rounds: number, warmups: number): Promise<Packets> {
  const built = buildPackets()
  if ('skipped' in built) return built
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-bench-'))
  const file = join(dir, 'in.pcap')
  lunatik_conf.root = [scripts]
  try {
    writeFile(file)
    const result = await runner_run('dnsfilter', 'softirq')
    if (!result.ok) throw new Error(result.error)
    const memory = Buffer.alloc(statSync(file).size, 1)
    const times = await compare(rounds, warmups, 'c', {
      c: () => timeC(built.program, file),
      inject: () => time(file, memory),
    })
    return { count, times }
  } finally {
    runner_stop('dnsfilter')
    rmSync(dir, { recursive: true })
  }
}
