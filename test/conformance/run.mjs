#!/usr/bin/env node
// Replays kernel recordings against an emulated device directory and counts the lines that agree.
//
//   node run.mjs --mount DIR --scripts DIR --lunatik "CMD" [--cases DIR] [--inside] [--slow N] [--diff] [--json] [CASE...]
//
//   --mount    directory that stands for /dev (where the device files appear)
//   --scripts  directory that stands for /lib/modules/lua (cases are copied to its cases/ folder)
//   --lunatik  the command line tool: it must know  run SCRIPT, stop SCRIPT, list, spawn, dmesg, dmesg -C
//   --cases    folder of cases (default: cases/ beside this file)
//   --inside   start, stop and ask for the log in this process, with the compiled tool.ts: CMD is the probes' alone then
//   --slow     how many times as long as on a quiet machine everything may take (default: 1)
//   --diff     print what differs, line by line
//
// A case is a folder: driver.lua (run as cases/NAME), further *.lua (installed as cases/NAME/X.lua), probe.txt
// (operations for devprobe), expected.txt (devprobe's output on the kernel), expected.run (what `lunatik run`
// and `lunatik stop` printed), expected.dmesg (kernel log), and an optional empty file `noauto` (the probe
// starts and stops the script itself).
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const { values: opt, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mount: { type: 'string' },
    scripts: { type: 'string' },
    lunatik: { type: 'string' },
    cases: { type: 'string', default: join(here, 'cases') },
    inside: { type: 'boolean', default: false },
    slow: { type: 'string', default: '1' },
    diff: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
if (!opt.mount || !opt.scripts || !opt.lunatik) {
  console.error(
    'usage: run.mjs --mount DIR --scripts DIR --lunatik "CMD" [--cases DIR] [--inside] [--slow N] [--diff] [--json] [CASE...]',
  )
  process.exit(2)
}
const mount = resolve(opt.mount)
const scripts = resolve(opt.scripts)
const work = mkdtempSync(join(tmpdir(), 'devprobe-'))
const devprobe = join(work, 'devprobe')
execFileSync('gcc', ['-O1', '-w', '-o', devprobe, join(here, 'devprobe.c')])

const sh = (command, input, seconds) => {
  const r = spawnSync('bash', ['-c', command], {
    input,
    timeout: seconds * 1000 * Number(opt.slow),
    killSignal: 'SIGKILL',
    maxBuffer: 64 << 20,
    encoding: 'latin1',
    env: { ...process.env, LUNATIK: opt.lunatik },
  })
  return (r.stdout ?? '') + (r.stderr ?? '') + (r.error?.code === 'ETIMEDOUT' ? `\n!! no answer in ${seconds} s\n` : '')
}

// What the tool prints for `run SCRIPT`, `stop SCRIPT` and `dmesg`.
const tool = opt.inside
  ? (await import('../../build/test/conformance/tool.js')).tool(mount)
  : {
      run: (script) => sh(`${opt.lunatik} run ${script}`, '', 40),
      stop: (script) => sh(`${opt.lunatik} stop ${script}`, '', 40),
      dmesg: (clear) => sh(`${opt.lunatik} dmesg${clear ? ' -C' : ''}`, '', 20),
    }

// Lua files that come with Lunatik: the line in an error of theirs is their author's, not a user's, business.
const library = /(?:\/[^\s:"]*)?\/lua\/(lunatik\/runner|mailbox|util|class|struct|net|lighten|(?:netlink|socket|crypto|bpf|syscall)\/[\w/]+)\.lua:\d+:/g

// What cannot or need not agree: addresses, node types (a FUSE node is a regular file), exit statuses of the command line
// tool (the kernel's always exits 0), the place of the scripts, shell tools' own wording, lines of library files, the length
// of a text whose lines are compared one by one, the newline at the end of resume's errors.
const normal = (text) =>
  text
    .replaceAll(scripts, '/lib/modules/lua')
    .split('\n')
    .filter((line) => !line.startsWith('sh ') && !line.startsWith('# ') && !/^cat \S+ = \d+$/.test(line))
    .map((line) =>
      line
        .replace(/type=(chr|reg)/, 'type=dev')
        .replace(/^(readdir .*) = (.*)$/, (_, op, list) => `${op} = ${list.replace(/:(c|r)\b/g, ':dev')}`)
        .replace(/^(lunatik .*) exit=\d+$/, '$1')
        .replace(/\b(0x)?[0-9a-f]{12,16}\b/g, 'PTR')
        .replace(library, '$1.lua:')
        .replace(/(ERROR ".*)\\n"$/, '$1"')
        .trimEnd(),
    )
    .filter((line) => line !== '')

const squeeze = (text) =>
  text
    .replaceAll(scripts, '/lib/modules/lua')
    .replace(/^lunatik(_run)?: .*(loading out-of-tree|tainting).*$/gm, '')
    .replace(/\b(0x)?[0-9a-f]{12,16}\b/g, 'PTR')
    .replace(library, '$1.lua:')
    .replace(/\s+/g, '')

// Longest common subsequence: how many expected lines appear, in order, among the actual ones.
const agree = (want, got) => {
  let row = new Uint32Array(got.length + 1)
  for (const line of want) {
    const next = new Uint32Array(got.length + 1)
    for (let j = 1; j <= got.length; j++) next[j] = got[j - 1] === line ? row[j - 1] + 1 : Math.max(row[j], next[j - 1])
    row = next
  }
  return row[got.length]
}

const read = (path) => (existsSync(path) ? readFileSync(path, 'latin1') : '')
const names = positionals.length ? positionals : readdirSync(opt.cases).sort()
const results = []
for (const name of names) {
  const dir = join(opt.cases, name)
  const auto = !existsSync(join(dir, 'noauto'))
  mkdirSync(join(scripts, 'cases', name), { recursive: true })
  for (const file of readdirSync(dir).filter((f) => f.endsWith('.lua')))
    cpSync(join(dir, file), file === 'driver.lua' ? join(scripts, 'cases', `${name}.lua`) : join(scripts, 'cases', name, file))
  await tool.dmesg(true)
  let run = auto ? await tool.run(`cases/${name}`) : ''
  const probe = sh(`${devprobe} ${mount}`, readFileSync(join(dir, 'probe.txt')), 60)
  if (auto) run += `--stop--\n${await tool.stop(`cases/${name}`)}`
  const log = await tool.dmesg(false)
  const parts = [
    ['probe', normal(read(join(dir, 'expected.txt'))), normal(probe)],
    ['run', normal(read(join(dir, 'expected.run'))), normal(run)],
  ]
  const dmesg = squeeze(read(join(dir, 'expected.dmesg')))
  let same = 0
  let total = 0
  for (const [part, want, got] of parts) {
    same += agree(want, got)
    total += want.length
    if (opt.diff && agree(want, got) < want.length) {
      const seen = new Set(got)
      const wanted = new Set(want)
      for (const line of want) if (!seen.has(line)) console.log(`  ${name} ${part} - ${line}`)
      for (const line of got) if (!wanted.has(line)) console.log(`  ${name} ${part} + ${line}`)
    }
  }
  if (dmesg) {
    total += 1
    if (squeeze(log) === dmesg) same += 1
    else if (opt.diff) console.log(`  ${name} dmesg\n    - ${dmesg}\n    + ${squeeze(log)}`)
  }
  results.push({ name, same, total })
  if (!opt.json) console.log(`${same === total ? 'ok  ' : 'part'} ${name} ${same}/${total}`)
}
rmSync(work, { recursive: true })
const same = results.reduce((n, r) => n + r.same, 0)
const total = results.reduce((n, r) => n + r.total, 0)
const whole = results.filter((r) => r.same === r.total).length
if (opt.json) console.log(JSON.stringify({ whole, cases: results.length, same, total, results }))
else console.log(`${whole}/${results.length} cases whole, ${same}/${total} lines agree (${((100 * same) / total).toFixed(1)}%)`)
