// `--watch`: scripts run again when their files change.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder, mounted, noFuse, until } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('--watch', { skip: noFuse }, async (t) => {
  const { scripts, log, lunatik } = await scripted(
    t,
    { 'one.lua': 'print("one 0")', 'sub/two.lua': 'print("two 0")', 'unwatched.lua': 'print("unwatched")' },
    ['--watch', '--run', 'one', '--run', 'sub/two.lua'],
  )
  const [one, two] = [join(scripts, 'one.lua'), join(scripts, 'sub/two.lua')]

  t.test('a change runs the script again, and no other', async (t) => {
    writeFileSync(one, 'print("one 1")')
    await until(() => log().includes('watch: one has changed and runs again'))
    t.match(log(), 'info: one 1\n')
    writeFileSync(two, 'print("two 1")')
    await until(() => log().includes('watch: sub/two has changed and runs again'))
    t.equal(log().match(/has changed/g)?.length, 2)
    t.equal((await lunatik('list')).stdout, 'sub/two, one\n')
  })
  t.test('so does a file that an editor puts in its place', async (t) => {
    writeFileSync(join(scripts, 'new'), 'print("one 2")')
    renameSync(join(scripts, 'new'), one)
    await until(() => log().includes('info: one 2\n'))
    rmSync(one)
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.match((await lunatik('list')).stdout, 'one', 'a file that has gone stops nothing')
    writeFileSync(one, 'print("one 3")')
    await until(() => log().includes('info: one 3\n'))
    t.pass()
  })
  t.test('a script that does not load is a line, and the next change is tried', async (t) => {
    writeFileSync(one, 'x = = 1')
    await until(() => log().includes("err: watch: one has changed and doesn't run: "))
    t.equal((await lunatik('list')).stdout, 'sub/two\n')
    writeFileSync(one, 'print("one 4")')
    await until(() => log().includes('info: one 4\n'))
    t.equal((await lunatik('list')).stdout, 'one, sub/two\n')
  })
  t.test('a script that was stopped stays so, and one that --run does not name is left alone', async (t) => {
    await lunatik('stop', 'one')
    await lunatik('run', 'unwatched')
    writeFileSync(one, 'print("never")')
    writeFileSync(join(scripts, 'unwatched.lua'), 'print("never")')
    writeFileSync(two, 'print("two 2")')
    await until(() => log().includes('info: two 2\n'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.notMatch(log(), 'never')
  })
})

t.test('a mount within the folder of scripts', { skip: noFuse }, async (t) => {
  const scripts = folder(t, { 'one.lua': 'print("one 0")' })
  const { log, stop } = await mounted(t, ['--scripts', scripts, '--watch', '--run', 'one'], join(scripts, 'mnt'))
  writeFileSync(join(scripts, 'one.lua'), 'print("one 1")')
  await until(() => log().includes('info: one 1\n'))
  t.equal(await stop(), 0)
})

t.test('the first folder that has the script counts', { skip: noFuse }, async (t) => {
  const [first, second] = [folder(t, { x: '' }), folder(t, { 'one.lua': 'print("second")' })]
  const { log } = await mounted(t, ['--scripts', first, '--scripts', second, '--watch', '--run', 'one'])
  writeFileSync(join(first, 'one.lua'), 'print("first")')
  await until(() => log().includes('info: first\n'))
  writeFileSync(join(second, 'one.lua'), 'print("hidden")')
  await new Promise((resolve) => setTimeout(resolve, 500))
  t.equal(log().match(/has changed/g)?.length, 1)
})
