// A terminal that is stopped, a pipe or a socket that nobody reads, a full disk: the mount serves on, and ends.
// variants: (default fuse-native)
// process: its own
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { folder, isMounted, main, noFuse, run, temporary, transportArgs, until } from './mounted.js'

/**
 * Runs a program whose standard output and standard error nobody reads until this one's standard input says so. Prints
 * the program's number first, and at the end its exit code.
 */
const stuck = `
import os, pty, socket, subprocess, sys, termios, threading
kind, command = sys.argv[1], sys.argv[2:]
if kind == "terminal":
    reader, writer = pty.openpty()
    termios.tcflow(writer, termios.TCOOFF)
elif kind == "pipe":
    reader, writer = os.pipe()
elif kind == "full disk":
    reader, writer = None, os.open("/dev/full", os.O_WRONLY)
else:
    reader, writer = (end.detach() for end in socket.socketpair())
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, start_new_session=True)
print(child.pid, flush=True)
def read():
    while True:
        try: data = os.read(reader, 65536)
        except OSError: return
        if not data: return
        os.write(1, data)
def go():
    for line in sys.stdin:
        if line == "gone\\n":
            os.close(reader)
            return
        if kind == "terminal": termios.tcflow(writer, termios.TCOON)
        threading.Thread(target=read, daemon=True).start()
threading.Thread(target=go, daemon=True).start()
code = child.wait()
os.write(1, b"\\nexit %d\\n" % code)
`

const script = `
local device = require("device")
local dev = {name = "dev", mode = 438}
function dev:read(len, off) return ("ok\\n"):sub(off + 1) end
function dev:write(text)
	local count, size = text:match("(%d+) (%d+)")
	local long = ("x"):rep(tonumber(size))
	for n = 1, tonumber(count) do print("record " .. n .. " " .. long) end
end
device.new(dev)
print("begun")
`

const noPython =
  spawnSync('python3', ['-c', 'import pty']).status === 0 ? false : 'python3, which makes the terminal, is missing'

/** A mount whose output goes to something of this kind. */
async function mountedOn(t: Test, kind: string) {
  const dir = join(temporary(t), 'mnt')
  const scripts = folder(t, { 'dev.lua': script })
  const mount = ['mount', dir, ...transportArgs, '--scripts', scripts, '--run', 'dev', '--deadline', '60']
  const python = spawn('python3', ['-c', stuck, kind, 'env', '-u', 'NODE_OPTIONS', process.execPath, main, ...mount])
  let out = ''
  python.stdout.setEncoding('latin1').on('data', (text) => {
    out += text
  })
  python.stderr.pipe(process.stderr)
  const server = () => Number(/^\d+/.exec(out)?.[0])
  const ended = () => /\nexit -?\d+\n$/.test(out)
  t.teardown(async () => {
    if (python.exitCode === null) {
      if (server() > 0 && !ended()) process.kill(server(), 'SIGKILL')
      python.kill('SIGKILL')
      await once(python, 'exit')
    }
    if (isMounted(dir)) await run('umount', ['-l', dir])
  })
  await until(() => isMounted(dir))
  return {
    sh: (command: string) => run('/bin/sh', ['-c', command], { ...process.env, MNT: dir }),
    /** What came out since the reading began. */
    output: () => out.replace(/^\d+\n/, '').replaceAll('\r', ''),
    read: () => python.stdin.write('go\n'),
    /** Has what it goes to go away, as a terminal whose window is closed. */
    hangUp: () => python.stdin.write('gone\n'),
    peak: () => Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${server()}/status`, 'utf8'))?.[1]) / 1024,
    /** Ends the server and resolves with its exit code. */
    async stop() {
      process.kill(server(), 'SIGTERM')
      await until(ended)
      t.notOk(isMounted(dir), 'nothing is mounted')
      return Number(/\nexit (-?\d+)\n$/.exec(out)?.[1])
    },
  }
}

// They mostly wait.
t.jobs = 4
const skip = noFuse || noPython

/** What is read is the same there; each kind is tried once. */
const native = process.env.TRANSPORT === 'fuse-native'

for (const kind of native ? ['terminal', 'pipe'] : ['terminal', 'pipe', 'socket']) {
  t.test(`a ${kind} that nobody reads at first, and that goes away`, { skip }, async (t) => {
    const { sh, output, read, hangUp, peak, stop } = await mountedOn(t, kind)
    t.equal((await sh('cat $MNT/dev')).stdout, 'ok\n', 'devices answer')
    t.equal((await sh('echo 4000 500 > $MNT/dev')).code, 0, 'however much they log')
    t.equal((await sh('cat $MNT/dev')).stdout, 'ok\n')
    t.equal(output(), '')
    read()
    const numbers = () =>
      [...output().matchAll(/^\[ *\d+\.\d{6}\] info: record (\d+) x{500}$/gm)].map(([, n]) => Number(n))
    const count = (line: RegExp) => [...output().matchAll(line)].length
    const begun = () => count(/^lunatik: mounted on .* \(dev\)$/gm) + count(/^\[.*\] info: begun$/gm)
    const dropped = () => [...output().matchAll(/^\[ *\d+\.\d{6}\] warn: (\d+) records were dropped$/gm)]
    const lost = () => dropped().reduce((sum, [, n]) => sum + Number(n), 0)
    await until(() => begun() + numbers().length + lost() >= 4002)
    t.equal(begun() + numbers().length + lost(), 4002, 'each is printed, or counted as dropped')
    t.ok(dropped().length > 0, 'what was dropped is told')
    t.strictSame(
      numbers(),
      [...numbers()].sort((a, b) => a - b),
      'lines are in their order',
    )
    t.equal(numbers().at(-1), 4000, 'the newest are kept')
    await sh('echo 1 5 > $MNT/dev')
    await until(() => /info: record 1 x{5}\n/.test(output()))
    t.ok(peak() < 400, `${peak()} MiB`)
    hangUp()
    for (let n = 0; n < 3; n++) t.equal((await sh('echo 1000 100 > $MNT/dev')).code, 0, 'nobody takes more')
    t.equal((await sh('cat $MNT/dev')).stdout, 'ok\n')
    t.equal(await stop(), 0)
  })
}
for (const kind of native ? ['socket', 'full disk'] : ['terminal', 'pipe', 'socket', 'full disk']) {
  t.test(`a ${kind} that takes nothing to the end`, { skip }, async (t) => {
    const { sh, stop } = await mountedOn(t, kind)
    t.equal((await sh('echo 2000 100 > $MNT/dev')).code, 0)
    t.equal((await sh('cat $MNT/dev')).stdout, 'ok\n')
    t.equal(await stop(), 0)
  })
}
