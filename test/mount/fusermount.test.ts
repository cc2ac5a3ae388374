// `lunatik mount` of an ordinary user: through fusermount(1), a copy with the set-user-ID bit, as distributions have
// it.
// variants: (default fuse-native)
import { chmodSync, cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { whichCommand } from '../../src/fuse/command.js'
import { run, transportArgs } from './mounted.js'
import { asUser, lunatikOf, machines, noUser, userFolder } from './user.js'

const { lib } = createRequire(import.meta.url)('fuse-shared-library-linux') as { lib: string }

const driver = `
local device, poll, ioctl = require("device"), require("linux.poll"), require("linux.ioctl")
local who = {name = "who", mode = 438}
function who:read(len, off) return (tostring(self.caller.uid) .. "\\n"):sub(off + 1, off + len) end
function who:poll() return poll.PRI end
function who:ioctl(cmd) if cmd == ioctl.IOR("S", 1, 4) then return 0, "four" end end
device.new(who)`

/** Shell functions for a scene, which begins in the user's folder. */
const prelude = `
start() { : > out # here, or what the server before has said would be taken for this one's
  $LUNATIK mount mnt ${transportArgs.join(' ')} --scripts . --run who "$@" >> out 2>&1 & pid=$!
  i=0; until grep -q 'mounted on' out || ! kill -0 $pid 2> /dev/null || [ $i = 600 ]; do i=$((i+1)); sleep 0.1; done; }
finish() { kill -TERM $pid; wait $pid; echo "code $?"; grep -c "$PWD/mnt" /proc/self/mountinfo; }`

/** Plays a scene as the user. */
async function play(t: Test, script: string) {
  const dir = userFolder(t)
  writeFileSync(join(dir, 'who.lua'), driver)
  const bin = userFolder(t)
  cpSync(join(dirname(lib), '../bin/fusermount'), join(bin, 'fusermount3'))
  cpSync(join(dirname(lib), '../bin/fusermount'), join(bin, 'fusermount'))
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o4755)
  const PATH = `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
  const env = { PATH, LUNATIK: lunatikOf([]).join(' '), TMPDIR: dir }
  const [unshare = '', ...args] = asUser(['sh', '-c', `cd ${dir}${prelude}\n${script}`], machines.usual, env)
  return { dir, ...(await run(unshare, args)) }
}

const native = process.env.TRANSPORT === 'fuse-native'
const python = `
import fcntl, os, select
fd = os.open("mnt/who", os.O_RDONLY)
poll = select.poll()
poll.register(fd, select.POLLPRI | select.POLLIN)
print(poll.poll(0)[0][1])
try: print(fcntl.ioctl(fd, 0x80045301, b"    ").decode())
except OSError as e: print(e.strerror)`

t.test('a mount of an ordinary user', { skip: noUser }, async (t) => {
  t.test("is seen by the user's other programs", async (t) => {
    const script = `start; cat mnt/who; stat -c '%u' mnt/who; python3 -c '${python}' > said; cat said
$LUNATIK --mount mnt stop who; ls mnt; finish; cat out`
    const { stdout } = await play(t, script)
    const served = native ? 'nil\n1000\n1\nInappropriate ioctl for device\n' : '1000\n1000\n2\nfour\n'
    t.equal(stdout.slice(0, stdout.indexOf('lunatik: mounted')), `${served}\nkmsg\nlunatik\ncode 0\n0\n`)
    const told = /warn: fuse: who: its driver's poll and ioctl is never called: fuse-native can't serve it/.test(stdout)
    t.equal(told, native, 'what the transport can not serve is told of')
  })
  t.test('what fusermount says reaches the user', async (t) => {
    const script = `$LUNATIK mount /srv ${transportArgs.join(' ')}; echo "code $?"`
    const { stdout, stderr } = await play(t, script)
    t.match(stdout, /code 1\n$/)
    t.match(stderr, /fusermount3?: user has no write access to mountpoint \/srv/)
    if (!native) t.match(stderr, /: name a folder of your own \(lunatik mount DIR\)$/m)
  })
  t.test("a killed server's mount is taken away by the next one", async (t) => {
    const { stdout } = await play(
      t,
      'start; kill -9 $pid; wait $pid 2> /dev/null; sleep 0.1; start; cat mnt/who; finish; cat out',
    )
    t.match(stdout, /^(1000|nil)\ncode 0\n0\n/)
  })
  if (native) return
  t.test('exec goes that way where there is no unshare', async (t) => {
    const tools = userFolder(t)
    for (const name of ['setpriv', 'stat', 'mount']) symlinkSync(whichCommand(name) ?? name, join(tools, name))
    const script = `PATH=\${PATH%%:*}:${tools}; $LUNATIK exec --scripts . --run who -- /bin/sh -c '/bin/cat $LUNATIK_MNT/who'`
    t.match(await play(t, script), { stdout: '1000\n', stderr: '' })
  })
})
