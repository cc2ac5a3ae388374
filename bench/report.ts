// The results as text for a terminal.
import type { Hashes } from './hashes.js'
import type { InProcessResult } from './in_process.js'
import type { Many } from './many.js'
import { bareGoal, best, type Contender, type Goal, type Mounted, ours } from './mounted.js'
import type { Packets } from './packets.js'
import { type Ratio, ratioOf } from './stats.js'

/** Lines of words, the first column to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(width(i)) : cell.padStart(width(i)))).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

const micros = (ns: number) => `${(ns / 1000).toFixed(2)} µs`
const percent = (part: number) => `${Math.round(part * 100)} %`
const ratio = ({ ratio, min, max }: Ratio) => [ratio.toFixed(2), `${min.toFixed(2)}..${max.toFixed(2)}`]
const verdict = (met: boolean) => (met ? 'met' : 'missed')

/** The contenders' columns, in this order. */
const contenders = ['c', ...Object.keys(ours), 'bare'] as readonly Contender[]

/** A goal in words, and whether `ratio`, of the times, meets it. */
function goalOf(goal: Goal | null, timing: Ratio | null): string {
  if (goal === null) return ''
  if ('time' in goal) {
    const wanted = `at most ${goal.time}`
    return timing === null ? wanted : `${wanted}: ${verdict(timing.ratio <= goal.time)}`
  }
  const wanted = `at least ${percent(goal.throughput)} of C`
  if (timing === null) return wanted
  const reached = 1 / timing.ratio
  return `${wanted}: ${percent(reached)}, ${verdict(reached >= goal.throughput)}`
}

function reportIdle({ idle, idleSeconds }: Mounted): string {
  const lines = contenders.flatMap((name) => {
    const of = idle[name]
    if (of === undefined) return []
    const goal = name === best ? `; goal: none: ${verdict(of.cpuMs === 0)}` : ''
    return [`  ${name}: ${of.cpuMs} ms of processor time, ${of.wakeups} switches${goal}`]
  })
  return [`Idle for ${idleSeconds} s:`, ...lines].join('\n')
}

/** The least throughput beside a device that computes, of that without it. */
const besideGoal = 0.4

function reportBeside({ beside }: Mounted): string {
  const lines = contenders.flatMap((name) => {
    const of = beside[name]
    if (of === undefined) return []
    const goal = name === best ? `; goal: at least ${percent(besideGoal)}: ${verdict(of.share >= besideGoal)}` : ''
    return [`  ${name}: ${percent(of.share)}, median ${micros(of.median)}, longest ${micros(of.max)}${goal}`]
  })
  return ['1-byte reads, 8 threads, beside a device that computes; throughput of that without it:', ...lines].join('\n')
}

export function reportMounted(mounted: Mounted): string {
  const { core, left, results } = mounted
  const where = core === null ? 'on any core' : `on core ${core}`
  const rows = results.map(({ name, goal, times }) => {
    const { c, [best]: mine } = times
    const compared = c === undefined || mine === undefined ? null : ratioOf(mine.rounds, c.rounds)
    const cells = contenders.map((name) => (times[name] === undefined ? '-' : micros(times[name].ns)))
    return [name, ...cells, ...(compared === null ? ['-', '-'] : ratio(compared)), goalOf(goal, compared)]
  })
  const bare = results.slice(0, 1).flatMap(({ name, times: { 'fuse-native wasm': old, bare } }) => {
    if (old === undefined || bare === undefined) return []
    const of = ratioOf(old.rounds, bare.rounds)
    const goal = `goal: at most ${bareGoal}: ${verdict(of.ratio <= bareGoal)}`
    return [`${name}: fuse-native with wasm takes ${ratio(of).join(' times (')}) of a bare file on it; ${goal}`]
  })
  return `${left.map((text) => `Left out: ${text}\n`).join('')}Our device files, by transport and engine, beside a server in C and a bare fuse-native file, ${where}
${table([['per call', ...contenders, `${best}/c`, 'min..max', 'goal'], ...rows])}
${[...bare, reportBeside(mounted), reportIdle(mounted)].join('\n')}`
}

/** The most that open, read, close may cost with the most devices, of what it costs with ten. */
const manyGoal = 1.1

export function reportMany({ open, ls, long, deviceBytes, fileBytes, files, idle, idleSeconds }: Many): string {
  const counts = Object.keys(open) as (keyof typeof open)[]
  const row = (name: string, times: typeof open, unit: (ns: number) => string) => [
    name,
    ...counts.map((count) => unit(times[count].ns)),
    ...ratio(times['10000']),
  ]
  const millis = (ns: number) => `${(ns / 1e6).toFixed(1)} ms`
  const rows = [
    ['devices', ...counts, '10000/10', 'min..max'],
    row('open, read, close', open, micros),
    row('ls', ls, millis),
    row('ls -l', long, millis),
  ]
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
  const goal = `goal: at most ${manyGoal}: ${verdict(open['10000'].ratio <= manyGoal)}`
  return `Many devices, each in a script of ten, by the defaults; open, read, close: ${goal}
${table(rows)}
  memory for each device ${kib(deviceBytes)}, for each open file ${kib(fileBytes)}
  with ${files} open files, idle for ${idleSeconds} s: ${idle.cpuMs} ms of processor time, ${idle.wakeups} switches`
}

export function reportInProcess(results: readonly InProcessResult[]): string {
  const rows = results.map(({ name, times: { bare, hook, run } }) => [
    name,
    ...[bare, hook, run].map(({ ns }) => micros(ns)),
    ...ratio(hook),
    ...ratio(run),
  ])
  const goals = results.flatMap(({ name, goal, times: { bare, run } }) => {
    if (goal === null) return []
    const more = run.ns - bare.ns
    return [`${name}: lunatik_run takes ${micros(more)} more; goal: at most ${micros(goal)}: ${verdict(more <= goal)}`]
  })
  const head = ['per call', 'bare', 'hook', 'lunatik_run', 'hook/bare', 'min..max', 'run/bare', 'min..max']
  return `Calls into Lua without a mount: bare, with the count hook, and through lunatik_run, which has the hook
${[table([head, ...rows]), ...goals].join('\n')}`
}

export function reportHashes(hashes: Hashes): string {
  if ('skipped' in hashes) return `No hashes are compared: ${hashes.skipped}`
  const { c, crypto } = hashes.times
  const [times, range] = ratio(crypto)
  return `SHA-256 of ${hashes.size >> 10} KiB from Lua: ${micros(crypto.ns)}, by liblua and OpenSSL in C ${micros(c.ns)}: ${times} times (${range})`
}

/** The least part of C's packets a second. */
const packetsGoal = 0.5

export function reportPackets(packets: Packets): string {
  if ('skipped' in packets) return `No packets are compared: ${packets.skipped}`
  const { c, inject } = packets.times
  const perSecond = ({ ns }: { readonly ns: number }) => Math.round(1e9 / ns).toLocaleString('en')
  const part = 1 / inject.ratio
  const goal = `goal: at least ${percent(packetsGoal)}: ${verdict(part >= packetsGoal)}`
  return `A pcap file of ${packets.count} packets through a Lua filter: ${perSecond(inject)} a second, by liblua in C ${perSecond(c)}: ${percent(part)} (${percent(1 / inject.max)}..${percent(1 / inject.min)}); ${goal}`
}
