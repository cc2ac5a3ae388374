// A driver that blocks as a kernel's does: with O_NONBLOCK its program gets EAGAIN at once, else it waits.
import t from 'tap'
import { folder, mounted, noFuse, onlyOn, run } from './mounted.js'

const script = `
local device, linux = require("device"), require("linux")
local E, O = require("linux.errno"), require("linux.fcntl")
local line = { name = "line", mode = 438, queue = {} }
function line:read(len)
  if #self.queue == 0 then
    if self.caller.flags & O.O_NONBLOCK ~= 0 then error{errno = E.EAGAIN} end
    linux.schedule(5)
    return "late"
  end
  return table.remove(self.queue, 1):sub(1, len)
end
function line:write(buf)
  if #buf > 8 then error{errno = E.ENOSPC} end
  table.insert(self.queue, buf)
end
function line:open()
  if self.caller.flags & O.O_ACCMODE == O.O_WRONLY then error{errno = E.EBUSY} end
end
device.new(line)
device.new{ name = "whose", mode = 292, read = function(self, len, off)
  return (tostring(self.caller.comm) .. "\\n"):sub(off + 1, off + len) end }`

const python = `
import errno, fcntl, os, sys
def attempt(f):
    try: return f()
    except OSError as e: return errno.errorcode[e.errno]
path = sys.argv[1] + "/line"
fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
print(attempt(lambda: os.read(fd, 9)))
print(attempt(lambda: os.write(fd, b"012345678")), attempt(lambda: os.write(fd, b"text")))
print(attempt(lambda: os.read(fd, 9)))
print(attempt(lambda: os.open(path, os.O_WRONLY)))
if sys.argv[2] == "fcntl":
    blocking = os.open(path, os.O_RDWR)
    fcntl.fcntl(blocking, fcntl.F_SETFL, os.O_NONBLOCK)
    print(attempt(lambda: os.read(blocking, 9)))
    fcntl.fcntl(blocking, fcntl.F_SETFL, 0)
    print(attempt(lambda: os.read(blocking, 9)))`

const noPython = (await run('python3', ['--version'])).code !== 0 && 'python3 is missing'

t.test('O_NONBLOCK and errnos of one’s own', { skip: noFuse || noPython }, async (t) => {
  const { dir, log } = await mounted(t, ['--scripts', folder(t, { 'line.lua': script }), '--run', 'line'])
  const tells = onlyOn('dev-fuse') === false
  const { stdout, stderr } = await run('python3', ['-c', python, dir, tells ? 'fcntl' : ''])
  t.equal(stderr, '')
  t.equal(stdout, `EAGAIN\nENOSPC 4\nb'text'\nEBUSY\n${tells ? "EAGAIN\nb'late'\n" : ''}`)
  t.equal((await run('cat', [`${dir}/whose`])).stdout, tells ? 'cat\n' : 'nil\n')
  t.equal(log(), '', 'the log has nothing of it')
})
