// What goes wrong in a callback, and that the mount lives on.
// variants: default fengari fuse-native
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixture, folder, isMounted, mounted, noFuse, run, temporary, until } from './mounted.js'

t.test('errors in Lua', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'mydevice.lua': `
local what = ""
local function spin() while true do end end
local deeds = {
  raise = function() error("boom") end,
  table = function() error({}) end,
  none = function() error() end,
  number = function() return "x", "a word" end,
  spin = spin,
  stubborn = function() while true do pcall(spin) end end,
  tail = function() return pcall(spin) end,
  coroutine = function() return coroutine.wrap(function() while true do pcall(spin) end end)() end,
  coroutines = function() while true do coroutine.resume(coroutine.create(spin)) end end,
  metamethod = function() return setmetatable({}, { __index = spin }).x end,
  heap = function() local t = {} for i = 1, math.maxinteger do t[i] = { ("x"):rep(1000) } end end,
  mount = function() return loadfile(what:match("mount (.*)")) and "loaded" or "refused" end,
  stack = function() local function f() return 1 + f() end return f() end,
}
function myread(len, off)
  local deed = deeds[what:match("^%w+")]
  if deed then return deed() end
  return "fine"
end
function mywrite(buf) if buf == "fail" then error("no write", 0) end what = buf end
`,
  })
  const { sh, log, dir } = await mounted(t, ['--scripts', scripts, '--deadline', '0.5'])
  const script = `${scripts}/mydevice.lua`
  const attempt = (what: string) =>
    sh(`printf '${what}' > $MNT/mydevice && dd if=$MNT/mydevice bs=99 count=1 status=none`)
  const fine = async (t: Test) => t.equal((await attempt('nothing')).stdout, 'fine', 'the mount lives on')

  t.test('a raise gives ECANCELED and file:line in the log', async (t) => {
    t.match((await attempt('raise')).stderr, /Operation canceled/)
    t.match(log(), `err: mydevice: ${script}:5: boom\n`)
    await fine(t)
  })
  t.test('a raise in mywrite fails the write', async (t) => {
    t.match((await sh('printf fail | dd of=$MNT/mydevice status=none')).stderr, /Operation canceled/)
    t.match(log(), 'err: mydevice: no write\n')
  })
  t.test('an error object that is no string is named as on the kernel', async (t) => {
    await attempt('table')
    t.match(log(), 'err: mydevice: (null)\n')
    await attempt('none')
    t.match(log(), 'err: mydevice: <no error object>\n')
  })
  t.test('a result of a wrong type gives ECANCELED where the kernel crashes', async (t) => {
    t.match((await attempt('number')).stderr, /Operation canceled/)
    t.match(log(), /err: lunatik: .*number expected, got string.*on a kernel is a crash\n/)
    await fine(t)
  })
  t.test('a stack overflow is an error like others', async (t) => {
    t.match((await attempt('stack')).stderr, /Operation canceled/)
    t.match(log(), `${script}:17: stack overflow`)
    await fine(t)
  })
  for (const what of ['spin', 'stubborn', 'tail', 'coroutine', 'coroutines', 'metamethod']) {
    t.test(`an endless loop (${what}) ends at the deadline, with ETIMEDOUT and its line`, async (t) => {
      const before = log().length
      t.match((await attempt(what)).stderr, /Connection timed out/)
      t.match(log().slice(before), /mydevice\.lua:\d+: no return within 500 ms/)
      await fine(t)
    })
  }
  t.test('a script that fills the heap is ended before the process is', { timeout: 60_000 }, async (t) => {
    t.match((await attempt('heap')).stderr, /Connection timed out|Operation canceled/)
    await fine(t)
  })
  t.test('a script may not load a file of the mount itself, which would never answer', async (t) => {
    t.equal((await attempt(`mount ${dir}/mydevice`)).stdout, 'refused')
    await run('ln', ['-s', dir, `${scripts}/link`])
    t.equal((await attempt(`mount ${scripts}/link/mydevice`)).stdout, 'refused')
  })
})

t.test('mistakes of a module in TypeScript', { skip: noFuse }, async (t) => {
  const { sh, log } = await mounted(t, ['--device', fixture('sleeper')])
  const attempt = (what: string) => sh(`echo ${what} > $MNT/sleeper && dd if=$MNT/sleeper bs=4 count=1 status=none`)

  for (const [what, error, logged] of [
    ['throw', 'Input/output error', 'fuse: read: Error: thrown by a driver'],
    ['reject', 'Input/output error', 'fuse: read: Error: rejected by a driver'],
    ['handlerThrows', 'Input/output error', 'lunatik: Error: thrown by a handler'],
    ['long', 'Input/output error', 'fuse: read: 5 is no answer: an errno or at most 4'],
    ['text', 'Input/output error', 'fuse: read: 42 is no answer'],
    ['unprotected', 'Operation canceled', 'raised outside a protected call'],
    ['recursive', 'Resource deadlock avoided', 'possible recursive locking detected'],
    ['atomic', 'Input/output error', 'scheduling while atomic'],
  ] as const) {
    t.test(`${what}: ${error}`, async (t) => {
      t.match((await attempt(what)).stderr, error)
      t.match(log(), logged)
      t.equal((await attempt('nap')).stdout, 'z', 'the mount lives on')
    })
  }
  t.test('readers of one sleeping device take turns', async (t) => {
    await attempt('nap')
    const readers = await Promise.all([1, 2, 3].map(() => sh('dd if=$MNT/sleeper bs=4 count=1 status=none')))
    t.strictSame(
      readers.map(({ stdout }) => stdout),
      ['z', 'z', 'z'],
    )
  })
  t.test('twenty readers of one device take turns as well, though only ten threads of libfuse stay', async (t) => {
    await attempt('nap')
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => sh('dd if=$MNT/sleeper bs=4 count=1 status=none')),
    )
    t.equal(readers.filter(({ stdout }) => stdout === 'z').length, 20)
  })
})

t.test('at most 256 wait on fuse-native, who comes beyond gets EAGAIN', { skip: noFuse }, async (t) => {
  const { sh, stop } = await mounted(t, ['--device', fixture('sleeper'), '--transport', 'fuse-native'])
  const errors = join(temporary(t), 'errors')
  writeFileSync(errors, '')
  const readers = sh(`for i in $(seq 260); do dd if=$MNT/sleeper bs=4 count=1 status=none 2>> ${errors} & done; wait`)
  const count = (text: string) => readFileSync(errors, 'utf8').split(text).length - 1
  await until(() => count('Resource temporarily unavailable') === 4)
  await stop()
  await readers
  t.equal(count('Resource temporarily unavailable'), 4)
  t.equal(count('No such device or address'), 256)
})

t.test('a blocked read', { skip: noFuse }, async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    t.test(`ends with ENXIO when ${signal} ends the server`, async (t) => {
      const { sh, stop, dir } = await mounted(t, ['--device', fixture('sleeper')])
      const readers = [1, 2, 3].map(() => sh('dd if=$MNT/sleeper bs=4 count=1 status=none'))
      await new Promise((resolve) => setTimeout(resolve, 300))
      t.equal(await stop(signal), 0)
      for (const reader of readers) t.match((await reader).stderr, /No such device or address/)
      t.notOk(isMounted(dir))
    })
  }
})

t.test('kill -9 of the server leaves nothing that the next server does not take away', { skip: noFuse }, async (t) => {
  const first = await mounted(t)
  await first.stop('SIGKILL')
  if (process.env.TRANSPORT === 'fuse-native') {
    // The kernel process ends with its parent, and unmounts.
    await until(() => !isMounted(first.dir))
  } else t.match((await first.sh('ls $MNT')).stderr, /Transport endpoint is not connected/)
  const second = await mounted(t, [], first.dir)
  if (process.env.TRANSPORT !== 'fuse-native') t.match(second.log(), /warn: .*: a stale mount was taken away/)
  t.equal((await second.sh('head -c 2 $MNT/mydevice')).stdout, '42')
  t.equal(await second.stop(), 0)
  t.notOk(isMounted(first.dir))
})

t.test('a mount that somebody else unmounts ends the server', { skip: noFuse }, async (t) => {
  const { dir, child, stop } = await mounted(t)
  await run('umount', [dir])
  await until(() => child.exitCode !== null)
  t.equal(await stop(), 0)
})

t.test('unmounting while a file is open leaves nothing behind', { skip: noFuse }, async (t) => {
  const { sh, stop, dir } = await mounted(t)
  const holder = sh('exec 3< $MNT/mydevice; cd $MNT; sleep 1; dd bs=1 count=1 status=none <&3; echo $?')
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(await stop(), 0)
  t.notOk(isMounted(dir))
  t.match(await holder, { stdout: '1\n' })
})
