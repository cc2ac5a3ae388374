// A name that a driver takes away: the kernel forgets it once nobody holds its folder, and only the answer that must
// wait for that does.
// variants: default
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import t from 'tap'
import { folder, lunatik, mounted, noFuse, until } from './mounted.js'

const python = ['/usr/bin/python3', '/usr/local/bin/python3'].some(existsSync) || process.env.PATH?.includes('pyenv')
const skip =
  noFuse || (process.env.TRANSPORT === 'fuse-native' ? 'is about dev-fuse' : python ? false : 'there is no python3')

const scripts = {
  'driver.lua': `
local linux = require("linux")
local device = require("device")
for n = 1, 2 do
  local gone = device.new{name = "gone" .. n, mode = 438}
  device.new{name = "ender" .. n, mode = 438, write = function() gone:stop() end}
end
device.new{name = "other", mode = 438, read = function(self, len, off) return off == 0 and "other" or "" end}
`,
  'sleeper.lua': `
local linux = require("linux")
require("device").new{name = "sleeper", mode = 438, read = function(self, len, off)
  if off > 0 then return "" end
  linux.schedule(20)
  return "slept"
end, write = function() linux.schedule(20) end}`,
}

/** Reads a folder into memory that is not there, which its pager never gives: so it holds the folder's lock. */
const holder = `
import ctypes, fcntl, mmap, os, struct, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
uffd = libc.syscall(323, 0)
if uffd < 0:
    print("no"); sys.exit()
fcntl.ioctl(uffd, 0xc018aa3f, struct.pack("QQQ", 0xaa, 0, 0))
memory = mmap.mmap(-1, 4096)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
fcntl.ioctl(uffd, 0xc020aa00, struct.pack("QQQQ", address, 4096, 1, 0))
fd = os.open(os.environ["MNT"], os.O_RDONLY)
threading.Thread(target=lambda: libc.syscall(217, fd, ctypes.c_void_p(address), 4096), daemon=True).start()
os.read(uffd, 32)
print("held", flush=True)
sys.stdin.read()
os._exit(0)
`

t.test('a program that holds the folder keeps nobody waiting but who must wait', { skip }, async (t) => {
  const args = ['--scripts', folder(t, scripts), '--run', 'driver', '--run', 'sleeper']
  const { sh, dir, stop } = await mounted(t, args)
  // The kernel is to know the names already: looking one up waits for the folder as well.
  t.equal(
    (await sh('cat $MNT/other $MNT/sleeper; : > $MNT/gone1; : > $MNT/gone2; stat $MNT/ender* > /dev/null')).stdout,
    'otherslept',
  )
  t.equal((await lunatik('list', '--mount', dir)).code, 0)
  const holding = spawn('python3', ['-c', holder], {
    env: { ...process.env, MNT: dir },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  t.teardown(() => holding.kill('SIGKILL'))
  const [said] = (await once(holding.stdout, 'data')) as [Buffer]
  if (said.toString() === 'no\n') {
    t.pass('this kernel gives no userfaultfd', { skip: true })
    return
  }
  const writers = [1, 2].map((n) => {
    const writer = spawn('sh', ['-c', 'echo x > "$0"', `${dir}/ender${n}`], { stdio: 'ignore' })
    t.teardown(() => writer.kill('SIGKILL'))
    return writer
  }) as [ChildProcess, ChildProcess]
  // They have been served once the devices themselves are gone.
  const over = (n: number) => sh(`exec 2> /dev/null 3< $MNT/gone${n}; dd <&3`).then(({ code }) => code !== 0)
  await until(async () => (await over(1)) && (await over(2)))
  for (let n = 0; n < 5; n++) {
    t.equal((await sh('cat $MNT/other $MNT/sleeper; echo x > $MNT/sleeper')).stdout, 'otherslept')
    t.equal((await lunatik('list', '--mount', dir)).code, 0)
  }
  const [writer, killed] = writers
  t.strictSame([writer.exitCode, killed.exitCode], [null, null], 'their programs would find the names still')
  killed.kill('SIGKILL')
  t.strictSame(await once(killed, 'exit'), [null, 'SIGKILL'])
  t.equal(writer.exitCode, null)
  const left = once(writer, 'exit')
  holding.stdin.end()
  t.strictSame(await left, [0, null])
  t.equal((await sh('ls $MNT/gone1')).code, 2)
  t.equal(await stop(), 0)
})
