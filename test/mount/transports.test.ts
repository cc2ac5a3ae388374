// What programs have of both transports, and what they haven't of fuse-native: docs/transports.md.
// variants: default (fuse-native)
import t from 'tap'
import { folder, type Mounted, mounted, noFuse, run } from './mounted.js'

const native = process.env.TRANSPORT === 'fuse-native'
const skip = noFuse || ((await run('python3', ['-c', ''])).code === 0 ? false : 'there is no python3')

const scripts = {
  'driver.lua': `
local device = require("device")
local users = 0
device.new{name = "exclusive", mode = 438,
  open = function() if users > 0 then error("somebody has it") end users = users + 1 end,
  release = function() users = users - 1 end}
for _, name in ipairs{"plain", "b\\xffd", "\\xef\\xbf\\xbd"} do
  device.new{name = name, mode = 438, read = function(self, len, off) return off == 0 and "read" or "" end}
end`,
}

/** Runs Python with \`mnt\`, the mount's folder as bytes, and \`said\`, which gives a call's result or its error. */
const python = ({ sh }: Mounted, script: string) =>
  sh(`python3 - <<'END'
import errno, os
mnt = os.environ["MNT"].encode()
def said(call, *args, **named):
    try: return call(*args, **named)
    except OSError as e: return errno.errorcode[e.errno]
${script}
END`)

t.test('both transports', { skip }, async (t) => {
  const mount = await mounted(t, ['--scripts', folder(t, scripts), '--run', 'driver'])

  t.test('a file is released before the next open is answered', async (t) => {
    const { stdout, stderr } = await python(
      mount,
      `
def opened():
    os.close(os.open(mnt + b"/exclusive", os.O_RDONLY))
# Others keep the server busy meanwhile.
busy = []
parent = os.getpid()
for n in range(3):
    pid = os.fork()
    while pid == 0:
        said(os.listdir, mnt), said(os.stat, mnt + b"/plain")
        if os.getppid() != parent: os._exit(0)
    busy.append(pid)
try:
    print([said(opened) for n in range(3000)] == [None] * 3000)
    # A descriptor that is closed without being the last one keeps the file open.
    fd = os.open(mnt + b"/exclusive", os.O_RDONLY)
    os.close(os.dup(fd))
    print(said(opened))
    os.close(fd)
    print(said(opened))
finally:
    for pid in busy: os.kill(pid, 9)`,
    )
    t.equal(stderr, '')
    t.equal(stdout, 'True\nECANCELED\nNone\n')
  })

  t.test('there are no access control lists, and programs are told so', async (t) => {
    const { stdout, stderr } = await python(
      mount,
      `
acl = bytes.fromhex("0200000001000600ffffffff04000400ffffffff20000400ffffffff")
print(said(os.setxattr, mnt + b"/plain", "system.posix_acl_access", acl))
print(said(os.getxattr, mnt + b"/plain", "system.posix_acl_access"))`,
    )
    t.equal(stderr, '')
    t.equal(stdout, native ? 'ENOTSUP\nENODATA\n' : 'ENOTSUP\nENOTSUP\n')
    for (const option of ['-p', '-a']) {
      const copied = `cp ${option} $MNT/plain copy && cat copy && cp ${option} copy $MNT/plain`
      t.strictSame(await mount.sh(`cd ${folder(t, {})} && ${copied}`), { code: 0, stdout: 'read', stderr: '' })
    }
  })

  t.test('names that are no UTF-8', async (t) => {
    const { stdout, stderr } = await python(
      mount,
      `
def read(name):
    with open(mnt + b"/" + name, "rb") as f: return f.read()
bad, sign = b"b\\xffd", "\\ufffd".encode()
print([name in os.listdir(mnt) for name in (b"plain", bad, sign)])
print(said(read, bad), said(read, sign), said(read, b"\\xfe"))
for name in (b"\\xff", sign + b"2", "\\u00e9".encode() * 127, b"x" * 255, b"x" * 256, b"a\\nb"):
    print(said(os.mkdir, mnt + b"/" + name), said(os.rmdir, mnt + b"/" + name))
print(said(os.symlink, b"\\xff", mnt + b"/link"), said(os.readlink, mnt + b"/link"))`,
    )
    t.equal(stderr, '')
    const [listed, reads, refused] = native
      ? ['[True, False, False]', 'ENOENT ENOENT ENOENT', 'EILSEQ ENOENT']
      : ['[True, True, True]', "b'read' b'read' ENOENT", 'None None']
    const made = ['None None', 'None None', 'ENAMETOOLONG ENAMETOOLONG', 'None None']
    const link = native ? refused : "None b'\\xff'"
    t.strictSame(stdout.split('\n'), [listed, reads, refused, refused, ...made, link, ''])
  })

  t.test('times', async (t) => {
    const { stdout, stderr } = await python(
      mount,
      `
os.utime(mnt + b"/plain", (10, 20))
s = os.stat(mnt + b"/plain")
print(s.st_atime, s.st_mtime)`,
    )
    t.equal(stderr, '')
    t.equal(stdout, native ? '10.0 10.0\n' : '10.0 20.0\n')
  })
})
