// `lunatik replay`: calls that Node has not, programs that were there at once, and those that were killed.
// variants: default
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { whichCommand } from '../../src/fuse/command.js'
import { canReceive } from '../../src/fuse/scm_rights.js'
import { noFuse, temporary } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

const line = `
local device, poll, ioctl = require("device"), require("linux.poll"), require("linux.ioctl")
local fcntl, mode = require("linux.fcntl"), tonumber("666", 8)
local UNIT, opener = "C", 0
local d, dev = { name = "line", mode = mode }, nil
function d:poll() return self.value and poll.IN or 0 end
function d:write(buf) self.value = buf dev:notify() end
function d:read(len, off)
  local value = self.value
  self.value = nil
  return value or self.caller.flags & fcntl.O_NONBLOCK ~= 0 and "nothing" or "would wait"
end
function d:ioctl(cmd, arg)
  if cmd == ioctl.IOR("S", 1, 4) then return 0, UNIT .. "\\xff\\0\\0" end
  if cmd == ioctl.IOW("S", 2, 4) then UNIT = arg:sub(1, 1) return 3 end
  if cmd == ioctl.IO("S", 3) then return arg end
end
dev = device.new(d)
local who = { name = "who", mode = mode }
function who:open() self.same = opener == self.caller.pid opener = self.caller.pid end
function who:read(len, off)
  return off == 0 and (self.same and "same" or "other") .. (opener == self.caller.pid and " mine" or "") or ""
end
device.new(who)`

const sleeps = `
local d = { name = "sleeps", mode = tonumber("666", 8) }
function d:read(len, off)
  if self.awake then return "" end
  require("linux").schedule(1 << 30)
end
function d:write() self.awake = true end
require("device").new(d)`

/** poll(2) finds nothing, then what a thread writes; each kind of ioctl; a change of flags; two programs at once. */
const use = `
import fcntl, os, select, subprocess, threading
MNT = os.environ["MNT"]
fd = os.open(MNT + "/line", os.O_RDWR)
p = select.poll()
p.register(fd, select.POLLIN)
print(p.poll(0))
t = threading.Thread(target=lambda: subprocess.run(["sh", "-c", "echo 1 > $MNT/line"]))
t.start()
print([mask for _, mask in p.poll()], os.read(fd, 9))
t.join()
print(os.read(fd, 10))
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
print(os.read(fd, 10))
def ioctl(dir, nr, arg): return fcntl.ioctl(fd, dir << 30 | (dir and 4) << 16 | ord("S") << 8 | nr, arg)
print(ioctl(2, 1, bytes(4)), ioctl(1, 2, b"F..."), ioctl(2, 1, bytes(4)), ioctl(0, 3, 42))
try: ioctl(2, 9, bytes(4))
except OSError as e: print(e.strerror)
a = open(MNT + "/who")
print(subprocess.run(["cat", MNT + "/who"], capture_output=True).stdout, a.read())`

const skip = noFuse || (whichCommand('python3') === null ? 'python3 is missing' : !canReceive() && 'koffi is missing')

t.test('replay', { skip }, async (t) => {
  const dir = temporary(t)
  const all = join(dir, 'all')
  const args = ['--run', 'line', '--run', 'sleeps', '--trace', all]
  const mount = await scripted(t, { 'line.lua': line, 'sleeps.lua': sleeps }, args)
  const afresh = async (name: string, text: string) => {
    writeFileSync(join(mount.scripts, `${name}.lua`), text)
    await mount.lunatik('stop', name)
    t.match(await mount.lunatik('run', name), { code: 0 })
  }
  const used = await mount.sh(`python3 - <<'END'\n${use}\nEND
    cat $MNT/sleeps & pid=$!
    until grep -q '"read","name":"sleeps"' ${all}; do sleep 0.05; done
    kill -TERM $pid; wait $pid
    echo on > $MNT/sleeps`)
  t.equal(
    used.stdout,
    String.raw`[]
[1] b'1\n'
b'would wait'
b'nothing'
b'C\xff\x00\x00' b'F...' b'F\xff\x00\x00' 42
Inappropriate ioctl for device
b'other mine' other
`,
    used.stderr,
  )
  const trace = join(dir, 'trace')
  copyFileSync(all, trace)

  t.test('makes poll, each ioctl and changes of flags, and kills who was killed', async (t) => {
    await afresh('line', line)
    await afresh('sleeps', sleeps)
    t.match(await mount.lunatik('replay', trace), { code: 0, stdout: /^\d+ calls agree\n$/, stderr: '' })
  })

  t.test('names those that have other results', async (t) => {
    const changed = line
      .replace('"C"', '"K"')
      .replace('return arg end', 'return 7 end')
      .replace('poll.IN or 0', 'poll.IN | poll.PRI or 0')
    await afresh('line', changed.replace('opener = self.caller.pid end', 'end'))
    await afresh('sleeps', sleeps.replace('require("linux").schedule(1 << 30)', ''))
    const { code, stdout } = await mount.lunatik('replay', trace)
    t.equal(code, 1)
    for (const difference of [
      /^python3?[\d.]*\[\d+\] poll\(line\) = 1, now = 3$/m,
      /ioctl\(line, 0x80045301, ""\) = 0 "C\\xff\\x00\\x00", now = 0 "K\\xff\\x00\\x00"$/m,
      /ioctl\(line, 0x5303, 42\) = 42, now = 7$/m,
      /cat\[\d+\] read\(sleeps, \d+, 0\) = -1 EINTR, now "" = 0$/m,
    ])
      t.match(stdout, difference)
  })
})
