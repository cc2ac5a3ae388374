// What is no request reaches the thread that serves, whatever becomes of the node by which it is woken.
// variants: default
import t, { type Test } from 'tap'
import { folder, lunatik, mounted, noFuse } from './mounted.js'

const skip = noFuse || (process.env.TRANSPORT === 'fuse-native' ? 'is about dev-fuse' : false)

const scripts = {
  'sleeper.lua': `
local linux = require("linux")
local device = require("device")
device.new{name = "sleeper", read = function(self, len, off)
  if off > 0 then return "" end
  linux.schedule(30)
  return "slept"
end}
device.new{name = "other"}`,
  'named.lua':
    'require("device").new{name = ".lunatik-wake", read = function(self, len, off) return off == 0 and "own" or "" end}',
}

t.test('the thread is woken', { skip }, async (t) => {
  const { sh, dir, stop } = await mounted(t, ['--scripts', folder(t, scripts), '--run', 'sleeper'])
  /** A timer wakes it, a message of the process's, and nothing else does. */
  const works = async (t: Test, what: string) => {
    t.equal((await sh('cat $MNT/sleeper')).stdout, 'slept', what)
    t.equal((await lunatik('list', '--mount', dir)).code, 0, what)
  }
  await works(t, 'at first')

  t.test('where the name that looks like its node’s is another’s', async (t) => {
    t.equal((await sh('mv $MNT/other $MNT/.lunatik-wake && ls -A $MNT | grep wake')).stdout, '.lunatik-wake\n')
    await works(t, 'a renamed device')
    t.equal((await sh('rm $MNT/.lunatik-wake; mkdir $MNT/.lunatik-wake')).code, 0)
    await works(t, 'a folder')
    t.equal((await sh('rmdir $MNT/.lunatik-wake')).code, 0)
    t.equal((await lunatik('run', 'named', '--mount', dir)).code, 0)
    t.equal((await sh('cat $MNT/.lunatik-wake')).stdout, 'own')
    await works(t, 'a device of a script')
  })

  t.test('where the kernel has forgotten all nodes', async (t) => {
    for (let n = 0; n < 5; n++) {
      // As drop_caches does, but for this mount alone.
      t.equal((await sh('mount -i -o remount "$MNT"')).code, 0)
      await works(t, `the ${n + 1}. time`)
      t.equal((await sh('exec 3< $MNT/sleeper; mount -i -o remount "$MNT"; cat <&3')).stdout, 'slept')
      await works(t, `the ${n + 1}. time, with an open file`)
    }
  })

  t.test('and it ends', async (t) => {
    t.equal((await sh('mount -i -o remount "$MNT"')).code, 0)
    t.equal(await stop(), 0)
  })
})

t.test('who is woken by a request has its answer without another one', { skip }, async (t) => {
  const { sh } = await mounted(t, [
    ...['--run', 'waits', '--run', 'wakes', '--uninterruptible', '--scripts'],
    folder(t, {
      'waits.lua': `
local done = require("completion").new()
require("lunatik")._ENV.done = done
require("device").new{name = "waits", read = function(self, len, off) done:wait() return "woken" end}`,
      'wakes.lua': `
local done = require("lunatik")._ENV.done
require("device").new{name = "wakes", write = function() done:complete() end}`,
    }),
  ])
  // Python's write is one request. What else would turn the thread's event loop has ended before it.
  const program = `
import os, threading, time
mnt = os.environ["MNT"]
waits, wakes = os.open(mnt + "/waits", os.O_RDONLY), os.open(mnt + "/wakes", os.O_WRONLY)
answers = []
for _ in range(5):
    reader = threading.Thread(target=lambda: answers.append(os.read(waits, 20)), daemon=True)
    reader.start()
    time.sleep(0.2)
    os.write(wakes, b"x")
    reader.join(60)
print(answers)`
  const { code, stdout, stderr } = await sh(`command -v python3 > /dev/null || exit 77; exec python3 -c '${program}'`)
  if (code === 77) t.comment('python3 is missing')
  else t.equal(stdout, `[${Array(5).fill("b'woken'").join(', ')}]\n`, stderr)
})
