// The module xdp, and packets that are injected for it.
import t from 'tap'
import { nr_cpu_ids } from '../../src/lib/cpumask.js'
import { runner_run } from '../../src/lib/lunatik_runner.js'
import { makePacket } from '../../src/lib/packet.js'
import { LUNATIK_OPT_SOFTIRQ } from '../../src/lunatik/lunatik_obj.js'
import { agrees, evaluator } from './eval.js'
import { deeds, hooked } from './inject.js'

t.test('attach and detach', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("xdp"))  =>  "attach detach"
    require("xdp").attach(print)  =>  ERROR "chunk:1: runtime context mismatch"
    require("xdp").detach()  =>
    `,
  )
  agrees(
    t,
    evaluator(t, LUNATIK_OPT_SOFTIRQ),
    `
    require("xdp").attach()  =>  ERROR "chunk:1: bad argument #1 to 'attach' (function expected, got no value)"
    require("xdp").attach(print), require("xdp").attach(print)  =>  nil
    `,
  )
})

t.test('a callback decides on packets, and changes them', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'x.lua': `local action, kept = require("linux.xdp")
      require("xdp").attach(function() return action.ABORTED end)
      require("xdp").attach(function(packet, argument)
        print(#packet, tostring(argument), kept and kept == packet)
        kept = packet
        local first = packet:getbyte(14 + 28)
        if first == 0x61 then return action.DROP
        elseif first == 0x62 then packet:setbyte(14 + 28, 0x63) return action.TX
        elseif first == 0x65 then error("no e")
        elseif first == 0x6d then return -1
        elseif first == 0x64 then require("xdp").detach() end
        return action.PASS
      end)`,
    'y.lua': 'require("xdp").attach(function() return 1 end)',
  })
  t.match(await inject({ event: 'xdp', payload: 'x' }), { hooks: 0, calls: [], verdict: 'PASS' })
  t.equal(await run('x', 'softirq'), null)
  t.match(await inject({ event: 'xdp', payload: 'a', arg: '6869' }), { hooks: 1, verdict: 'DROP' })
  const sent = await inject({ event: 'xdp', payload: 'b', arg: 'payload' })
  t.match(sent, { verdict: 'TX', changed: /63$/ })
  t.equal((sent.changed as string).slice(0, 2), '45', 'as it was given: without the Ethernet header')
  t.strictSame(log.splice(0), ['43\thi\tnil', '43\t\0*\ttrue'])
  t.match(await inject({ event: 'xdp', payload: 'm' }), { verdict: 'PASS', calls: [{ result: -1, error: null }] })
  const failed = await inject({ event: 'xdp', payload: 'e' })
  t.match(failed, { verdict: 'PASS', calls: [{ result: null }] })
  t.match(deeds(failed), [/no e$/])
  const ethernet = Buffer.concat([Buffer.alloc(12), Buffer.from('0800', 'hex'), makePacket({ payload: 'a' })])
  const bare = makePacket({ proto: 'tcp' })
  const packets = [ethernet, bare].map((bytes) => Buffer.from(bytes).toString('base64'))
  t.match(await inject({ event: 'xdp', packets, arg: 'payload' }), {
    calls: { length: 1 },
    packets: [{ verdict: 'DROP' }, { verdict: 'PASS' }],
  })
  t.equal(await run('y', 'softirq'), null)
  await t.rejects(inject({ event: 'xdp', payload: 'a' }), {
    message: /^an XDP program calls one script: give 'script'/,
  })
  t.match(await inject({ event: 'xdp', payload: 'x', script: 'y.lua' }), { calls: [{ script: 'y', verdict: 'DROP' }] })
  t.match(await inject({ event: 'xdp', payload: 'd', script: 'x' }), { verdict: 'PASS' })
  t.match(await inject({ event: 'xdp', payload: 'a', script: 'x' }), { hooks: 0, calls: [] }, 'it has detached itself')
  stop('y')
  t.match(await inject({ event: 'xdp', payload: 'a' }), { hooks: 0, verdict: 'PASS' })
})

t.test('a script for each CPU gets the packets of its CPU', async (t) => {
  const { log, inject } = hooked(t, {
    'each.lua': 'require("xdp").attach(function() print(require("lunatik").cpu()) return 2 end)',
  })
  t.match(await runner_run('each', 'softirq', true), { ok: true })
  const last = nr_cpu_ids() - 1
  t.match(await inject({ event: 'xdp', payload: 'x', cpu: last }), { hooks: 1, cpu: last, calls: [{ script: 'each' }] })
  t.strictSame(log.splice(0), [String(last)])
  const cpus = new Set<unknown>()
  for (let port = 1; port <= 64; port++) {
    const event = { event: 'xdp', src: `10.0.0.1:${port}` }
    const { cpu } = await inject(event)
    t.equal((await inject(event)).cpu, cpu)
    cpus.add(cpu)
  }
  t.equal(cpus.size > 1, last > 0, 'a flow has its CPU, and not all have the same')
  t.strictSame(new Set(log), new Set([...cpus].map(String)))
  await t.rejects(inject({ event: 'xdp', payload: 'x', cpu: last + 1 }), { message: /^the field 'cpu' must be/ })
})

t.test('wrong packets are told in one line', async (t) => {
  const { inject } = hooked(t, {})
  const wrong = async (event: object, message: RegExp) => t.rejects(inject({ event: 'xdp', ...event }), { message })
  await wrong({}, /^give one packet/)
  await wrong({ payload: 'x', arg: 'x' }, /^the field 'arg' is a row of bytes/)
  await wrong({ payload: 'x', link: 'sll' }, /^no link 'sll' for XDP/)
  await wrong({ hex: '00', link: 'ethernet' }, /^a packet of 1 bytes is too short/)
})
