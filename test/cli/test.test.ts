// `lunatik test`, the tests of drivers, and `lunatik load`, which has nothing to do.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { load } from '../../src/cli/load.js'
import { test } from '../../src/cli/test.js'
import { folder, temporary } from '../mount/mounted.js'

/** What `f` returns, and what it prints: lines of a test's own would be taken for those of this one. */
function printed<T>(f: () => T): { readonly ret: T; readonly out: string } {
  const { write } = process.stdout
  let out = ''
  process.stdout.write = (text) => {
    out += text
    return true
  }
  try {
    return { ret: f(), out }
  } finally {
    process.stdout.write = write
  }
}

t.test('it runs each test in its folder, and fails where one does', async (t) => {
  const [dir, none] = [folder(t, { 'sub/latest.sh': 'exit 1' }), temporary(t)]
  t.throws(() => test(dir), /no \*\.test\.sh below/)
  t.throws(() => test(`${none}/none`), /can't be read \(ENOENT\)/)
  writeFileSync(`${dir}/a.test.sh`, 'pwd -P > place; exit 0')
  writeFileSync(`${dir}/sub/test.sh`, 'pwd -P > place; exit 3')
  const a = `ok - ${dir}/a.test.sh\n`
  t.strictSame(
    printed(() => test(`${dir}/a.test.sh`)),
    { ret: 0, out: a },
  )
  t.strictSame(
    printed(() => test(dir)),
    { ret: 1, out: `${a}not ok - ${dir}/sub/test.sh\n` },
  )
  for (const place of [dir, `${dir}/sub`]) t.equal(readFileSync(`${place}/place`, 'utf8'), `${realpathSync(place)}\n`)
  writeFileSync(`${dir}/sub/test.sh`, '')
  t.strictSame(
    printed(() => test(dir)),
    { ret: 0, out: `${a}ok - ${dir}/sub/test.sh\n` },
  )
})

t.test('load, unload and reload have nothing to do', async (t) => {
  const { ret, out } = printed(() => (['load', 'unload', 'reload'] as const).map((command) => load(command)))
  t.strictSame(ret, [0, 0, 0])
  t.match(out, /^nothing to load: .*\nnothing to unload: .*\nnothing to reload: .*\n$/)
})
