import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from '../../src/check/check.js'
import { codes } from '../../src/check/finding.js'
import { generator } from '../lua/dialect/programs.js'
import { processorTime } from '../processor.js'
import { checked, definitions, placesOf, root } from './checked.js'

const scriptsBelow = (dir: string) =>
  readdirSync(`${root}${dir}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.lua'))
    .map((file) => `${dir}/${file}`)

/** Anything that is found in a script of this project's must be true of a kernel. */
const folders = { hasModule: () => false, hasScript: () => true, isExample: () => true }

t.test('the scripts of this project have no errors', async (t) => {
  const [tutorial = ''] =
    /(?<=Save it as `~\/drivers\/thermo\.lua`:\n\n```lua\n)[\s\S]*?(?=```)/.exec(
      readFileSync(`${root}README.md`, 'utf8'),
    ) ?? []
  t.match(tutorial, /thermo\/heater/)
  t.strictSame(placesOf(tutorial, { folders }), [], 'the tutorial')
  for (const file of ['lua', 'templates', 'luals'].flatMap(scriptsBelow)) {
    const found = placesOf(readFileSync(`${root}${file}`, 'utf8'), { folders })
    const allowed = file.startsWith('lua/') ? / warning (?:own-extension|unknown-global)$/ : /^$/
    t.strictSame(
      found.filter((place) => !allowed.test(place)),
      [],
      file,
    )
  }
})

/** Recorded scripts that are wrong, or do what fails. */
const wrong: Record<string, string[]> = {
  'lunatik_cli/badreq.lua': ['error missing-module'],
  'lunatik_cli/syntax.lua': ['error syntax-error'],
  'lunatik_cli/syntax2.lua': ['error syntax-error'],
  'runtime_resume/r_syntax.lua': ['error syntax-error'],
}

t.test('the recorded scripts, which a kernel ran, have no false ones', async (t) => {
  const cases = 'test/conformance/cases'
  for (const file of scriptsBelow(cases)) {
    const name = file.slice(cases.length + 1)
    const found = placesOf(readFileSync(`${root}${file}`, 'utf8'), {
      folders: { ...folders, isExample: () => false },
    }).filter((place) => !place.includes('own-extension') && !place.includes('not-here'))
    t.strictSame(
      found.map((place) => place.replace(/^\S+ /, '')),
      wrong[name] ?? [],
      name,
    )
  }
})

t.test('binary chunks and first lines', async (t) => {
  t.strictSame(placesOf('\x1bLua'), ['0:0 error binary-chunk'])
  t.strictSame(placesOf('#!/bin/lua 1.5\nreturn os'), ['1:1 error syntax-error'])
  t.strictSame(placesOf('#'), ['1:1 error syntax-error'])
})

t.test('what a script says of others', async (t) => {
  const { starts, requires, shared } = parse(
    `local lunatik, runner = require("lunatik"), require("lunatik.runner")
    lunatik.runtime("a.lua", "softirq") runner.run("b.lua") lunatik.runtime(c) lunatik.runtime("d", e)
    require("x") require(y) z = 1 function string.trim() end`,
    definitions,
    () => false,
  )
  t.strictSame(starts, [
    { script: 'a.lua', context: 'softirq' },
    { script: 'b', context: 'process' },
  ])
  t.strictSame(requires, ['lunatik', 'lunatik.runner', 'x'])
  t.strictSame([...shared.globals], ['z'])
  t.strictSame([...shared.added], ['string.trim'])
})

t.test('docs/check.md explains each code', async (t) => {
  const documented = [...readFileSync(`${root}docs/check.md`, 'utf8').matchAll(/^### ([a-z-]+)$/gm)].map(
    ([, code]) => code,
  )
  t.strictSame(documented, [...codes])
})

t.test('each example of docs/check.md is found as it says', async (t) => {
  const text = readFileSync(`${root}docs/check.md`, 'utf8')
  for (const [, code = '', section = ''] of text.matchAll(/^### ([a-z-]+)\n([\s\S]*?)(?=^#|(?![\s\S]))/gm)) {
    const [, example] = /^```lua\n([\s\S]*?)```/m.exec(section) ?? []
    if (example === undefined) continue
    const contexts = /softirq/.test(section) ? (['softirq'] as const) : (['process'] as const)
    const found = checked(example, { contexts: new Set(contexts) }).map((finding) => finding.code as string)
    t.ok(found.includes(code), `${code}: ${found.join(' ')}`)
  }
})

/** A source of random numbers that gives the same ones each time. */
function random(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

const pieces =
  `local global function end return if then else for in do while repeat until goto break nil true false and or not
  x y os math floor io device new driver read write self require "device" "lunatik" "%f" "1.5" 0 7 1.5 2e3 ^ / // + - ..
  == ~= = , ; ( ) { } [ ] . : :: # ... <const> _G _ENV pcall type tonumber string format pack data resize name mode
  __div __pow "" \\ ' \n`.split(/[ \n]+/)

t.test('nothing throws, whatever it is given', async (t) => {
  const next = random(5)
  const options = { folders, contexts: new Set(['softirq'] as const) }
  for (let i = 0; i < 3000; i++) {
    const source = Array.from({ length: next(40) }, () => pieces[next(pieces.length)]).join(' ')
    checked(source, options)
  }
  const own = ['lua/mailbox.lua', 'templates/driver/mydriver.lua', 'lua/lunatik/driver.lua'].map((file) =>
    readFileSync(`${root}${file}`, 'latin1'),
  )
  for (let i = 0; i < 500; i++) {
    const text = own[i % own.length] as string
    const from = next(text.length)
    checked(`${text.slice(0, from)}${pieces[next(pieces.length)]}${text.slice(from + next(8))}`, options)
  }
  const programs = generator(7)
  for (let i = 0; i < 1000; i++) checked(programs.program(), options)
  t.pass()
})

t.test('time grows with the script', async (t) => {
  const long: Record<string, (n: number) => string> = {
    statements: (n) => 'print(math.floor(1), os.time(), foo, ("%f"):format(2), 1 / 2)\n'.repeat(n),
    names: (n) => `return a${'.b'.repeat(n)}`,
    calls: (n) => `return require("device")${'.new()'.repeat(n)}`,
    sums: (n) => `return "1.5"${' + 1'.repeat(n)}`,
    drivers: (n) => `local d = {} ${'d.read = 1 '.repeat(n)} ${'require("device").new(d) '.repeat(n)}`,
    globals: (n) => Array.from({ length: n }, (_, i) => `g${i} = g${i + 1}`).join(' '),
    requires: (n) => 'package.x = 1 require("nosuch") '.repeat(n),
  }
  for (const [name, make] of Object.entries(long)) {
    const source = make(10_000)
    const work = await processorTime(() => checked(source))
    t.ok(work < 10_000, `${name}: ${work} ms`)
  }
})
