// `lunatik inject`, and docs/inject.md as a reader would follow it.
// variants: (default)
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { pcapHeader, pcapRecord, readPcap } from '../../src/cli/pcap.js'
import { whichCommand } from '../../src/fuse/command.js'
import { makePacket } from '../../src/lib/packet.js'
import { libc } from '../../src/libc.js'
import { folder, lunatik, main, mounted, noFuse, run, temporary } from './mounted.js'
import { groupsOf, makeHome, noTerminal, page, plain, Terminal } from './pages.js'

/** What differs from one run to the next. */
const timeless = (text: string) => text.replace(/\d+\.\d+ ms/g, '0 ms')

t.test('inject', { skip: noFuse || noTerminal }, async (t) => {
  const home = realpathSync(temporary(t))
  makeHome(home)
  const text = page('docs/inject.md')
  const drivers = join(home, 'drivers')
  for (const [, lua = '', name = ''] of text.matchAll(/^```lua\n(-- ~\/drivers\/(\S+)\n.*?)^```/gms))
    writeFileSync(join(drivers, basename(name)), lua)
  const more = join(home, 'more')
  mkdirSync(more)
  writeFileSync(
    join(more, 'errs.lua'),
    'require("notifier").netdevice(function(_, n) if n == "eth7" then error("no") end end)',
  )
  const events = join(home, 'events')
  writeFileSync(events, '{"event":"netdev","name":"eth6","action":["register","up"]}\n{"event":"rain"}\n')
  const { dir, log } = await mounted(t, ['--events', events, '--scripts', drivers, '--scripts', more])
  const inject = (...args: string[]) => lunatik('inject', ...args, '--mount', dir)

  t.test('docs/inject.md', async (t) => {
    const terminal = new Terminal(t, home)
    await terminal.run(`export LUNATIK_MNT=${dir}`)
    const steps = groupsOf(text).flat()
    t.ok(steps.length > 5)
    for (const { command, output } of steps)
      t.equal(timeless(plain(await terminal.run(command), home)), timeless(plain(output, home)), command)
  })

  t.test('--events', async (t) => {
    t.match(await inject('netdev', 'eth6', 'change'), {
      stdout: /^nothing is hooked.*\nname: eth6\nifindex: \d+\nup: true$/m,
    })
    t.match(log(), /events: line 1: nothing is hooked[\s\S]*events: line 2: no event "rain"/)
    writeFileSync(events, '{')
    t.match(await lunatik('mount', join(home, 'never'), '--events', events), {
      code: 2,
      stderr: /^lunatik: --events \S+: line 1: /,
    })
  })

  t.test('the exit code tells whether a hook heard of it, and failed', async (t) => {
    const none = await inject('netdev', 'eth8', 'register', '--json')
    t.match(none, { code: 3, stderr: '' })
    t.match(JSON.parse(none.stdout), { ok: true, event: 'netdev', hooks: 0, calls: [], up: false })
    t.equal((await lunatik('run', 'errs', '--mount', dir)).code, 0)
    t.match(await inject('netdev', 'eth8', 'up'), {
      code: 0,
      stdout: /^errs at \S+errs.lua:1: 2 calls, DONE, .*\nname: eth8\nifindex: \d+\nup: true\n$/,
    })
    const failed = await inject('netdev', 'eth7', 'register', '--json')
    t.equal(failed.code, 1)
    t.match(JSON.parse(failed.stdout), {
      ok: false,
      calls: [{ what: 'POST_INIT', script: 'errs', error: /errs.lua:1: no$/ }, {}],
    })
    t.match(await inject('netdev', 'eth7', 'unregister'), { code: 1, stdout: /\n {2}error: \S+errs\.lua:1: no\n/ })
  })

  t.test('packets of a file', async (t) => {
    const [a, b] = [join(home, 'in.pcap'), join(home, 'out.pcap')]
    const made = async (name: string) => (await inject('packet', '--dns', name, '--hook', 'LOCAL_OUT', '--json')).stdout
    t.match(JSON.parse(await made('ads.example.org')), { ok: true, hooks: 1, verdict: 'DROP' })
    const packets = ['ads.example.org', 'www.example.org'].map((dns) => Buffer.from(makePacket({ dns })))
    const many = Array.from({ length: 600 }, (_, i) => pcapRecord(BigInt(i), packets[i % 2] as Buffer))
    writeFileSync(a, Buffer.concat([pcapHeader(101), ...many]))
    t.match(await inject('packet', '--pcap', a, '--out', b, '--hook', 'LOCAL_OUT'), {
      code: 0,
      stdout: /: 600 calls, DROP 300 times, ACCEPT 300 times, .*\npackets: 600 in .*\nDROP: 300\nACCEPT: 300\n$/,
    })
    const came = [...readPcap(readFileSync(b), b)]
    t.strictSame(
      came.map(({ time }) => time),
      Array.from({ length: 300 }, (_, i) => BigInt(2 * i + 1)),
    )
    t.ok(came.every(({ bytes, linktype }) => linktype === 101 && Buffer.compare(bytes, packets[1] as Buffer) === 0))
    const { stdout } = await inject('packet', '--pcap', a, '--json')
    t.match(JSON.parse(stdout), { ok: true, hooks: 0, verdicts: { ACCEPT: 600 }, packets: [{ verdict: 'ACCEPT' }] })
    t.match(await inject('packet', '--pcap', join(home, 'none')), { code: 1, stderr: /none: ENOENT/ })
    t.match(await inject('packet', '--pcap', join(drivers, 'spy.lua')), {
      code: 1,
      stderr: /no pcap and no pcapng file/,
    })
    t.match(await inject('xdp', '--pcap', a, '--arg', 'payload'), {
      code: 3,
      stdout: /^nothing is hooked.*xdp\.attach\n[\s\S]*PASS: \d+\n$/,
    })
    t.match(await inject('packet', '--out', b), { code: 2, stderr: /--out takes --pcap/ })
  })

  t.test('the system calls of a program', async (t) => {
    t.equal((await lunatik('stop', 'calls_hook', '--mount', dir)).code, 0)
    writeFileSync(
      join(more, 'count.lua'),
      'require("probe").new(require("syscall.table").openat, {pre = function() print("openat") end})',
    )
    const trace = join(home, 'ls.strace')
    writeFileSync(
      trace,
      '12 openat(AT_FDCWD, "x", 0) = 3\n12 close(3) = 0\n12 openat(AT_FDCWD, "y", 0) = 3\n12 nosuch() = 0\n',
    )
    t.equal((await lunatik('run', 'count', 'hardirq', '--mount', dir)).code, 0)
    t.match(await inject('syscall', '--strace', trace), {
      code: 0,
      stdout: /^count at \S+count\.lua:1: 2 calls, OK, .*\nmade: 3\nunknown: 1\n$/,
    })
    t.match(await inject('syscall', 'close'), { code: 3, stdout: /^nothing is hooked/ })
    t.match(await inject('syscall', '--strace', join(more, 'count.lua')), {
      code: 1,
      stderr: /no line is a system call/,
    })
    t.match(await inject('probe', 'vfs_read', '--arg', 'x'), { code: 1, stderr: /^lunatik: the argument 1 must be/ })
  })

  t.test('the recording of a mouse', async (t) => {
    writeFileSync(
      join(more, 'mouse.lua'),
      `local d = {name = "lock", id_table = {{vendor = 0x46d}}}
      function d:report_fixup(hdev, rdesc) rdesc:setbyte(15, 2) end
      function d:raw_event(hdev, report, data) data:setbyte(0, 0) end
      require("hid").register(d)`,
    )
    const recording = join(home, 'mouse.hid')
    const after = join(home, 'after.hid')
    const lines = (max: string, button: string) =>
      [
        `R: 23 05 01 09 02 a1 01 05 09 19 01 29 03 15 00 25 ${max} 95 08 75 01 81 02 c0`,
        'N: Mouse',
        'I: 3 046d c077',
        `E: 000000.000000 1 ${button}`,
        'E: 000001.000000 1 00',
        '',
      ].join('\n')
    writeFileSync(recording, lines('01', '04'))
    t.equal((await lunatik('run', 'mouse', 'softirq', '--mount', dir)).code, 0)
    t.match(await inject('hid', recording, '--out', after), {
      code: 0,
      stdout:
        /^mouse at \S+mouse\.lua:4: 3 calls, OK, .*\n0003:046D:C077\.[\dA-F]+ Mouse: driver lock, which has changed its descriptor\nreports: 2, changed: 1\n$/,
    })
    t.equal(readFileSync(after, 'utf8'), lines('02', '00'))
    const { devices, reports } = JSON.parse((await inject('hid', recording, '--json')).stdout)
    t.match(
      [devices, reports],
      [[{ driver: 'lock', changed: true }], [{ bytes: '04', changed: '00' }, { bytes: '00' }]],
    )
    t.equal((await lunatik('stop', 'mouse', '--mount', dir)).code, 0)
    t.match(await inject('hid', recording), {
      code: 3,
      stdout: /^nothing is hooked.*hid\.register[\s\S]*hid-generic\n/,
    })
    writeFileSync(recording, 'R: 2 05\n')
    t.match(await inject('hid', recording), { code: 1, stderr: /mouse\.hid: line 1: a descriptor is/ })
  })

  t.test('maps and frames', async (t) => {
    const map = ['map', '/sys/fs/bpf/flows']
    t.match(
      await inject(...map, '--type', 'hash', '--key', '1', '--value', '2', '--entries', '4', '--set', '01=0203'),
      {
        code: 0,
        stdout: /^path: \/sys\/fs\/bpf\/flows\ntype: hash\nkey: 1\nvalue: 2\nentries: 4\nhas: \["01=0203"\]\n$/,
      },
    )
    t.match(await inject(...map, '--delete', '01', '--unpin', '--json'), { code: 0, stdout: /"has":\[\]/ })
    t.match(await inject(...map), { code: 1, stderr: /^lunatik: there is no map at \/sys\/fs\/bpf\/flows: / })
    t.match(await inject('wire', '--dns', 'example.org', '--dev', 'eth6'), {
      code: 3,
      stdout: /^nothing is hooked: .* socket\.raw\.bind\nverdict: UNHEARD\n$/,
    })
  })

  t.test('what is wrong is one line', async (t) => {
    for (const [args, code, message] of [
      [['keyboard'], 1, "nothing is typed: give a 'text' or 'keys'"],
      [
        ['keyboard', '--key', 'FOO'],
        1,
        "no key 'FOO': give a name of input-event-codes.h, as LEFTCTRL or KEY_UP, or a number from 1 to 767",
      ],
      [['event', '{"event":"rain"}'], 1, 'no event "rain": there are hid, keyboard, map, netdev'],
      [['event', '{'], 2, 'the event is no JSON: '],
      [['rain'], 2, "unknown command 'rain'"],
      [['netdev', 'eth9'], 2, "missing required argument 'action'"],
    ] as const) {
      const { code: got, stdout, stderr } = await inject(...args)
      t.match({ got, stdout }, { got: code, stdout: '' }, args.join(' '))
      t.ok(stderr.startsWith(`lunatik: ${message}`) && stderr.split('\n').length === 2, stderr)
    }
    const { code, stdout } = await inject('keyboard', '--json')
    t.match({ code, ...JSON.parse(stdout) }, { code: 1, ok: false, error: /^nothing is typed/ })
  })
})

const noSetpriv =
  noFuse ||
  (process.geteuid?.() !== 0 && 'it takes root') ||
  (whichCommand('setpriv') === null && 'setpriv is missing') ||
  (libc(() => true) === null && 'koffi is missing')

t.test('where the machine has no AF_PACKET for us, its own devices are on the wire', { skip: noSetpriv }, async (t) => {
  const scripts = folder(t, {
    'tap.lua': `
      local raw, device = require("socket.raw"), require("device")
      local index = require("linux").ifindex("lo")
      local tap, tx = raw.bind(0x88b5, index), raw.bind(0x88b5, index)
      device.new{ name = "tap", read = function(_, length, offset)
        if offset > 0 then return "" end
        tx:send(("\\2"):rep(12) .. "\\x88\\xb5sent")
        return tap:receive(2000):sub(15), 1
      end }`,
  })
  const frame = `${'01'.repeat(12)}88b5${Buffer.from('heard').toString('hex')}`
  const inject = `"$0" "$1" inject wire ${frame} --json`
  const script = `${inject} && cat "$LUNATIK_MNT"/tap && ${inject}`
  const exec = ['exec', '--scripts', scripts, '--run', 'tap', '--', 'sh', '-c', script, process.execPath, main]
  const { code, stdout, stderr } = await run('setpriv', ['--bounding-set', '-net_raw', process.execPath, main, ...exec])
  t.equal(code, 0, stderr)
  t.match(stderr, /AF_PACKET is not allowed here: the socket has the frames of lunatik inject wire alone/)
  const [first = '', second = ''] = stdout.split('\n')
  t.match(JSON.parse(first), { hooks: 2, verdict: 'HEARD' })
  t.ok(second.startsWith('heard{'), second)
  t.match(JSON.parse(second.slice(5)), { verdict: 'HEARD', sent: [{ dev: 'lo', bytes: /^(02){12}88b573656e74$/ }] })
})
