// The results as text for a terminal.
import type { InProcessResult } from './in_process.js'
import type { Mounted } from './mounted.js'
import type { Timing } from './stats.js'

/** Lines of words, the first column to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(width(i)) : cell.padStart(width(i)))).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

const micros = (ns: number) => `${(ns / 1000).toFixed(2)} µs`
const ratio = ({ ratio, min, max }: Timing) => [ratio.toFixed(2), `${min.toFixed(2)}..${max.toFixed(2)}`]
const verdict = (met: boolean) => (met ? 'met' : 'missed')

export function reportMounted({ core, results }: Mounted): string {
  const where = core === null ? 'on any core' : `on core ${core}`
  const rows = results.map(({ name, goal, times: { bare, ours } }) => {
    const wanted = goal === null ? '' : `at most ${goal}: ${verdict(ours.ratio <= goal)}`
    return [name, micros(ours.ns), micros(bare.ns), ...ratio(ours), wanted]
  })
  return `Our device files and a bare fuse-native file, servers and client ${where}
${table([['per system call', 'ours', 'bare', 'ratio', 'min..max', 'goal'], ...rows])}`
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
