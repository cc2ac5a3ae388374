// `lunatik/testing` as a test uses it. This process doesn't serve the mount, so it may use it in any way.
// variants: default (fuse-native)
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LunatikOptions } from '../../src/testing/testing.js'
import { folder, isMounted, noFuse, run, until } from '../mount/mounted.js'

/** As it is bundled: with hundreds of modules instead of a few files each server would take longer to start. */
const url = new URL('../../dist/testing/testing.js', import.meta.url).href
const { createLunatik } = (await import(url)) as typeof import('../../src/testing/testing.js')

const counter = `
local device = require("device")
local n = 0
local c = { name = "counter/n", mode = tonumber("666", 8) }
function c:read(len, off) if off == 0 then n = n + 1 return n .. "\\n" end end
function c:write(buf) print("got", #buf) if buf == "bad" then error("no such thing") end end
device.new(c)
`
const waits = `
local w = { name = "waits", mode = tonumber("666", 8) }
function w:read() require("linux").schedule() end
require("device").new(w)
`
const broken = 'print("so far") error("so good")'

const transport = process.env.TRANSPORT as LunatikOptions['transport']
const options = (t: Test, more: LunatikOptions = {}): LunatikOptions => ({
  scripts: folder(t, {
    'counter.lua': counter,
    'waits.lua': waits,
    'other.lua': 'print("other")',
    'keys.lua': 'require("notifier").keyboard(function() end)',
    'broken.lua': broken,
  }),
  run: 'counter',
  ...(transport === undefined ? {} : { transport }),
  ...more,
})

/** Runs JavaScript that has `createLunatik` and `options`, in a process of its own. */
function user(t: Test, text: string) {
  const program = `
    import { createLunatik } from ${JSON.stringify(url)}
    const options = ${JSON.stringify(options(t))}
    ${text}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const said = { out: '', err: '' }
  child.stdout.on('data', (text: Buffer) => {
    said.out += text
  })
  child.stderr.on('data', (text: Buffer) => {
    said.err += text
  })
  return { child, said, ended: once(child, 'close').then(([code]) => code as number | null) }
}

/** Whether nothing is left of a mount: no folder, and no process that was told of it. */
const isGone = (dir: string) =>
  !isMounted(dir) &&
  !existsSync(dir) &&
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .every((pid) => {
      try {
        return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(dir)
      } catch {
        return true // It has just ended.
      }
    })

t.test('a mount for a test', { skip: noFuse }, async (t) => {
  const lunatik = await createLunatik(options(t))
  t.teardown(() => lunatik.close())
  const n = lunatik.path('counter/n')

  t.test('its devices can be read synchronously', async (t) => {
    t.equal(readFileSync(n, 'utf8'), '1\n')
    t.equal(n, `${lunatik.dir}/counter/n`)
  })

  t.test('what a call has logged is there when it returns', async (t) => {
    writeFileSync(n, 'abc')
    t.equal(lunatik.log.text, 'got\t3\n')
    t.match(lunatik.log.records, [{ time: Number, level: 'info', text: 'got\t3' }])
    t.throws(() => writeFileSync(n, 'bad'), { code: 'ECANCELED' })
    t.match(lunatik.log.records.at(-1), { level: 'err', text: /counter\.lua:6: no such thing: write/ })
  })

  t.test('each call on a device is on record when it returns', async (t) => {
    const calls = lunatik.calls('counter/n')
    t.same(
      calls.map(({ op, ret, data }) => [op, ret, data?.toString() ?? null]).filter(([op]) => op !== 'close'),
      [
        ['open', 0, null],
        ['read', 2, '1\n'],
        ['read', 0, ''],
        ['open', 0, null],
        ['write', 3, 'abc'],
        ['open', 0, null],
        ['write', -125, 'bad'],
      ],
    )
    t.match(calls.at(-1)?.op === 'close' ? calls.at(-2) : calls.at(-1), {
      errname: 'ECANCELED',
      len: 3,
      off: 0,
      ms: Number,
    })
    // fuse-native doesn't know who calls.
    if (transport !== 'fuse-native') t.match(calls[0], { pid: process.pid, uid: process.getuid?.() })
    t.same(lunatik.calls('counter'), [])
    t.ok(lunatik.calls().every(({ name }) => name === 'counter/n'))
  })

  t.test('one that waits is, too', async (t) => {
    await lunatik.run('waits')
    const reading = readFile(lunatik.path('waits'), 'utf8').catch((e) => e)
    await until(() => lunatik.calls('waits').some(({ op }) => op === 'read'))
    t.match(lunatik.calls('waits'), [
      { op: 'open', ret: 0 },
      { op: 'read', ret: null, ms: null, data: null },
    ])
    await lunatik.stop('waits')
    t.match(await reading, { code: 'ENXIO' })
    t.match(
      lunatik.calls('waits').filter(({ op }) => op === 'read'),
      [{ ret: -6, errname: 'ENXIO', ms: Number }],
    )
  })

  t.test('the log can be waited for', async (t) => {
    t.match(await lunatik.log.until('no such thing'), { level: 'err' })
    const later = lunatik.log.until(/^got\t7$/)
    writeFileSync(n, '1234567')
    t.match(await later, { text: 'got\t7' })
    await t.rejects(lunatik.log.until(/never/, { timeout: 20 }), {
      message:
        /^nothing in the log matches \/never\/ within 20 ms\nThe log:\n {2}info: got\t3\n {2}info: got\t3\n {2}err: /,
    })
  })

  t.test('events are injected for the hooks of scripts', async (t) => {
    await lunatik.run('keys', 'hardirq')
    const { typed, calls, hooks } = await lunatik.inject.keyboard({ text: 'a' })
    t.strictSame([typed, hooks, calls[0]?.script, calls[0]?.verdict], ['a', 1, 'keys', 'DONE'])
    await t.rejects(lunatik.inject.packet({ dns: 'a..b' }), { message: /the field 'dns' must be a name/ })
    await lunatik.stop('keys')
  })
  t.test('scripts are started and stopped', async (t) => {
    t.same(await lunatik.list(), ['counter'])
    await lunatik.run('other')
    t.same(await lunatik.list(), ['other', 'counter'])
    await lunatik.stop('counter')
    t.notOk(existsSync(n))
    t.same(await lunatik.list(), ['other'])
  })

  t.test('what goes wrong is an Error with the message and what was logged', async (t) => {
    await t.rejects(lunatik.run('broken'), { message: /broken\.lua:1: so good\nThe log:\n {2}info: so far/ })
    await t.rejects(lunatik.lua('error("a message")'), { message: /a message$/ })
    await t.rejects(lunatik.run('other'), { message: /runner\.lua:\d+: other is already running/ })
  })

  t.test('Lua runs in the server', async (t) => {
    t.equal(await lunatik.lua('return 6 * 7, require("lunatik.runner").list()'), '42\tother')
    t.equal(await lunatik.lua(''), '')
  })

  t.test('a reset starts the scripts afresh, and those alone', async (t) => {
    await lunatik.reset()
    t.same(await lunatik.list(), ['counter'])
    t.same(lunatik.log.records, [])
    t.same(lunatik.calls(), [])
    t.equal(readFileSync(n, 'utf8'), '1\n')
  })

  t.test('two mounts at once do not meet', async (t) => {
    const other = await createLunatik(options(t))
    t.equal(readFileSync(other.path('counter/n'), 'utf8'), '1\n')
    t.equal(readFileSync(n, 'utf8'), '2\n')
    await Promise.all([other.close(), other.close()])
    t.ok(isGone(other.dir))
    t.equal(readFileSync(n, 'utf8'), '3\n')
  })

  t.test('closed, it has gone, and what was logged can still be read', async (t) => {
    writeFileSync(n, 'x')
    await lunatik.close()
    t.ok(isGone(lunatik.dir))
    t.equal(lunatik.log.text, 'got\t1\n')
    await t.rejects(lunatik.list(), { message: /^the mount was closed\nThe log:\n {2}info: got/ })
    await t.rejects(lunatik.log.until(/never/), { message: /^the mount was closed/ })
  })
})

t.test('what keeps a mount from being made is an Error', { skip: noFuse }, async (t) => {
  await t.rejects(createLunatik(options(t, { run: ['counter', 'broken'] })), {
    message: /^--run broken: .*broken\.lua:1: so good\nThe log:\n {2}info: so far/,
  })
  await t.rejects(createLunatik({ scripts: '/no/such/folder' }), {
    message: /^--scripts \/no\/such\/folder: there is no/,
  })
})

t.test('a server that was killed leaves nothing either', { skip: noFuse }, async (t) => {
  const lunatik = await createLunatik(options(t))
  t.teardown(() => lunatik.close())
  const pid = readdirSync('/proc').find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(lunatik.dir)
    } catch {
      return false
    }
  })
  process.kill(Number(pid), 'SIGKILL')
  await t.rejects(lunatik.log.until(/never/, { timeout: 60_000 }), { message: /^the server has ended \(SIGKILL\)/ })
  await lunatik.close()
  t.notOk(isMounted(lunatik.dir))
  t.notOk(existsSync(lunatik.dir))
})

t.test('it ends with the process that uses it', { skip: noFuse }, async (t) => {
  t.test('which it does not keep from ending', async (t) => {
    const { said, ended } = user(t, 'process.stdout.write((await createLunatik(options)).dir)')
    t.equal(await ended, 0, said.err)
    await until(() => isGone(said.out))
  })

  t.test('however that ends', async (t) => {
    const { child, said, ended } = user(
      t,
      `import { writeSync } from 'node:fs'
       writeSync(1, (await createLunatik(options)).dir + '\\n')
       for (;;) {}`,
    )
    await until(() => said.out.endsWith('\n') || child.exitCode !== null)
    t.ok(isMounted(said.out.trim()), said.err)
    child.kill('SIGKILL')
    await ended
    await until(() => isGone(said.out.trim()))
  })
})

t.test('it ends with the program that runs the tests', { skip: noFuse }, async (t) => {
  const dir = folder(t, { 'none.lua': '' })
  const said = join(dir, 'said')
  const file = `
    import { writeFileSync } from 'node:fs'
    import { createLunatik } from ${JSON.stringify(url)}
    writeFileSync(${JSON.stringify(said)}, (await createLunatik(${JSON.stringify(options(t))})).dir + ' ' + process.pid)
    for (;;) {}`
  writeFileSync(join(dir, 'endless.test.mjs'), file)
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_|TAP)/.test(name)))
  const runner = spawn(process.execPath, ['--test', join(dir, 'endless.test.mjs')], { stdio: 'ignore', env })
  t.teardown(() => runner.kill('SIGKILL'))
  await until(() => existsSync(said) && readFileSync(said, 'utf8').includes(' '))
  const [mount = '', pid] = readFileSync(said, 'utf8').split(' ')
  t.ok(isMounted(mount))
  runner.kill('SIGKILL')
  await until(() => isGone(mount) && !existsSync(`/proc/${pid}`))
})

t.test('CommonJS has it as well', { skip: noFuse }, async (t) => {
  const path = new URL('../../src/testing/require.cjs', import.meta.url).pathname
  const program = `
    require(${JSON.stringify(path)}).createLunatik(${JSON.stringify(options(t))}).then((lunatik) => {
      process.stdout.write(require('node:fs').readFileSync(lunatik.path('counter/n')))
      return lunatik.close()
    })`
  t.match(await run(process.execPath, ['-e', program]), { code: 0, stdout: '1\n', stderr: '' })
})
