// Sockets of scripts on a mount: the drivers of docs/socket.md with programs of Python at the other end.
// variants: default (fengari fuse-native)
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { blockedOn, noFuse, onlyOn, until } from './mounted.js'
import { noTerminal, page } from './pages.js'
import { scripted } from './scripted.js'

/** A port that is free, and none of those that connections get (ip_local_port_range). */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** The scripts that the page shows, by their files. */
function scriptsOf(text: string): Record<string, string> {
  const shown = [...text.matchAll(/```lua\n-- (\S+)\n(.*?)```/gs)]
  return Object.fromEntries(shown.map(([, name = '', script = '']) => [name, script]))
}

const others = {
  'quick.lua': `local device, stat = require("device"), require("linux.stat")
    device.new{ name = "quick", mode = stat.IRUGO, read = function(_, _, off) return off == 0 and "quick" or "" end }`,
  'waits.lua': `local device, inet, stat = require("device"), require("socket.inet"), require("linux.stat")
    local server = inet.tcp() server:bind(inet.localhost, 0) server:listen()
    device.new{ name = "waits", mode = stat.IRUGO, read = function(_, _, off)
      return off == 0 and select(2, pcall(server.accept, server)) .. "\\n" or "" end }`,
}

/** Connections of clients that send random bytes and compare what comes back, and what a device gives meanwhile. */
const clients = `
import os, socket, sys, threading
port, count, size = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
bad, done = [], threading.Event()
def client():
    sock = socket.create_connection(("127.0.0.1", port), timeout=120)
    data, back = os.urandom(size), bytearray()
    def send():
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    while part := sock.recv(1 << 16): back += part
    sender.join()
    if back != data: bad.append(len(back))
reads = []
def reader():
    while not done.is_set(): reads.append(open(os.environ["MNT"] + "/quick").read())
    reads.append(open(os.environ["MNT"] + "/quick").read())
threads = [threading.Thread(target=client) for i in range(count)]
beside = threading.Thread(target=reader)
beside.start()
for thread in threads: thread.start()
for thread in threads: thread.join()
done.set()
beside.join()
print(bad, set(reads))
`

// A terminal takes Python as well.
t.test('sockets', { skip: noFuse || noTerminal }, async (t) => {
  const [udp, tcp] = [await freePort(), await freePort()]
  const text = page('docs/socket.md').replaceAll('7007', String(udp)).replaceAll('1337', String(tcp))
  const mount = await scripted(t, { ...scriptsOf(text), ...others })
  const { sh, lunatik, dir, child, log } = mount
  /** How many sockets the server has. */
  const sockets = () => {
    const folder = `/proc/${child.pid}/fd`
    const targets = readdirSync(folder).map((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`)
      } catch {
        return ''
      }
    })
    return targets.filter((target) => target.startsWith('socket:')).length
  }
  for (const script of ['quick', 'ask', 'waits']) t.equal((await lunatik('run', script)).code, 0)

  await t.test('a device asks a server', async (t) => {
    const [server = ''] = /python3 - <<'END' &\n.*?END\n/s.exec(text.replace(/^ {4}/gm, '')) ?? []
    const ask = `until echo hello > $MNT/ask 2> /dev/null && cat $MNT/ask 2> /dev/null; do sleep 0.05; done; kill $!`
    t.equal((await sh(`${server} ${ask}`)).stdout, 'HELLO\n')
  })
  await t.test('a server with a thread for each connection', async (t) => {
    const before = sockets()
    t.equal((await lunatik('spawn', 'echod')).code, 0)
    const { stdout, stderr } = await sh(`python3 - ${tcp} 20 300000 <<'END'\n${clients}\nEND`)
    t.equal(stderr, '')
    t.equal(stdout, "[] {'quick'}\n")
    t.equal((await lunatik('stop', 'echod')).code, 0)
    await until(() => sockets() === before)
  })
  await t.test('a signal ends the wait for a connection', { skip: onlyOn('dev-fuse') }, async (t) => {
    const waits = sh('cat $MNT/waits & echo $! > $MNT/../pid; wait')
    await until(() => blockedOn(dir) === 1)
    t.equal((await sh('cat $MNT/quick')).stdout, 'quick')
    await sh('kill $(cat $MNT/../pid)')
    await waits
    await until(() => blockedOn(dir) === 0)
  })
  await t.test('a path on the mount is refused', async (t) => {
    writeFileSync(
      join(mount.scripts, 'own.lua'),
      `local unix = require("socket.unix") print(pcall(function() unix.dgram():bind("${dir}/s") end))
      print(pcall(function() unix.stream():connect("${dir}/quick") end))`,
    )
    t.equal((await lunatik('run', 'own')).code, 0)
    for (const name of ['s', 'quick']) t.ok(log().includes(`luasocket: ${dir}/${name} is on a mount of lunatik`), name)
    t.equal(log().match(/false\tENOENT$/gm)?.length, 2)
  })
  // The end of the mount ends this.
  const last = sh('cat $MNT/waits')
  await until(() => blockedOn(dir) === 1)
  t.equal(await mount.stop(), 0)
  t.not((await last).code, 0)
})
