// The modules netfilter and skb, and packets that are injected for them.
import t from 'tap'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { agrees, evaluator } from './eval.js'
import { deeds, hooked } from './inject.js'

/** A hook of a family, place and priority, whose body gets the skb. */
const hook = (body: string, more = '') => `
local nf, n = require("linux.nf"), 0
require("netfilter").register{
  pf = nf.proto.INET, hooknum = nf.inet.PRE_ROUTING, priority = nf.ip.pri.FILTER, ${more}
  hook = function(skb) ${body} end }`

t.test('constructors refuse what a kernel refuses, in its words', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("netfilter"))  =>  "register"
    keys(require("skb"))  =>  ""
    require("netfilter").register()  =>  ERROR "chunk:1: bad argument #1 to 'register' (table expected, got no value)"
    require("netfilter").register{}  =>  ERROR "chunk:1: bad field 'pf' (number expected, got nil)"
    require("netfilter").register{pf = "x"}  =>  ERROR "chunk:1: bad field 'pf' (number expected, got string)"
    require("netfilter").register{pf = 2, hooknum = {}, priority = 0}  =>  ERROR "chunk:1: bad field 'hooknum' (number expected, got table)"
    require("netfilter").register{pf = 99, hooknum = 99, priority = 0}  =>  ERROR "chunk:1: failed to register netfilter hook"
    require("netfilter").register{pf = 2, hooknum = 0, priority = 0}  =>  ERROR "chunk:1: runtime context mismatch"
    `,
  )
})

t.test('a packet goes through the hooks of its place, by priority, as far as they accept it', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'first.lua': hook('print("first") return nf.action.ACCEPT', 'priority = -5,').replace(
      'priority = nf.ip.pri.FILTER,',
      '',
    ),
    'mid.lua': hook('print("mid", #skb) return nf.action.ACCEPT, 7'),
    'late.lua': hook('print("late") return nf.action.DROP', 'mark = 7,'),
    'never.lua': hook('print("never") return nf.action.DROP', 'mark = 9,'),
  })
  for (const name of ['late', 'never', 'first', 'mid']) t.equal(await run(name, 'softirq'), null)
  const injected = await inject({ event: 'packet', dns: 'example.org' })
  t.match(injected, { hooks: 4, verdict: 'DROP', mark: 7 })
  t.strictSame(log.splice(0), ['first', 'mid\t57', 'late'])
  t.strictSame(deeds(injected), ['packet=ACCEPT', 'packet=ACCEPT', 'packet=DROP'])
  t.match(await inject({ event: 'packet', dns: 'example.org', hook: 'FORWARD' }), { hooks: 0, verdict: 'ACCEPT' })
  t.match(
    await inject({ event: 'packet', src: '2001:db8::1', dst: '[2001:db8::2]:53' }),
    { hooks: 4, verdict: 'DROP' },
    'INET is IPv6 too',
  )
  stop('late')
  t.match(await inject({ event: 'packet', dns: 'example.org' }), { hooks: 3, verdict: 'ACCEPT', mark: 7 })
  for (const name of ['first', 'mid', 'never']) stop(name)
  t.strictSame(
    lunatik_ledger().filter((o) => ['netfilter', 'skb', 'data'].includes(o.class)),
    [],
  )
})

t.test('what is no verdict accepts, as an error does; nil drops', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'six.lua': hook('return 6'),
    'minus.lua': hook('return -1'),
    'nothing.lua': hook(''),
    'stolen.lua': hook('return nf.action.STOLEN'),
    'errs.lua': hook('error("no")'),
    'absent.lua': hook('').replace('hook =', 'hock ='),
  })
  for (const [name, verdict] of Object.entries({
    six: 'ACCEPT',
    minus: 'ACCEPT',
    nothing: 'DROP',
    stolen: 'STOLEN',
    errs: 'ACCEPT',
    absent: 'ACCEPT',
  })) {
    t.equal(await run(name, 'softirq'), null)
    t.match(await inject({ event: 'packet', dns: 'a' }), { verdict }, name)
    stop(name)
  }
  t.match(log.join('\n'), /luanetfilter: .*errs\.lua:5: no\nluanetfilter: operation not defined/)
})

t.test('an skb has the methods of a kernel', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'skb.lua': hook(`
      local data = skb:data()
      print(#skb, #data, skb:ifindex() ~= nil, skb:vlan(), skb:connmark())
      print(pcall(skb.data, skb, "phys"))
      print(skb:connmark(5), skb:connmark())
      local mac = skb:data("mac")
      print(#mac, mac:getuint8(12), rawequal(mac, data))
      local copy = skb:copy()
      local bytes = copy:data()
      bytes:setuint8(9, 99)
      print(data:getuint8(23), bytes:getuint8(9), pcall(bytes.resize, bytes, 5))
      copy:resize(#copy - 4)
      print(#copy, pcall(copy.resize, copy, 5000))
      copy:forward()
      skb:data():setuint8(8, 1)
      skb:checksum()
      print((select(2, pcall(function() require("lunatik")._ENV.skb = skb end)):match("cannot.*object")))
      return nf.action.ACCEPT`),
  })
  t.equal(await run('skb', 'softirq'), null)
  const ethernet = '0200000000010200000000028100000508004500001c000000004011b6c1c0000201c0000202c0000009000800'
  const frame = `${ethernet}00`.toLowerCase()
  await inject({ event: 'netdev', name: 'veth9', action: 'register' })
  t.teardown(() => inject({ event: 'netdev', name: 'veth9', action: 'unregister' }))
  const injected = await inject({ event: 'packet', hex: frame, dev: 'veth9', connmark: 3 })
  t.match(injected, { verdict: 'ACCEPT', connmark: 5, changed: /^02.{22}81000005080045.{14}011135ce/ })
  t.match(injected.sent, [{ dev: 'veth9', bytes: /^0200000000010200000000020800.{18}63/ }])
  t.strictSame(log, [
    '28\t28\ttrue\t5\t3',
    "false\tbad argument #2 to '?' (invalid option 'phys')",
    '5\t5',
    '42\t8\ttrue',
    '17\t99\tfalse\tcannot resize external memory',
    "24\tfalse\tbad argument #2 to '?' (insufficient tailroom)",
    'cannot share SINGLE object',
  ])
  stop('skb')
})

t.test('outside of its call a packet is gone', async (t) => {
  const { log, run, inject } = hooked(t, {
    'keeps.lua': `${hook('kept, data, copy = skb, skb:data(), skb:copy() return 1')}
      require("netfilter").register{pf = 1, hooknum = 3, priority = 0, hook = function(skb)
        print(pcall(function() return kept:data() end))
        print(#data, #copy, #copy:data())
        return 1
      end}`,
    'mac.lua': hook(
      'print(pcall(function() skb:data("mac") end)) print(skb:ifindex(), skb:connmark(1)) return 1',
    ).replace('PRE_ROUTING', 'LOCAL_OUT'),
    'broken.lua': hook('print(pcall(skb.checksum, skb)) return 1').replace('PRE_ROUTING', 'FORWARD'),
  })
  t.equal(await run('keeps', 'softirq'), null)
  await inject({ event: 'packet', dns: 'a.b' })
  await inject({ event: 'packet', dns: 'a.b', hook: 'LOCAL_OUT' })
  t.match(log.splice(0), [/^false\t.*calling 'data' on bad self \(skb is not set\)$/, '0\t49\t49'])
  for (const name of ['mac', 'broken']) t.equal(await run(name, 'softirq'), null)
  await inject({ event: 'packet', proto: 'tcp', hook: 'LOCAL_OUT', notrack: true })
  await inject({ event: 'packet', hex: '4500ffff', link: 'raw', hook: 'FORWARD' })
  t.match(log[0], /^false\t.*bad argument #1 to 'data' \(MAC header not set\)$/)
  t.equal(log[1], 'nil\tnil')
  t.match(log.at(-1), /the header claims more bytes than there are/)
})

t.test('data is the object of the layer that was asked for last, as long as the packet is then', async (t) => {
  const { log, run, inject } = hooked(t, {
    'layers.lua': hook(`
      local net = skb:data()
      print(#net, skb:data() == net, skb:data(nil) == net, select("#", skb:data()))
      print(#skb:data("mac"), #net, #skb:data("net"), #net)
      skb:resize(30)
      print(#net, #skb:data(), #net)
      skb:resize(40)
      net = skb:data()
      print(#net, net:getuint8(39), net:getstring(0, 2) == "\\x45\\0")
      return 1`),
    'wrong.lua': hook(`
      local function says(...) print(select(2, pcall(...))) end
      says(skb.data) says(skb.data, 1) says(skb.data, skb:data()) says(skb.data, skb, "x") says(skb.data, skb, {})
      says(skb:data().getuint8, skb, 0)
      return 1`).replace('PRE_ROUTING', 'LOCAL_OUT'),
  })
  for (const name of ['layers', 'wrong']) t.equal(await run(name, 'softirq'), null)
  const packet = { event: 'packet', dns: 'example.org', link: 'ethernet' }
  // The second has the object of the first.
  for (let i = 0; i < 2; i++) {
    await inject(packet)
    t.strictSame(log.splice(0), ['57\ttrue\ttrue\t1', '71\t71\t57\t57', '57\t30\t30', '40\t0\ttrue'])
  }
  await inject({ ...packet, hook: 'LOCAL_OUT' })
  t.strictSame(log, [
    "bad argument #1 to '?' (invalid object)",
    "bad argument #1 to '?' (invalid object)",
    "bad argument #1 to '?' (invalid object)",
    "bad argument #2 to '?' (invalid option 'x')",
    "bad argument #2 to '?' (string expected, got table)",
    "bad argument #1 to '?' (invalid object)",
  ])
})

t.test('packets made by their fields have checksums that hold', async (t) => {
  const { log, run, inject } = hooked(t, {
    'sums.lua': hook(`
      local before = tostring(skb:data())
      skb:checksum()
      print(before == tostring(skb:data()), #before)
      return 1`),
  })
  t.equal(await run('sums', 'softirq'), null)
  const packets = [
    { dns: 'github.com' },
    { proto: 'tcp', flags: 'SYN,ACK', payload: 'abc' },
    { proto: 'icmp' },
    { src: '::1', dst: '::2', payload: 'odd' },
    { proto: '47', payload: '\udcff\udcff' },
  ]
  for (const packet of packets) await inject({ event: 'packet', ...packet })
  t.strictSame(log, ['true\t56', 'true\t43', 'true\t28', 'true\t51', 'true\t22'])
})

t.test('the checksum of a header is the one that it is known to have', async (t) => {
  const { run, inject } = hooked(t, { 'sums.lua': hook('skb:checksum() return 1') })
  t.equal(await run('sums', 'softirq'), null)
  const header = (sum: string) => `4500007300004000402f${sum}c0a80001c0a800c7${'00'.repeat(95)}`
  t.match(await inject({ event: 'packet', hex: header('0000') }), { changed: header('b843') })
})

t.test('a packet of fields gets a header of Ethernet where that is said', async (t) => {
  const { log, run, inject } = hooked(t, { 'mac.lua': hook('print(#skb, #skb:data("mac")) return 1') })
  t.equal(await run('mac', 'softirq'), null)
  await inject({ event: 'packet', proto: 'tcp', link: 'ethernet' })
  await inject({ event: 'packet', proto: 'tcp' })
  t.strictSame(log, ['40\t54', '40\t40'])
})

t.test('many packets at once', async (t) => {
  const { run, inject } = hooked(t, { 'n.lua': hook('n = n + 1 return n % 2') })
  t.equal(await run('n', 'softirq'), null)
  const base64 = Buffer.from('4500001c000000004011b6c1c0000201c0000202c000000900080000', 'hex').toString('base64')
  const { packets, calls } = (await inject({ event: 'packet', packets: [base64, base64, base64] })) as never
  t.strictSame(packets, [{ verdict: 'ACCEPT' }, { verdict: 'DROP' }, { verdict: 'ACCEPT' }])
  t.equal((calls as unknown[]).length, 3)
})

t.test('wrong packets are told in one line', async (t) => {
  const { inject } = hooked(t, {})
  const wrong = async (fields: object, message: RegExp) =>
    t.rejects(inject({ event: 'packet', ...fields }), { message }, JSON.stringify(fields))
  await wrong({}, /^give one packet/)
  await wrong({ hex: '45', dns: 'a' }, /^give one packet/)
  await wrong({ hex: '4' }, /^a packet is a row of bytes/)
  await wrong({ hex: '45zz' }, /^a packet is a row of bytes/)
  await wrong({ hex: '4500' }, /^a packet of 2 bytes is too short for its ethernet header$/)
  await wrong({ hex: '00'.repeat(20) }, /^a packet is neither IP nor ARP \(EtherType 0x0000\)/)
  await wrong({ dns: 'a..b' }, /^the field 'dns' must be a name/)
  await wrong({ dns: 'a', hook: 'NOWHERE' }, /^no hook 'NOWHERE' for this packet: PRE_ROUTING/)
  await wrong({ dns: 'a', dev: 'eth99' }, /^there is no network device 'eth99'/)
  await wrong({ dns: 'a', mark: -1 }, /^the field 'mark' must be an integer from 0 to 4294967295, not -1/)
  await wrong({ dns: 'a', pf: 'x25' }, /^no family 'x25'/)
  await wrong({ dns: 'a', link: 'x' }, /^no link 'x'/)
  await wrong({ src: '1.2.3' }, /^the field 'src' must be an address/)
  await wrong({ src: '1.2.3.4:99999' }, /^the field 'src' must be an address/)
  await wrong({ src: '::1', dst: '1.2.3.4' }, /different versions of IP/)
  await wrong({ proto: 'tcp', flags: 'XXX' }, /^no TCP flag 'XXX'/)
})

t.test('each way to write to a packet is told', async (t) => {
  const setters = ['byte', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'number']
  const ways: Record<string, string> = {
    ...Object.fromEntries(setters.map((name) => [`set${name}`, `skb:data():set${name}(20, 99)`])),
    setstring: 'skb:data():setstring(20, "99")',
    mac: 'skb:data("mac"):setbyte(20, 99)',
    'net, then mac': 'local net = skb:data() net:setbyte(20, 99) skb:data("mac"):getbyte(0)',
    checksum: 'skb:checksum()',
    shorter: 'skb:resize(30)',
    longer: 'skb:resize(70)',
    'an error behind it': 'skb:data():setbyte(20, 99) error("x")',
  }
  const reads = 'skb:data():getbyte(20) skb:data("mac"):getstring(0, 20) skb:copy():data():setbyte(20, 99)'
  const files = Object.fromEntries(
    Object.values({ ...ways, reads }).map((way, i) => [`way${i}.lua`, hook(`${way} return nf.action.ACCEPT`)]),
  )
  const { run, stop, inject } = hooked(t, { ...files, 'other.lua': hook('return nf.action.ACCEPT') })
  // 192.0.2.1:9 to 192.0.2.2:9, whose checksums are 0.
  const ip = `4500002800000000401100${'00'}c0000201c0000202`
  const hex = `${'0'.repeat(24)}0800${ip}00090009001400000102030405060708090a0b0c`
  t.equal(await run('other', 'softirq'), null)
  for (const [i, name] of [...Object.keys(ways), 'reads'].entries()) {
    t.equal(await run(`way${i}`, 'softirq'), null)
    const injected = await inject({ event: 'packet', link: 'ethernet', hex })
    t.equal(injected.changed !== undefined, name !== 'reads', name)
    stop(`way${i}`)
  }
})
