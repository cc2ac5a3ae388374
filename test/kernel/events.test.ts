// Files of events: what they hold, and that they are played in the order of their times.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { playEvents } from '../../src/kernel/events.js'
import { readEvents } from '../../src/kernel/events_file.js'
import { hooked } from '../lib/inject.js'

t.test('a file of events', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-events-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'events')
  const read = (text: string) => {
    writeFileSync(file, text)
    return readEvents(file)
  }
  t.strictSame(read('{"event":"a","time":2}\n\n{"event":"b","x":1}\n'), [
    { time: 0, line: 3, event: { event: 'b', x: 1 } },
    { time: 2, line: 1, event: { event: 'a' } },
  ])
  t.strictSame(
    read('{"begin":1,"end":2,"time":1,"op":"close"}\n{"lost":3}\n{"time":1,"event":"a"}\n'),
    [{ time: 1, line: 3, event: { event: 'a' } }],
    "a trace's calls are left out",
  )
  for (const [text, message] of [
    ['{}\n{', /^--events \S+: line 2: /],
    ['[]', /line 1: an event is an object/],
    ['{"time":-1}', /line 1: 'time' is a number of seconds/],
  ] as const)
    t.throws(() => read(text), { message, exitCode: 2 })
  t.throws(() => readEvents(`${file}-`), { message: /it can't be read \(ENOENT\)/ })
})

t.test('they are played at their times, those of time 0 at once', async (t) => {
  const { log, run } = hooked(t, {
    'keys.lua': `require("notifier").keyboard(function(event, down, _, key)
      if event == require("linux.kbd").KEYCODE and down then print(key) end end)`,
  })
  t.equal(await run('keys', 'hardirq'), null)
  const event = (time: number, line: number, fields: object) => ({ time, line, event: fields })
  const key = (code: number) => ({ event: 'keyboard', keys: [code] })
  const end = await playEvents([
    event(0, 1, key(30)),
    event(0, 2, { event: 'rain' }),
    event(0, 3, { event: 'vt', text: 'x' }),
    event(0.001, 4, key(31)),
    event(0.002, 5, key(32)),
    event(9e5, 6, key(33)),
  ])
  t.strictSame(log.slice(0, 3), [
    '30',
    'events: line 2: no event "rain": there are hid, keyboard, map, netdev, packet, probe, syscall, vt, wire, xdp',
    'events: line 3: nothing is hooked',
  ])
  while (log.length < 5) await new Promise((resolve) => setTimeout(resolve, 5))
  t.strictSame(log.slice(3), ['31', '32'])
  end()
})
