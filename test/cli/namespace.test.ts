// `lunatik exec` of an ordinary user: a mount of dev-fuse in namespaces of its own.
// variants: (default)
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { run, until } from '../mount/mounted.js'
import { asUser, lunatikAsUser, lunatikOf, machines, noUser, toolPath, UID, userFolder } from '../mount/user.js'

const driver = `
local device, poll, ioctl = require("device"), require("linux.poll"), require("linux.ioctl")
local who = {name = "who", mode = 438}
function who:read(len, off) return (self.caller.uid .. "\\n"):sub(off + 1, off + len) end
function who:poll() return poll.PRI end
function who:ioctl(cmd) if cmd == ioctl.IOR("S", 1, 4) then return 0, "four" end end
device.new(who)`

/** The programs that run with `mark` in their environment. */
const marked = (mark: string) =>
  readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`MARK=${mark}\0`)
    } catch {
      return false
    }
  })

/** Starts exec with a command that says that it is up, in processes that carry `mark`. */
async function started(t: Test, mark: string, script: string): Promise<ChildProcess> {
  const env = { TMPDIR: userFolder(t), MARK: mark }
  const [unshare = '', ...args] = asUser(lunatikOf(['exec', '--', 'sh', '-c', script]), machines.usual, env)
  const child = spawn(unshare, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  let stdout = ''
  child.stdout.on('data', (data) => {
    stdout += data
  })
  await until(() => stdout.includes('up') || child.exitCode !== null)
  return child
}

t.test('exec as an ordinary user', { skip: noUser }, async (t) => {
  const scripts = userFolder(t)
  writeFileSync(join(scripts, 'who.lua'), driver)
  const python = `
import fcntl, os, select
fd = os.open(os.environ["LUNATIK_MNT"] + "/who", os.O_RDONLY)
poll = select.poll()
poll.register(fd, select.POLLPRI)
print(poll.poll(0)[0][1], fcntl.ioctl(fd, 0x80045301, b"    ").decode())`
  t.test('has all of dev-fuse, and the command is the user with no more rights than before', async (t) => {
    const TMPDIR = userFolder(t)
    const script = `
id -u; cat $LUNATIK_MNT/who; stat -c '%u %a' $LUNATIK_MNT/who
grep -c 'Cap\\(Inh\\|Prm\\|Eff\\|Amb\\):.0*$' /proc/self/status; env | grep -c LUNATIK_NAMESPACE
touch ${TMPDIR}/mine; stat -c %u ${TMPDIR}/mine; rm ${TMPDIR}/mine
python3 -c '${python}'; exit 3`
    const args = ['exec', '--scripts', scripts, '--run', 'who', '--', 'sh', '-c', script]
    const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    const { code, stdout, stderr } = await lunatikAsUser(args, machines.usual, { TMPDIR, PATH })
    t.equal(stdout, `${UID}\n${UID}\n${UID} 666\n4\n0\n${UID}\n2 four\n`)
    t.same([code, stderr], [3, ''])
    t.strictSame(readdirSync(TMPDIR), [], 'its folder is gone')
  })
  t.test('a signal reaches the command', async (t) => {
    const child = await started(t, 'signal', 'trap "exit 5" TERM; echo up; while :; do sleep 0.05; done')
    child.kill('SIGTERM')
    t.same(await once(child, 'exit'), [5, null])
  })
  t.test('killed, it leaves no process and no folder', async (t) => {
    const child = await started(t, 'killed', 'echo up; exec sleep 1000')
    t.ok(marked('killed').length > 1)
    child.kill('SIGKILL')
    await until(() => marked('killed').length === 0)
  })
  t.test('one line says what is missing, and what to do', async (t) => {
    for (const [machine, env, message] of [
      [machines.noFuse, {}, /^\/dev\/fuse is missing: load the module \(modprobe fuse\)/],
      [machines.closed, {}, /^\/dev\/fuse may not be opened \(EACCES\): have root run 'chmod 666/],
      [
        machines.noNamespaces,
        { PATH: toolPath(t) },
        /: user namespaces are off \(user.max_user_namespaces is 0\): have root run 'sysctl -w [^']*'; or install fuse3/,
      ],
      [machines.usual, { PATH: '/nowhere' }, /: a user namespace takes util-linux's unshare and setpriv/],
    ] as const) {
      const { code, stdout, stderr } = await lunatikAsUser(['exec', '--', 'true'], machine, env)
      t.match(/^lunatik: ([^\n]*)\n$/.exec(stderr)?.[1] ?? `not one line: ${stderr}`, message)
      t.same([code, stdout], [1, ''])
    }
  })
  t.test('root without the right to mount has a namespace as well', async (t) => {
    const [unshare = '', ...args] = asUser(
      lunatikOf(['exec', '--', 'sh', '-c', 'id -u; head -c 2 $LUNATIK_MNT/mydevice']),
    )
    const asRoot = args.map((arg) => arg.replace(/setpriv --reuid.*-groups/, 'setpriv --bounding-set -sys_admin'))
    const { code, stdout } = await run(unshare, asRoot)
    t.same([code, stdout], [0, '0\n42'])
  })
})

t.test('the folder that nobody has named', { skip: noUser }, async (t) => {
  const list = async (env: NodeJS.ProcessEnv) => (await lunatikAsUser(['list'], machines.usual, env)).stderr
  t.match(await list({ LUNATIK_MNT: '', XDG_RUNTIME_DIR: '/run/user/none' }), ' /run/user/none/lunatik')
  t.match(await list({ LUNATIK_MNT: '', XDG_RUNTIME_DIR: '' }), ' /mnt/lunatik')
  const root = await run('env', ['-u', 'LUNATIK_MNT', 'XDG_RUNTIME_DIR=/run/user/0', ...lunatikOf(['list'])])
  t.match(root.stderr, ' /mnt/lunatik')
})
