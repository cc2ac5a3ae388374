// What the transport dev-fuse makes possible, beyond what every transport does.
// variants: (default)
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { fixture, folder, lunatik, mounted, noFuse, run, temporary, until } from './mounted.js'

const driver = readFileSync(fileURLToPath(new URL('../../../test/fixtures/dev-fuse.lua', import.meta.url)), 'utf8')
const python = ['/usr/bin/python3', '/usr/local/bin/python3'].some(existsSync) || process.env.PATH?.includes('pyenv')
const skip =
  noFuse || (process.env.TRANSPORT === 'fuse-native' ? 'is about dev-fuse' : python ? false : 'there is no python3')

const prelude = `
import ctypes, fcntl, os, select, signal, sys, threading, time
m = os.environ["MNT"]
libc = ctypes.CDLL(None, use_errno=True)
handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda s: None)
libc.signal(signal.SIGALRM, handler)
libc.siginterrupt(signal.SIGALRM, 1)
def op(name, flags=os.O_RDWR): return os.open(m + "/" + name, flags)
def raw(fd, n=100):
    b = ctypes.create_string_buffer(n)
    r = libc.read(fd, b, n)
    return b.raw[:r] if r >= 0 else -ctypes.get_errno()
def alarm(s): signal.setitimer(signal.ITIMER_REAL, s)
def code(f, *a):
    try: return f(*a)
    except OSError as e: return -e.errno
# What would wait for a device's sleep waits 20 s.
def since(t): return time.time() - t < 10
`

t.test('dev-fuse', { skip }, async (t) => {
  const scripts = folder(t, { 'driver.lua': driver })
  const args = [
    '--scripts',
    scripts,
    '--run',
    'driver',
    '--deadline',
    '1',
    '--transport',
    'dev-fuse',
    '--ledger',
    '--device',
    fixture('lockup'),
  ]
  const { sh, dir, log, stop } = await mounted(t, args)
  const py = (script: string) =>
    run('python3', ['-c', prelude + script], { ...process.env, MNT: dir }).then(({ stdout, stderr }) => stdout + stderr)

  t.test(
    'a signal ends a read: with EINTR, or with what the callback makes of a sleep that may end early',
    async (t) => {
      const script = `
for name in ("nap", "light"):
    alarm(0.2); t = time.time(); print(name, raw(op(name)), since(t))`
      t.equal(await py(script), "nap -4 True\nlight b'early' True\n")
    },
  )

  t.test('a signal that the callback has blocked ends no sleep until it is unblocked', async (t) => {
    t.equal(await py('print(raw(op("masked")))'), "b'held, then early'\n")
  })

  t.test('long data are compressed to their end, though nobody asks for anything else', async (t) => {
    t.equal(await py('print(raw(op("deflated")))'), "b'true'\n")
  })

  t.test('a signal ends the wait for the lock', async (t) => {
    const script = `
fd = op("nap")
pid = os.fork()
if pid == 0:
    raw(op("nap")); os._exit(0)
time.sleep(0.3); alarm(0.2); t = time.time(); print(raw(fd), since(t))
os.kill(pid, 9); os.waitpid(pid, 0)
t = time.time(); print(raw(op("pos")), since(t))`
    t.equal(await py(script), "-4 True\nb'0' True\n")
  })

  t.test('kill -9 frees a blocked reader at once, and the device', async (t) => {
    const script = `
pid = os.fork()
if pid == 0:
    raw(op("nap")); os._exit(0)
time.sleep(0.3); t = time.time(); os.kill(pid, 9); os.waitpid(pid, 0); print(since(t))
print(raw(op("pos")))`
    t.equal(await py(script), "True\nb'0'\n")
  })

  t.test('poll waits until the driver tells of more', async (t) => {
    const script = `
fd = op("queue"); p = select.poll(); p.register(fd, select.POLLIN)
t = time.time(); print(p.poll(300), since(t))
threading.Timer(0.3, lambda: os.write(op("queue"), b"item")).start()
t = time.time(); print(p.poll(5000) == [(fd, select.POLLIN)], since(t)); print(raw(fd))
p.modify(fd, select.POLLOUT); print(p.poll(0) == [(fd, select.POLLOUT)])
f = op("nap"); p = select.poll(); p.register(f, select.POLLIN | select.POLLOUT); print(p.poll(0) == [(f, 5)])`
    t.equal(await py(script), "[] True\nTrue True\nb'item'\nTrue\nTrue\n")
  })

  t.test('ioctl carries sized arguments both ways', async (t) => {
    const script = `
fd = op("regs")
def ioc(d, nr, size): return d << 30 | size << 16 | ord("L") << 8 | nr
b = bytearray(4)
print(fcntl.ioctl(fd, ioc(1, 2, 4), b"abcd"), fcntl.ioctl(fd, ioc(2, 1, 4), b, True), bytes(b))
print(fcntl.ioctl(fd, ioc(3, 3, 4), b, True), bytes(b), fcntl.ioctl(fd, ioc(0, 4, 0), 41))
print([code(fcntl.ioctl, fd, ioc(0, nr, 0)) for nr in (5, 6, 7, 8)], code(fcntl.ioctl, op("pos"), ioc(0, 4, 0)))`
    t.equal(await py(script), "b'abcd' 0 b'abcd'\n7 b'ABCD' 42\n[-22, -125, -125, -25] -25\n")
    t.match(log(), /luadevice: .*: no: ioctl/)
  })

  t.test('a driver is told who calls, also after a sleep', async (t) => {
    await sh('chmod 755 "$(dirname "$MNT")"')
    const script = `
print(raw(op("who", os.O_RDONLY)) == b"%d %d %d" % (os.getuid(), os.getgid(), os.getpid()))
pid = os.fork()
if pid == 0:
    os.setgid(1001); os.setuid(1002)
    print(raw(op("who", os.O_RDONLY)) == b"1002 1001 %d" % os.getpid(), flush=True); os._exit(0)
os.waitpid(pid, 0)`
    t.equal(await py(script), 'True\nTrue\n')
  })

  t.test('a transfer of 1 MiB is one call of the driver, where it lies on pages', async (t) => {
    const script = `
import mmap
fd = op("chunk"); b = mmap.mmap(-1, 1 << 20)
print(os.readv(fd, [b]), os.writev(fd, [b]), code(op, "chunk", os.O_DIRECT))`
    t.equal(await py(script), '1048576 1048576 -22\n')
    t.match(log(), 'read\t1048576\t0\n')
    t.match(log(), 'write\t1048576\t1048576\n')
  })

  t.test('long reads and writes bring each byte, several at once, also those that sleep or are ended', async (t) => {
    const script = `
import mmap
def transfer(i, seen, bad):
    fd = op("bulk%d" % i); b = mmap.mmap(-1, 1 << 20); v = memoryview(b)
    for k in range(12):
        n = (1 << 20, 1 << 17, 65536, 65535, 4096)[k % 5]
        if os.readv(fd, [v[:n]]) != n: bad.append("short")
        head = bytes(v[:10]); seen.append(head)
        if head[:2] != b"%d:" % i or bytes(v[:n]) != (head * (n // 10 + 1))[:n]: bad.append(("read", i, n))
        own = b"w%d%07d," % (i, k); v[:n] = (own * (n // 10 + 1))[:n]
        if os.writev(fd, [v[:n]]) != n: bad.append("short write")
# A function of Python's own must not run in the midst of the others.
signal.signal(signal.SIGALRM, lambda *_: None); signal.siginterrupt(signal.SIGALRM, True)
seen, bad = [], []
ts = [threading.Thread(target=transfer, args=(i, seen, bad)) for i in (1, 2, 3, 4) for _ in range(3)]
for x in ts: x.start()
fd = op("bulk4"); b = mmap.mmap(-1, 1 << 20); ended = set()
for k in range(20):
    alarm(0.002)
    ended.add(libc.read(fd, ctypes.addressof(ctypes.c_char.from_buffer(b)), 1 << 20) in (1 << 20, -1))
    alarm(0.002)
    ended.add(libc.write(fd, b"0123456789" * 20000, 200000) in (200000, -1))
alarm(0)
for x in ts: x.join()
print(len(seen), len(set(seen)), bad, ended)`
    t.equal(await py(script), '144 144 [] {True}\n')
    t.notMatch(log(), 'it was changed on its way')
  })

  t.test('pread and pwrite have their own offsets', async (t) => {
    const script = `
fd = op("pos"); print(os.pread(fd, 9, 7), os.pread(fd, 9, 2**40), raw(fd), raw(fd))
print(code(os.lseek, fd, 0, 3), code(os.lseek, fd, 0, 4))`
    t.equal(await py(script), "b'7' b'109951162' b'0' b'1'\n-29 -29\n")
  })

  t.test('a name that a driver takes away is gone for the next call of the program', async (t) => {
    const script = `
print(os.path.exists(m + "/gone"), os.write(op("ender", os.O_WRONLY), b"x"), os.path.exists(m + "/gone"))`
    t.equal(await py(script), 'True 1 False\n')
  })

  t.test('2,000 reads block at once, and all are answered', async (t) => {
    const script = `
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
threading.stack_size(65536)
before, fd = [], op("nap")
def go(): before.append(code(os.pread, fd, 100, 0))
ts = [threading.Thread(target=go, daemon=True) for i in range(2000)]
for x in ts: x.start()
time.sleep(1); print(len(before)); t = time.time(); print(len(raw(op("kmsg", os.O_RDONLY), 5)), since(t)); sys.stdout.flush(); os.kill(os.getpid(), 9)`
    t.equal(await py(script), '0\n5 True\n')
    t.equal((await sh('head -c 1 $MNT/pos')).stdout, '0')
  })

  t.test(
    'a callback that nothing reaches is a soft lockup: the mount is made afresh with the same scripts',
    async (t) => {
      t.match((await sh('head -c 1 $MNT/boom')).stderr, /connection abort/)
      await until(() => log().includes('mounted afresh'))
      t.match(log(), /watchdog: soft lockup: no return within 1 s: read of boom\n/)
      t.equal(
        (await sh('head -c 1 $MNT/pos; ls $MNT/gone; tail -n 2 $MNT/kmsg | grep -c lockup')).stdout,
        `0${dir}/gone\n1\n`,
      )
    },
  )

  t.test('SIGTERM ends it all', async (t) => {
    t.equal(await stop(), 0)
    t.match(log(), /info: ledger: 0 objects alive\n/)
    t.notMatch(log(), /uncaught|unhandled/)
  })
})

t.test('--uninterruptible lets signals end only the sleeps that say so', { skip }, async (t) => {
  const text = driver.replaceAll('20000', '700').replace('linux.schedule(700)', 'linux.schedule(700, task.KILLABLE)')
  const scripts = folder(t, { 'driver.lua': text })
  const { dir } = await mounted(t, ['--scripts', scripts, '--run', 'driver', '--uninterruptible'])
  const script = `
for name in ("nap", "light"):
    alarm(0.2); t = time.time(); print(name, raw(op(name)), time.time() - t > 0.69)`
  const { stdout } = await run('python3', ['-c', prelude + script], { ...process.env, MNT: dir })
  t.match(stdout, /^nap b'late' True\nlight b'early' /)
})

t.test('a script that never comes back while it starts is refused, one that sleeps is not', { skip }, async (t) => {
  const scripts = folder(t, {
    'hang.lua': 'print("one") print("two"); require("lockup").spin()',
    'slow.lua': 'require("linux").schedule(4500) require("device").new{name = "slow"}',
  })
  const exec = (script: string) =>
    lunatik(
      'exec',
      '--mount',
      join(temporary(t), 'mnt'),
      '--scripts',
      scripts,
      '--device',
      fixture('lockup'),
      '--run',
      script,
      '--deadline',
      '1',
      '--',
      'true',
    )
  const [hang, slow] = await Promise.all(['hang', 'slow'].map(exec))
  t.match(
    hang,
    { code: 1, stderr: /info: one\n.*info: two\n(.*\n)*.*never comes back/ },
    'what it printed is in the log',
  )
  t.match(slow, { code: 0 })
})
