// Sockets of frames on the wire: those of a device that was injected.
import t from 'tap'
import { sock_init } from '../../src/lib/socket.js'
import { agrees, evaluate, evaluator, withLua } from './eval.js'
import { hooked } from './inject.js'

const skip = !sock_init() && 'koffi is not installed'

t.test('frames that are injected come to sockets, and what these send is told', { skip }, async (t) => {
  const { inject } = hooked(t, {})
  const wire = (fields: object) => inject({ event: 'wire', dev: 'wire0', ...fields })
  await t.rejects(wire({}), { message: /^there is no network device 'wire0': 'inject netdev wire0 register up'/ })
  await inject({ event: 'netdev', name: 'wire0', action: ['register'] })
  await inject({ event: 'netdev', name: 'wire1', action: ['register', 'up'] })
  const r = withLua(evaluator(t))
  evaluate(
    r,
    `(function() raw, linux, socket = require("socket.raw"), require("linux"), require("socket")
      index, other, dw = linux.ifindex("wire0"), linux.ifindex("wire1"), 0x40
      tx, lldp = raw.bind(0x88cc, index), raw.bind(0x88cc, other)
      rx = raw.bind(nil, index)
      hello = ("\\1"):rep(6) .. ("\\2"):rep(6) .. "\\x88\\xcchello"
    end)()`,
  )
  t.match(await wire({ dns: 'a.b' }), { hooks: 3, verdict: 'UNHEARD' }, 'a device that is down has no frames')
  agrees(t, r, 'tx:send(hello)  =>  ERROR "ENETDOWN"')
  await inject({ event: 'netdev', name: 'wire0', action: ['up'] })
  t.match(await wire({ dns: 'a.b' }), { verdict: 'HEARD' })
  agrees(
    t,
    r,
    `
    #rx:receive(2000, dw | 2), rx:receive(14, dw)  =>  63  "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\8\\0"
    rx:receive(2000, dw)  =>  ERROR "EAGAIN"
    tx:send(hello), rx:receive(2000, dw) == hello  =>  19  true
    tx:receive(2000, dw)  =>  ERROR "EAGAIN"
    tx:send("short")  =>  ERROR "EINVAL"
    #hello .. tx:send(hello:rep(80):sub(1, 1514)), rx:receive(1, dw)  =>  "191514"  "\\1"
    tx:send(hello:rep(80):sub(1, 1515))  =>  ERROR "EMSGSIZE"
    tx:send(hello, 0x88cc, 999999)  =>  ERROR "ENXIO"
    tx:send(hello, 0x88cc, other), lldp:receive(2000, dw)  =>  ERROR "EAGAIN"
    string.unpack(">I2<i4", (rx:getsockname())) == 3, (select(2, string.unpack(">I2<i4", (rx:getsockname())))) == index  =>  true  true
    tx:getpeername()  =>  ERROR "EOPNOTSUPP"
    tx:listen()  =>  ERROR "EOPNOTSUPP"
    tx:connect(1, 2)  =>  ERROR "EOPNOTSUPP"
    tx:accept()  =>  ERROR "EOPNOTSUPP"
    tx:setsockopt(1, 20, string.pack("jj", 1, 0))  =>
    `,
  )
  const frame = '01010101010102020202020288cc68656c6c6f'
  t.match(await wire({ hex: frame }), {
    verdict: 'HEARD',
    sent: [
      { dev: 'wire0', bytes: frame },
      { dev: 'wire0', bytes: /^(01){6}(02){6}88cc/ },
      { dev: 'wire1', bytes: frame },
    ],
  })
  t.equal((await wire({})).sent, undefined, 'it is told once')
  agrees(
    t,
    r,
    `
    tx:receive(99, dw) == hello  =>  true
    (select(2, rx:receive(99, dw, true))):byte(9, 18)  =>  0  6  2  2  2  2  2  2  0  0
    `,
  )
  for (let i = 0; i < 300; i++) await wire({ dns: 'a' })
  t.match(await wire({ packets: [Buffer.from(frame, 'hex').toString('base64')] }), { packets: [{ verdict: 'HEARD' }] })
  t.match(await wire({ dns: 'a' }), { verdict: 'LOST' })
  await t.rejects(wire({ hex: '0102' }), { message: /too short for Ethernet$/ })
  await t.rejects(wire({ dns: 'a', link: 'sll' }), { message: /^no link 'sll' on the wire/ })
  evaluate(r, '(function() tx:close() rx:close() lldp:close() end)()')
  t.match(await wire({ dns: 'a' }), { hooks: 0, verdict: 'UNHEARD' })
  for (const name of ['wire0', 'wire1']) await inject({ event: 'netdev', name, action: ['unregister'] })
})

t.test('who waits for a frame is woken', { skip }, async (t) => {
  const { log, run, inject } = hooked(t, {
    'waits.lua': `local s = require("socket").new(17, 3, 3)
      s:bind(3, require("linux").ifindex("wire2"))
      print(#s:receive(2000))`,
  })
  await inject({ event: 'netdev', name: 'wire2', action: ['register', 'up'] })
  const running = run('waits')
  t.match(await inject({ event: 'wire', dev: 'wire2', dns: 'a.b' }), { hooks: 1, verdict: 'HEARD' })
  t.equal(await running, null)
  t.strictSame(log, ['63'])
  await inject({ event: 'netdev', name: 'wire2', action: ['unregister'] })
})
