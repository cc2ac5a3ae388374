// Sockets of scripts: real ones, on loopback and as Unix sockets.
// variants: (default fengari)
// process: its own
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import Module from 'node:module'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ENXIO } from '../../src/errno.js'
import { libc } from '../../src/libc.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { lunatik_allocated } from '../../src/lunatik/lunatik_mem.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { abort_task, interrupt_task, task_struct } from '../../src/sched.js'
import { logged, scripts } from '../lunatik/states.js'
import { callF, until } from './devices.js'
import { agrees, evaluate, evaluator } from './eval.js'
import '../../src/lib/libs.js'

const lua = fileURLToPath(new URL('../../../lua', import.meta.url))

/** Where the modules in Lua are found as well. */
function withModules(): void {
  lunatik_conf.root = [...lunatik_conf.root, lua]
}

/** A runtime of a script that begins with what the tests use. */
function made(t: Test, text: string): lunatik_object_t {
  scripts(t, {
    'script.lua': `local inet, socket, unix = require("socket.inet"), require("socket"), require("socket.unix")
      local so = require("linux.socket") ${text}`,
  })
  withModules()
  return another(t)
}

/** One more runtime of the same script. */
function another(t: Test): lunatik_object_t {
  const made = lunatik_newruntime('script', LUNATIK_OPT_NONE)
  if (made instanceof Promise || made.runtime === null) throw new Error('not made')
  const { runtime } = made
  t.teardown(() => runtime.private !== null && lunatik_stop(runtime))
  return runtime
}

/** How many sockets this process has. */
function sockets(): number {
  const isSocket = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }
  return readdirSync('/proc/self/fd').filter(isSocket).length
}

/** A folder for Unix sockets. */
function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-socket-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  return dir
}

async function listening(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Its connections as well: other tests count sockets.
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const server =
  'local s = inet.tcp() s:bind(inet.localhost, 0) s:listen() function port() return select(2, s:getsockname()) end'

t.test('without koffi a line says what to do', async (t) => {
  const modules = Module as unknown as { _resolveFilename: (name: string, ...rest: unknown[]) => string }
  const resolve = modules._resolveFilename
  modules._resolveFilename = (name, ...rest) => {
    if (name === 'koffi') throw new Error(name)
    return resolve(name, ...rest)
  }
  t.teardown(() => {
    modules._resolveFilename = resolve
  })
  t.equal(
    evaluate(evaluator(t), 'require("socket")'),
    'ERROR "module \'socket\' needs the package koffi, which is not installed here: npm install koffi"',
  )
})

t.test('what the modules have, and errors', async (t) => {
  evaluator(t)
  withModules()
  const r = another(t)
  const bound = 'local inet = require("socket.inet") local s = inet.tcp() s:bind(inet.localhost, 0) s:listen()'
  agrees(
    t,
    r,
    `
    keys(require("socket"))  =>  "new"
    keys(getmetatable(require("socket").new(2, 1, 6)))  =>  "__close __gc __index accept bind close connect getpeername getsockname listen receive send setsockopt"
    keys(require("socket.inet"))  =>  "__call __close __index bind close connect getaddr getpeername getsockname localhost new receive send tcp udp"
    keys(require("socket.unix"))  =>  "__call __close __index bind close connect dgram getpeername getsockname new receive send stream"
    keys(require("socket.raw"))  =>  "bind"
    require("socket").new(999, 1, 0)  =>  ERROR "EAFNOSUPPORT"
    require("socket").new(2, 2049, 0)  =>  ERROR "EINVAL"
    require("socket").new(2, 1)  =>  ERROR "chunk:1: bad argument #3 to 'new' (number expected, got no value)"
    (function() ${bound} return s:accept(2048) end)()  =>  ERROR "EAGAIN"
    (function() local inet = require("socket.inet") local a, b = inet.udp(), inet.udp() a:bind("*", 0) local _, port = a:getsockname() b:bind(inet.localhost, 0) b:sendto("dgram", inet.localhost, port) local m, ip, from = a:receivefrom(9) return m, ip, from == select(2, b:getsockname()) end)()  =>  "dgram"  "127.0.0.1"  true
    (function() local s = require("socket").new(1, 2, 0) s:bind(("x"):rep(108)) end)()  =>  ERROR "bad argument #2 to 'bind' (out of bounds)"
    (function() local s = require("socket").new(1, 2, 0) s:send("x", "/nowhere/at/all") end)()  =>  ERROR "ENOENT"
    (function() local s = require("socket").new(1, 2, 0) s:connect("/dev/null") end)()  =>  ERROR "ECONNREFUSED"
    (function() local s = require("socket").new(1, 2, 0) s:bind("") return #s:getsockname(), s:getsockname():byte() end)()  =>  6  0
    (function() local s = require("socket").new(2, 1, 6) s:setsockopt(1, 2, 1) s:setsockopt(1, 20, string.pack("jj", 1, 0)) s:setsockopt(1, 20, "x") end)()  =>  ERROR "EINVAL"
    `,
  )
})

t.test('an address of a family that has no form of its own is bytes', async (t) => {
  const r = made(
    t,
    `function f() local s = socket.new(so.af.INET6, so.sock.STREAM, 0)
      s:bind(string.pack(">I2I4c16I4", 0, 0, ("\\0"):rep(15) .. "\\1", 0)) local a = s:getsockname()
      return #a .. " " .. tostring(string.unpack(">I2", a) > 0) end`,
  )
  // Not where there is no IPv6.
  t.match(await callF(r), /^(126 true|error: (EAFNOSUPPORT|EADDRNOTAVAIL))$/)
})

t.test('what is there is read in parts, peeked at, and its end', async (t) => {
  const r = made(
    t,
    `${server} local c = inet.tcp()
    function f() c:connect(s:getsockname()) local a = s:accept() c:send("abcdef")
      local got = a:receive(3, so.msg.PEEK) .. a:receive(4) .. a:receive(9) .. select(2, pcall(a.receive, a, 9, 64))
      c:send("x") c:close() return got .. a:receive(9) .. a:receive(9) .. select(2, pcall(a.receive, a, -1)) end`,
  )
  t.equal(await callF(r), 'abcabcdefEAGAINxnot enough memory')
})

t.test('what is discarded of a stream leaves nothing of what was received before', async (t) => {
  const r = made(
    t,
    `${server} local c = inet.tcp()
    function f() c:connect(s:getsockname()) local a = s:accept() c:send("secret")
      local got = a:receive(6) c:send("abcdef")
      for _, length in ipairs{4, 1 << 17} do
        local none = a:receive(length, so.msg.TRUNC)
        got = got .. " " .. #none .. (none:find("[^\\0]") and " leftovers" or "")
      end
      c:close() return got end`,
  )
  t.equal(await callF(r), 'secret 4 2')
})

t.test('a context that may not sleep has none', async (t) => {
  const r = evaluator(t, false)
  t.equal(
    evaluate(r, 'require("socket").new(2, 1, 6)'),
    'ERROR "chunk:1: \'socket\': process-context class in interrupt-context runtime"',
  )
})

t.test('who waits for a connection, bytes and room lets others run', async (t) => {
  const r = made(
    t,
    `${server} local first
    function f() first = s:accept() local text = first:receive(5) first:send(text:upper():rep(1 << 20)) return text end
    function all() return first:receive(10, so.msg.WAITALL) end`,
  )
  const port = Number(await callF(r, undefined, 'port'))
  const served = callF(r)
  t.ok(Number(await callF(another(t), undefined, 'port')) > 0, 'another runtime goes on')
  const client = createConnection(port, '127.0.0.1')
  client.write('hello')
  let [bytes, wrong] = [0, 0]
  client.on('data', (data) => {
    for (let i = 0; i < data.length; i++) if (data[i] !== 'HELLO'.charCodeAt((bytes + i) % 5)) wrong++
    bytes += data.length
  })
  t.equal(await served, 'hello')
  await until(t, () => bytes === 5 << 20)
  t.equal(wrong, 0)
  await new Promise((resolve) => client.write('01234', resolve))
  const all = callF(r, undefined, 'all')
  client.write('56789ab')
  t.equal(await all, '0123456789')
  client.destroy()
  await once(client, 'close')
})

t.test('a connection is waited for, and one that is refused says so', async (t) => {
  const r = made(
    t,
    `function f() local c = inet.tcp() c:connect(inet.localhost, PORT) c:send("x") return c:receive(9) end
    function free() local s = inet.tcp() s:bind(inet.localhost, 0) local c = inet.tcp() c:connect(s:getsockname()) end
    function later() local c = inet.tcp() c:connect(inet.localhost, PORT, so.sock.NONBLOCK) end`.replaceAll(
      'PORT',
      String(
        await listening(
          t,
          createServer((socket) => socket.on('data', (data) => socket.end(`got ${data}`))),
        ),
      ),
    ),
  )
  t.equal(await callF(r), 'got x')
  t.equal(await callF(r, undefined, 'free'), 'error: ECONNREFUSED')
  t.equal(await callF(r, undefined, 'later'), 'error: EINPROGRESS')
})

t.test('the time of a wait', async (t) => {
  const r = made(
    t,
    `${server} local time = string.pack("jj", 0, 20000)
    s.socket:setsockopt(so.sol.SOCKET, so.so.RCVTIMEO_NEW, time)
    function f() s:accept() end
    function rest() local u = inet.udp() u:bind(inet.localhost, 0) u.socket:setsockopt(1, so.so.RCVTIMEO_OLD, time)
      u:receivefrom(9) end
    function room() local c = inet.tcp() c:connect(s:getsockname()) c.socket:setsockopt(1, so.so.SNDTIMEO_NEW, time)
      local text, all = ("x"):rep(1000003), true
      for i = 1, 100 do local ok, n = pcall(c.send, c, text) if not ok then return n .. tostring(all) end all = all and n == #text end end`,
  )
  t.equal(await callF(r), 'error: EAGAIN')
  t.equal(await callF(r, undefined, 'rest'), 'error: EAGAIN')
  t.equal(await callF(r, undefined, 'room'), 'EAGAINfalse', 'a part is sent, then nothing')
})

t.test('a signal ends a wait, and the end of its program the call', async (t) => {
  const r = made(
    t,
    `${server} function f() return select(2, pcall(s.accept, s)) end
    function timed() s.socket:setsockopt(1, 20, string.pack("jj", 60, 0)) return select(2, pcall(s.accept, s)) end`,
  )
  const task = new task_struct()
  const waits = callF(r, task)
  t.ok(interrupt_task(task, false))
  t.equal(await waits, 'ERESTARTSYS')
  const gone = new task_struct()
  const abandoned = callF(r, gone)
  abort_task(gone)
  t.equal(await abandoned, 'ERESTARTSYS')
  const timed = new task_struct()
  const last = callF(r, timed, 'timed')
  t.ok(interrupt_task(timed, false))
  t.equal(await last, 'EINTR')
})

t.test('a socket that is closed while another waits for its lock', async (t) => {
  const r = made(
    t,
    `${server} local thread, lunatik = require("thread"), require("lunatik")
    function f() local c = inet.tcp() c:connect(s:getsockname()) s:close() return select(2, pcall(s.accept, s)) end`,
  )
  t.equal(await callF(r), "bad argument #1 to 'accept' (null pointer dereference)")
})

t.test('runtimes that wait for a connection leave no descriptor once they are stopped', async (t) => {
  const count = 200
  const before = sockets()
  scripts(t, {
    'script.lua': `local s = require("socket").new(2, 1, 6) s:bind(0x7f000001, 0) s:listen() function f() s:accept() end`,
  })
  const all = Array.from({ length: count }, () => another(t))
  const calls = all.map((r) => callF(r))
  t.equal(sockets(), before + count)
  for (const r of all) lunatik_stop(r)
  t.strictSame([...new Set(await Promise.all(calls))], [-ENXIO])
  t.equal(sockets(), before)
})

t.test('who opens sockets without end meets EMFILE, and the process has descriptors left', async (t) => {
  const setrlimit = libc((_, lib) => lib.func('setrlimit', 'int', ['int', 'void *']))
  const getrlimit = libc((_, lib) => lib.func('getrlimit', 'int', ['int', 'void *']))
  if (setrlimit === null || getrlimit === null) return t.fail('no libc')
  const limit = Buffer.alloc(16)
  getrlimit(7, limit)
  const low = Buffer.from(limit)
  low.writeBigUInt64LE(512n)
  setrlimit(7, low)
  t.teardown(() => setrlimit(7, limit))
  const before = sockets()
  const r = made(
    t,
    `${server} local kept, count = {}, 0
    local function one() kept[#kept + 1] = socket.new(2, 1, 6) end
    function f() local ok, why repeat ok, why = pcall(one) until not ok return #kept .. " " .. why end
    function accept() local c = table.remove(kept) c:connect(s.socket:getsockname())
      local ok, why = pcall(s.accept, s) table.remove(kept):close() return why .. " " .. type(s:accept()) end
    function drop() kept = {} for i = 1, 2000 do socket.new(2, 1, 6) end return "dropped" end`,
  )
  t.match(await callF(r), /^3\d\d EMFILE$/)
  t.equal(await callF(r, undefined, 'accept'), 'EMFILE userdata', 'a connection that was not taken is there later')
  // fengari's objects are JavaScript's to collect.
  if (process.env.LUNATIK_ENGINE !== 'fengari') t.equal(await callF(r, undefined, 'drop'), 'dropped')
  lunatik_stop(r)
  t.equal(sockets(), before)
  t.equal(lunatik_allocated(r), 0)
})

t.test('Unix sockets, streams and datagrams', async (t) => {
  const dir = folder(t)
  const r = made(
    t,
    `function stream() local s, c = unix.stream("DIR/s"), unix.stream("DIR/s") s:bind() s:listen(1) c:connect()
      local a = s:accept() c:send("ping") return a:receive(9) .. " " .. c:getpeername() end
    function dgram() local a, b = unix.dgram("DIR/a"), unix.dgram("DIR/a") a:bind() b:bind("DIR/b")
      b:sendto("one") local text, from = a:receivefrom(9) a:sendto("two", from) return text .. b:receive(9) .. from end
    function full() local a, b = unix.dgram("DIR/f"), unix.dgram("DIR/f") a:bind() b.socket:setsockopt(1, 21, string.pack("jj", 0, 20000))
      local n = 0 while pcall(b.sendto, b, "x") do n = n + 1 end local why = select(2, pcall(b.sendto, b, "x")) a:receive(1) b:sendto("y")
      return n > 5 and why end
    function abstract() local a, b = unix.dgram(), unix.dgram() a:bind("\0lunatik-PID") b:bind("") b:sendto("x", "\0lunatik-PID")
      local text, from = a:receivefrom(9) a:sendto("y", from) return text .. b:receive(9) end`
      .replaceAll('DIR', dir)
      .replaceAll('PID', String(process.pid)),
  )
  t.equal(await callF(r, undefined, 'stream'), `ping ${dir}/s`)
  t.equal(await callF(r, undefined, 'dgram'), `onetwo${dir}/b`)
  t.equal(await callF(r, undefined, 'full'), 'EAGAIN')
  t.equal(await callF(r, undefined, 'abstract'), 'xy')
})

const noRoot = process.getuid?.() === 0 ? false : 'AF_PACKET takes root'

t.test('frames of lo', { skip: noRoot }, async (t) => {
  const r = made(
    t,
    `function f() local raw, linux = require("socket.raw"), require("linux")
      local rx <close> = raw.bind(nil, linux.ifindex("lo"))
      local a, b = inet.udp(), inet.udp() a:bind(inet.localhost, 0)
      -- Frames of others may fill its buffer, so that ours is lost.
      repeat
        b:sendto("a frame of PID", a:getsockname())
        linux.schedule(1)
        local ok, frame
        repeat
          ok, frame = pcall(rx.receive, rx, 2000, so.msg.DONTWAIT)
          if ok and frame:find("a frame of PID", 1, true) then return "seen" end
        until not ok
      until frame ~= "EAGAIN"
      return frame
    end`
      .replaceAll('PID', String(process.pid))
      .replace(' <close>', process.env.LUNATIK_ENGINE === 'fengari' ? '' : ' <close>'),
  )
  // Root of a container may not have them.
  t.match(await callF(r), /^(seen|error: EPERM)$/)
})

t.test('a thread that waits for a connection is stopped', async (t) => {
  const log = logged(t)
  const dir = scripts(t, {
    'listens.lua': `local inet, thread = require("socket.inet"), require("thread") local s = inet.tcp()
      s:bind(inet.localhost, 0) s:listen()
      return function() print("accepts") print(pcall(s.accept, s)) print(thread.shouldstop()) end`,
    'script.lua': `local thread, lunatik = require("thread"), require("lunatik")
      local r, held
      function begin() r = lunatik.runtime("listens") held = thread.run(r, "listens") end
      function f() held:stop() r:stop() return "stopped" end`,
  })
  t.ok(dir)
  withModules()
  const r = another(t)
  await callF(r, undefined, 'begin')
  await until(t, () => log.length > 0)
  t.equal(await callF(r), 'stopped')
  t.strictSame(log, ['accepts', 'false\tERESTARTSYS', 'true'])
})

t.test('netlink: what the machine has, and what the kernel refuses', async (t) => {
  const r = made(
    t,
    `local netlink = require("netlink")
    function lo() local link, addr = netlink.rt.link(), netlink.rt.addr()
      for _, device in ipairs(link:list()) do if device.name == "lo" then
        for _, a in ipairs(addr:list(so.af.INET)) do if a.ifindex == device.ifindex and a.label == "lo" then
          link:close() return table.concat({ a.address:byte(1, -1) }, ".") .. "/" .. a.prefix_len .. " " .. tostring(device.mtu > 0)
        end end end end end
    function refused() local link = netlink.rt.link() local ok, why = pcall(link.set, link, { ifindex = 2000000000, up = true })
      return tostring(ok) .. why .. type(link:list()[1].name) end
    function family() local genl = netlink.genl() return genl:family("nlctrl") .. select(2, pcall(genl.family, genl, "nosuch")) .. #genl:dump(16, 3) end
    function all() return type(netlink.rt.route():list()) .. type(netlink.rt.rule():list()) end
    function missing() return select(2, pcall(netlink.channel, "x")) .. " " .. select(2, pcall(function() return netlink.nl80211.wiphy end)) end`,
  )
  t.equal(await callF(r, undefined, 'lo'), '127.0.0.1/8 true')
  t.match(await callF(r, undefined, 'refused'), /^false(ENODEV|EPERM)string$/, 'the next request has its own replies')
  t.match(await callF(r, undefined, 'family'), /^(16ENOENT[1-9]|error: EPROTONOSUPPORT$)/)
  t.equal(await callF(r, undefined, 'all'), 'tabletable')
  t.match(
    await callF(r, undefined, 'missing'),
    /^netlink.channel needs a kernel: it is not there .*: netlink.nl80211 needs a kernel: it is not there$/,
  )
})

t.test('a netlink session reads all replies, then raises', async (t) => {
  const r = made(
    t,
    `local session, message, nl = require("netlink.session"), require("netlink.message"), require("linux.netlink")
    local failure = require("struct")(nl.layout.nlmsgerr)
    local function fake(...) local chunks, sent = { ... }, {}
      return session:new{ sequence = 0, sent = sent, chunks = chunks, socket = {
        send = function(_, bytes) sent[#sent + 1] = bytes end, receive = function() return table.remove(chunks, 1) or "" end } } end
    local function answer(errno) return message.encode(nl.type.ERROR, 0, 1, failure:pack(errno)) end
    local function data(flags) return message.encode(16, flags, 1, "data") end
    function f() local s = fake(data(nl.flag.MULTI), data(nl.flag.MULTI) .. message.encode(nl.type.DONE, nl.flag.MULTI, 1, ""), "left")
      local dumped = #s:dump(1, "")
      local talks = fake(data(0) .. answer(0), data(0), answer(-2), "left")
      local first = #talks:talk(1, nil, "")
      local why = select(2, pcall(talks.talk, talks, 1, nil, ""))
      return table.concat({ dumped, #s.chunks, first, why, #talks.chunks, talks.sequence, #fake():dump(1, ""), message.parse(talks.sent[1])[1].flags }, " ")
    end`,
  )
  t.equal(await callF(r), '3 1 2 ENOENT 1 2 0 5')
})
