// Whatever computes keeps nobody else waiting, without any deadline.
// variants: (default fengari fuse-native fuse-native+fengari)
import { spawn } from 'node:child_process'
import t from 'tap'
import { blockedOn, folder, lunatik, main, mounted, noFuse, onlyOn, until } from './mounted.js'

const spin = 'while true do end'

/** The scripts that spin at once. */
const many = 50

t.test('Lua that computes', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'other.lua': `
local n = 0
require("device").new{name = "other", mode = 438, read = function(self, len, off)
  if off > 0 then return "" end
  n = n + 1
  return tostring(n)
end}`,
    'spin.lua': `require("device").new{name = "spin", mode = 438, read = function() ${spin} end}`,
    // pcall catches what ends it, a coroutine and a finalizer hide it.
    'stubborn.lua': `require("device").new{name = "stubborn", mode = 438, read = function()
  local spins = coroutine.wrap(function() ${spin} end)
  while true do pcall(spins) end
end}`,
    'thread.lua': `return function() ${spin} end`,
    'completes.lua': `
local done = require("completion").new()
require("lunatik")._ENV.done = done
require("device").new{name = "completes", mode = 438, write = function() done:complete() end}`,
    'waits.lua': `return function()
  print("woken", require("lunatik")._ENV.done:wait())
  ${spin}
end`,
    'loads.lua': spin,
    ...Object.fromEntries(
      Array.from({ length: many }, (_, n) => [`spins/${n + 1}.lua`, `return function() ${spin} end`]),
    ),
  })
  const { sh, dir, log, stop } = await mounted(t, [
    ...['--scripts', scripts, '--deadline', '0'],
    ...['--run', 'other', '--run', 'spin', '--run', 'stubborn'],
  ])
  const command = (...args: string[]) => lunatik(...args, '--mount', dir)
  let reads = 0
  const answers = async () => t.equal((await sh('cat $MNT/other')).stdout, String(++reads))
  const reader = (name: string) => {
    const child = spawn('cat', [`${dir}/${name}`], { stdio: 'ignore' })
    t.teardown(() => child.kill('SIGKILL'))
    return new Promise<number | null>((resolve) => child.on('exit', resolve))
  }

  await t.test('a read that spins: others are answered, and stopping its script ends it', async (t) => {
    const ended = [reader('spin'), reader('stubborn')]
    await until(() => blockedOn(dir) === 2)
    await answers()
    await answers()
    t.equal((await command('stop', 'spin')).code, 0)
    t.equal((await command('stop', 'stubborn')).code, 0)
    t.strictSame(await Promise.all(ended), [1, 1])
    await answers()
  })

  await t.test('a program that is killed ends its call', { skip: onlyOn('dev-fuse') }, async (t) => {
    t.equal((await command('run', 'spin')).code, 0)
    for (let n = 0; n < 2; n++) {
      t.equal((await sh('timeout -s KILL 0.5 cat $MNT/spin')).code, 137)
      await until(() => blockedOn(dir) === 0)
    }
    t.equal((await command('stop', 'spin')).code, 0)
  })

  await t.test('two threads that spin: spawn returns, others are answered, stop ends them', async (t) => {
    t.equal((await command('spawn', 'thread')).code, 0)
    t.equal((await command('spawn', 'spins/1')).code, 0)
    await answers()
    await answers()
    t.match((await command('list')).stdout, /spins\/1.*thread|thread.*spins\/1/)
    t.equal((await command('stop', 'thread')).code, 0)
    t.equal((await command('stop', 'spins/1')).code, 0)
    t.match((await command('list')).stdout, /^other$/m)
    t.match(log(), /thread computes on and never asks whether it should stop/)
  })

  await t.test('complete() returns though who is woken spins', async (t) => {
    t.equal((await command('run', 'completes')).code, 0)
    t.equal((await command('spawn', 'waits')).code, 0)
    t.equal((await sh('echo > $MNT/completes')).code, 0)
    await until(() => log().includes('woken'))
    t.equal((await sh('echo > $MNT/completes')).code, 0)
    await answers()
    t.equal((await command('stop', 'waits')).code, 0)
    t.equal((await command('stop', 'completes')).code, 0)
  })

  await t.test(
    'a script that spins while it loads: others are answered, Ctrl-C ends it',
    { skip: onlyOn('dev-fuse') },
    async (t) => {
      const child = spawn('sh', ['-c', 'printf \'require("lunatik.runner").run("loads")\' > "$0"/lunatik', dir])
      t.teardown(() => child.kill('SIGKILL'))
      await until(() => blockedOn(dir) === 1)
      await answers()
      child.kill('SIGINT')
    },
  )

  await t.test(`${many} threads that spin at once, and one device more`, async (t) => {
    const spawns = `for n = 1, ${many} do require("lunatik.runner").spawn("spins/" .. n) end`
    t.equal((await sh(`printf '${spawns}' > $MNT/lunatik; cat $MNT/lunatik`)).stdout, '')
    for (let n = 0; n < 3; n++) await answers()
    t.equal((await command('list')).stdout.match(/spins/g)?.length, many)
  })
  await t.test("a prompt's line that spins keeps no command and no other prompt waiting", async (t) => {
    const child = spawn(process.execPath, [main, '--mount', dir], { stdio: ['pipe', 'ignore', 'ignore'] })
    t.teardown(() => child.kill('SIGKILL'))
    child.stdin.end(`${spin}\n`)
    await until(() => blockedOn(dir) > 0)
    t.equal((await command('run', 'completes')).code, 0)
    t.match((await command('list')).stdout, /completes/)
    t.equal((await command('stop', 'completes')).code, 0)
    t.equal((await sh(`echo 1 + 1 | "${process.execPath}" "${main}" --mount $MNT`)).stdout, '2\n')
    child.kill('SIGKILL')
  })

  t.equal(await stop(), 0, 'the server ends all the same')
  t.notMatch(log(), /lockup|mounted afresh|no return|no answer/)
})
