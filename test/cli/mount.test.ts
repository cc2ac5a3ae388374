// `lunatik mount`, as far as no other test has it: its end with standard input.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isMounted, main, noFuse, run, temporary } from '../mount/mounted.js'

t.test('mount --until-eof ends with its standard input', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const out = join(dir, 'out')
  writeFileSync(out, '')
  const mount = (name: string, input: string) =>
    run('/bin/sh', [
      '-c',
      `${input} | "$0" "$1" mount --until-eof "$2" > "$3"`,
      process.execPath,
      main,
      join(dir, name),
      out,
    ])

  t.test('and takes the folder away that it has made', async (t) => {
    const { code, stderr } = await mount('made', '(until grep -q "mounted on" "$3"; do sleep 0.05; done)')
    t.equal(code, 0, stderr)
    t.match(readFileSync(out, 'utf8'), /^lunatik: mounted on .*\/made \(/)
    t.notOk(existsSync(join(dir, 'made')))
  })
  t.test('but no other', async (t) => {
    mkdirSync(join(dir, 'mine'))
    const { code, stderr } = await mount('mine', 'true')
    t.equal(code, 0, stderr)
    t.ok(existsSync(join(dir, 'mine')))
    t.notOk(isMounted(join(dir, 'mine')))
  })
})
