// `lunatik test`, the tests of drivers, and `lunatik load`, which has nothing to do.
import { mkdirSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { load } from '../../src/cli/load.js'
import { test } from '../../src/cli/test.js'

t.test('it runs each test in its folder, and fails where one does', (t) => {
  const dir = t.testdir({})
  mkdirSync(`${dir}/sub`)
  t.throws(() => test(dir), /no \*\.test\.sh below/)
  t.throws(() => test(`${dir}/none`), /can't be read \(ENOENT\)/)
  writeFileSync(`${dir}/a.test.sh`, 'pwd > place; exit 0')
  writeFileSync(`${dir}/sub/test.sh`, 'echo ran > place; exit 3')
  writeFileSync(`${dir}/latest.sh`, 'exit 1')
  t.equal(test(`${dir}/a.test.sh`), 0)
  t.equal(test(dir), 1)
  writeFileSync(`${dir}/sub/test.sh`, '')
  t.equal(test(dir), 0)
  t.end()
})

t.test('load, unload and reload have nothing to do', (t) => {
  const { write } = process.stdout
  let out = ''
  process.stdout.write = (text) => {
    out += text
    return true
  }
  const codes = (['load', 'unload', 'reload'] as const).map((command) => load(command))
  process.stdout.write = write
  t.strictSame(codes, [0, 0, 0])
  t.match(out, /^nothing to load: .*\nnothing to unload: .*\nnothing to reload: .*\n$/)
  t.end()
})
