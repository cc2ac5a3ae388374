// `lunatik trace`: what programs do on a mount, as it happens, and `--trace FILE`.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { recordsOf } from '../../src/cli/calls.js'
import { readEvents } from '../../src/kernel/events_file.js'
import { lunatik, noFuse, temporary, until } from '../mount/mounted.js'
import { type Scripted, scripted } from '../mount/scripted.js'

const echo = `
local device = require("device")
for _, name in ipairs{"one", "two"} do
  local d = { name = name, mode = tonumber("666", 8), text = "" }
  function d:read(len, off) return self.text:sub(off + 1, off + len) end
  function d:write(buf) if buf == "bad" then error("bad") end self.text = buf end
  device.new(d)
end`

/** Runs `lunatik trace ARGS` while \`script\` runs. Resolves with what it has printed until the last call is there. */
async function traced(
  t: Test,
  mount: Scripted,
  args: string[],
  script: string | (() => Promise<unknown>),
  last: string,
): Promise<string> {
  const child = mount.start('trace', ...args)
  let [out, err] = ['', '']
  child.stdout?.on('data', (text: Buffer) => {
    out += text
  })
  child.stderr?.on('data', (text: Buffer) => {
    err += text
  })
  await until(() => err.includes('tracing') || child.exitCode !== null)
  t.equal(err, `lunatik: tracing ${mount.dir}\n`)
  await (typeof script === 'string' ? mount.sh(script) : script())
  await until(() => out.includes(last))
  const closed = once(child, 'close')
  child.kill('SIGINT')
  t.same(await closed, [0, null])
  return out
}

t.test('trace', { skip: noFuse }, async (t) => {
  const file = join(temporary(t), 'trace.json')
  const mount = await scripted(t, { 'echo.lua': echo }, ['--run', 'echo', '--trace', file])
  const use = 'printf hello > $MNT/one; cat $MNT/one; printf bad > $MNT/two'

  t.test('has the events that were injected, which --events takes', async (t) => {
    const inject = async () => {
      await mount.lunatik('inject', 'netdev', 'fresh0', 'register')
      await mount.lunatik('inject', 'netdev', '', 'up')
      await mount.sh('cat $MNT/one')
    }
    const text = await traced(t, mount, [], inject, 'close(one) = 0')
    t.match(text, /^\[ *\d+\.\d{6}\] inject \{"event":"netdev","name":"fresh0","action":\["register"\]\}$/m)
    t.notMatch(text, /"name":""/)
    const up = async () => {
      await mount.lunatik('inject', 'netdev', 'fresh0', 'up')
      await mount.sh('cat $MNT/two')
    }
    const named = await traced(t, mount, ['two'], up, 'close(two)')
    t.notMatch(named, /inject/)
    t.match(readEvents(file), [
      { event: { event: 'netdev', name: 'fresh0', action: ['register'] } },
      { event: { event: 'netdev', name: 'fresh0', action: ['up'] } },
    ])
    t.ok(recordsOf(readFileSync(file, 'utf8')).length > 5)
  })

  t.test('prints a line for each call', async (t) => {
    const lines = (await traced(t, mount, [], use, 'ECANCELED')).split('\n')
    for (const line of [
      /^\[ *\d+\.\d{6}\] sh\[\d+\] open\(one, O_WRONLY\) = 0 <\d\.\d{6}>$/,
      /sh\[\d+\] write\(one, "hello", 5, 0\) = 5 </,
      /cat\[\d+\] read\(one, "hello", \d+, 0\) = 5 </,
      /cat\[\d+\] read\(one, "", \d+, 5\) = 0 </,
      /sh\[\d+\] write\(two, "bad", 3, 0\) = -1 ECANCELED </,
    ])
      t.ok(
        lines.some((text) => line.test(text)),
        String(line),
      )
    t.notOk(
      lines.some((text) => text.includes('(lunatik')),
      'not those of the control device',
    )
  })

  t.test('of the devices that are named, and as JSON', async (t) => {
    const records = recordsOf(await traced(t, mount, ['two', '--json'], use, 'ECANCELED'))
    t.same([...new Set(records.map(({ name }) => name))], ['two'])
    t.match(
      records.find(({ op }) => op === 'write'),
      { comm: 'sh', in: 'bad', len: 3, off: 0, ret: -125 },
    )
  })

  t.test('also long ones', async (t) => {
    const long = 'yes | dd of=$MNT/one bs=128K count=1 iflag=fullblock; dd if=$MNT/one of=/dev/null bs=128K count=1'
    const records = recordsOf(await traced(t, mount, ['--json'], `${long}; cat $MNT/two`, '"name":"two"'))
    const text = 'y\n'.repeat(65_536)
    t.ok(records.find(({ op }) => op === 'write')?.in === text)
    t.ok(records.find(({ op }) => op === 'read')?.out === text)
  })

  t.test('of those of the mount itself where they are named', async (t) => {
    const text = await traced(t, mount, ['kmsg'], 'head -c 1 $MNT/kmsg', 'read(kmsg')
    t.match(text, /head\[\d+\] read\(kmsg, "\[", 1, 0\) = 1 /)
  })

  t.test('needs a mount', async (t) => {
    t.match(await lunatik('trace', '--mount', temporary(t)), {
      code: 1,
      stderr: /^lunatik: nothing of lunatik is mounted/,
    })
  })

  t.test('--trace FILE has them all, also while a trace runs', async (t) => {
    const records = recordsOf(readFileSync(file, 'utf8'))
    t.equal(records.filter(({ op, in: text }) => op === 'write' && text === 'hello').length, 2)
    t.match(await lunatik('mount', '--trace', '/no/such/folder/file', temporary(t)), {
      code: 1,
      stderr: "lunatik: --trace /no/such/folder/file: it can't be written (ENOENT)\n",
    })
  })
})
