// What is run: a test for no file that has gone, and each test in the variants that it needs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import sourceOf from '../coverage-map.js'
import { folder } from '../mount/mounted.js'
import { environmentOf, root, sharesProcess, startsProcesses, testFiles, variantsOf } from './variants.js'

t.test('a test has the path of the source that it is about', async (t) => {
  const files = testFiles()
  t.ok(files.length > 100)
  t.strictSame(
    files.filter((file) => {
      const source = sourceOf(file)
      return source !== null && !existsSync(join(root, source))
    }),
    [],
  )
  t.equal(sourceOf('build/test/vfs/namei.links.test.js'), 'build/src/vfs/namei.js')
  t.equal(sourceOf('build/test/mount/kmsg.test.js'), null)
})

t.test('what reaches the engine is run with each', async (t) => {
  t.strictSame(variantsOf('build/test/lua/lbaselib.test.js', true), ['default', 'fengari'])
  t.strictSame(
    variantsOf('build/test/document/objects.test.js', true),
    ['default', 'fengari'],
    "through the package's exports",
  )
  t.strictSame(variantsOf('build/test/vfs/namei.test.js', true), ['default'])
})

t.test('tests of mounts are run on each transport', async (t) => {
  t.strictSame(variantsOf('build/test/mount/watch.test.js', true), ['default', 'fuse-native'])
})

t.test('`make test` runs the default alone where a file says nothing', async (t) => {
  for (const name of ['lua/lbaselib', 'vfs/namei', 'mount/kmsg'])
    t.strictSame(variantsOf(`build/test/${name}.test.js`, false), ['default'], name)
})

t.test('`make test` has both engines and both transports somewhere', async (t) => {
  const usual = testFiles().flatMap((file) => variantsOf(file, false).map(environmentOf))
  t.ok(usual.some(({ LUNATIK_ENGINE }) => LUNATIK_ENGINE === 'fengari'))
  t.ok(usual.some(({ TRANSPORT }) => TRANSPORT === 'fuse-native'))
})

t.test('a line of the file says what its imports do not', async (t) => {
  const written = (text: string) => join(folder(t, { 'some.test.js': text }), 'some.test.js')
  const both = (text: string) => [false, true].map((all) => variantsOf(written(text), all))
  t.strictSame(both("import t from 'tap'"), [['default'], ['default']])
  const two = ['fengari', 'fuse-native']
  t.strictSame(both('// About.\n// variants: fengari fuse-native\n'), [two, two])
  t.strictSame(both('// variants: fengari (fuse-native)\n'), [['fengari'], two])
  t.strictSame(both('// variants: (fengari fuse-native)\n'), [[], two])
  for (const line of ['default lua', '(lua)'])
    t.throws(() => variantsOf(written(`// variants: ${line}`), true), { message: "no variant 'lua'" })
  t.strictSame(environmentOf('fuse-native+fengari'), { TRANSPORT: 'fuse-native', LUNATIK_ENGINE: 'fengari' })
})

t.test('tests share a process: not those that say so', async (t) => {
  const written = (text: string) => join(folder(t, { 'some.test.js': text }), 'some.test.js')
  t.ok(sharesProcess('build/test/vfs/read_write.test.js'))
  t.ok(sharesProcess('build/test/mount/kmsg.test.js'))
  t.ok(startsProcesses('build/test/mount/kmsg.test.js'), 'in a lot of those that wait')
  t.notOk(startsProcesses('build/test/vfs/read_write.test.js'))
  t.ok(sharesProcess(written("import t from 'tap'")))
  t.notOk(sharesProcess(written('// About.\n// process: its own\n')))
  for (const hook of ['teardown', 'beforeEach'])
    t.notOk(sharesProcess(written(`import t from 'tap'\nt.${hook}(() => {})\n`)), hook)
  t.ok(sharesProcess(written("t.test('one', (t) => {\n  t.teardown(() => {})\n})")))
})
