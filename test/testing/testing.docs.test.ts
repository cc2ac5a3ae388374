// docs/testing.md as its reader follows it: its files in a project that has the packed package installed.
// variants: (default)
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { installed, root } from '../document/installed.js'
import { noFuse, run } from '../mount/mounted.js'

/** The blocks of code that begin with the name of their file. */
const filesOf = (page: string) =>
  [...page.matchAll(/^```\w+\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => ({ name, text }))

const thermo = /`~\/drivers\/thermo\.lua`:\n\n```lua\n([\s\S]*?)^```$/m

t.test('the examples of docs/testing.md, in a project of their own', { skip: noFuse }, async (t) => {
  const dir = await installed(t)
  const files = filesOf(readFileSync(join(root, 'docs/testing.md'), 'utf8'))
  const script = thermo.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] as string
  for (const { name, text } of [...files, { name: 'drivers/thermo.lua', text: script }]) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  const here = (command: string) => run('/bin/sh', ['-c', `cd ${dir} && ${command}`])

  t.test('node:test passes, several files at once', async (t) => {
    for (const copy of ['a', 'b', 'c'])
      writeFileSync(
        join(dir, `test/${copy}.test.js`),
        files.find(({ name }) => name === 'test/heat.test.js')?.text ?? '',
      )
    const { code, stdout, stderr } = await here('node --test --test-concurrency=4 test/*.test.js')
    t.equal(code, 0, stdout + stderr)
    t.match(stdout, /^# pass 13$/m)
  })

  t.test('node:test fails where the program is wrong', async (t) => {
    const heat = readFileSync(join(dir, 'src/heat.js'), 'utf8')
    writeFileSync(join(dir, 'src/heat.js'), heat.replace('measured = 1', 'measured = 0'))
    const { code, stdout } = await here('node --test test/heat.test.js')
    writeFileSync(join(dir, 'src/heat.js'), heat)
    t.equal(code, 1)
    t.match(stdout, /2 !== 3/)
  })

  const vitest = existsSync(join(root, 'node_modules/vitest')) ? false : 'vitest is missing: npm ci --ignore-scripts'
  t.test('vitest passes', { skip: vitest }, async (t) => {
    chmodSync(dir, 0o755)
    // Beside its own 5 s, which a busy machine may not reach.
    const args = 'run --testTimeout=120000 test/heat.spec.ts'
    const { code, stdout, stderr } = await here(`node node_modules/vitest/vitest.mjs ${args}`)
    t.equal(code, 0, stdout + stderr)
    t.match(stdout, /1.*passed/)
  })

  t.test('the types say what there is, to both kinds of modules', async (t) => {
    writeFileSync(
      join(dir, 'a.ts'),
      "import { createLunatik, type Lunatik } from 'lunatik/testing'\n" +
        "export const l: Lunatik = await createLunatik({ run: ['x'] })\nexport const d: string = l.dir\n",
    )
    writeFileSync(
      join(dir, 'b.cts'),
      "import testing = require('lunatik/testing')\n" +
        'export const l: Promise<testing.Lunatik> = testing.createLunatik({ run: 7 })\n',
    )
    const { stdout } = await here(`node ${join(root, 'node_modules/typescript/bin/tsc')} -p . --noEmit`)
    t.match(
      stdout,
      /^b\.cts\(2,\d+\): error TS2322: Type 'number' is not assignable to type 'string \| readonly string\[\]/,
    )
    t.equal(stdout.match(/error TS/g)?.length, 1, stdout)
  })
})
