import t from 'tap'
import { noFuse, until } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('dmesg', { skip: noFuse }, async (t) => {
  const { lunatik, sh, start } = await scripted(t, {
    'prints.lua': 'print("multi\\nline") print("tab\\there \\\\n \\\\x0a") print("\\255\\1é\\27[2J")',
    'flood.lua': 'for n = 1, 40000 do print("line " .. n) end',
  })
  await lunatik('dmesg', '-C')
  await lunatik('run', 'prints')

  t.test('prints the texts, each as one line', async (t) => {
    const expected = 'multi\n    line\ntab\there \\n \\x5cx0a\n\\xff\\x01Ã©\\x1b[2J\n'
    t.strictSame(await lunatik('dmesg'), { stdout: expected, stderr: '', code: 0 })
  })
  t.test('--time prints time and level, and newlines as lines below the first', async (t) => {
    t.match((await lunatik('dmesg', '--time')).stdout, /^\[ *\d+\.\d{6}\] info: multi\n {21}line\n\[.*\] info: tab/)
  })
  t.test('--json prints an object for each record, its text whole', async (t) => {
    const records = Buffer.from((await lunatik('dmesg', '--json')).stdout, 'latin1')
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    t.match(records[0], { time: Number, level: 'info', text: 'multi\nline' })
    t.strictSame(
      records.slice(1).map(({ text }) => text),
      ['tab\there \\n \\x0a', '\udcff\x01é\x1b[2J'],
    )
  })
  t.test('-C hides what was logged, from dmesg alone', async (t) => {
    t.strictSame(await lunatik('dmesg', '-C'), { stdout: '', stderr: '', code: 0 })
    t.equal((await lunatik('dmesg')).stdout, '')
    t.match((await sh('cat $MNT/kmsg')).stdout, 'multi')
    await sh('echo after > $MNT/kmsg')
    t.equal((await lunatik('dmesg')).stdout, 'after\n')
  })
  t.test('-w follows until interrupted', async (t) => {
    const child = start('dmesg', '-w')
    let stdout = ''
    child.stdout?.on('data', (data) => {
      stdout += data
    })
    await until(() => stdout.includes('after\n'))
    await sh('echo one > $MNT/kmsg; sleep 0.3; echo two > $MNT/kmsg')
    await until(() => stdout === 'after\none\ntwo\n')
    child.kill('SIGINT')
    await until(() => child.signalCode !== null)
    t.equal(child.signalCode, 'SIGINT')
  })
  t.test('-w ends when its reader goes', async (t) => {
    const child = start('dmesg', '-w')
    child.stdout?.once('data', () => child.stdout?.destroy())
    await until(() => child.stdout?.destroyed === true)
    await sh('echo more > $MNT/kmsg; sleep 0.3; echo more > $MNT/kmsg')
    await until(() => child.exitCode !== null)
    t.equal(child.exitCode, 1)
  })
  t.test('after more than the log keeps, the oldest that is kept comes first', async (t) => {
    await lunatik('run', 'flood')
    const { stdout } = await lunatik('dmesg')
    t.match(stdout, /^line \d{4,}\n/)
    t.match(stdout, /\nline 40000\n$/)
  })
  t.test('the end of the server ends it, with a line', async (t) => {
    const served = await scripted(t, {})
    const child = served.start('dmesg', '-w')
    let stderr = ''
    child.stderr?.on('data', (data) => {
      stderr += data
    })
    let stdout = ''
    child.stdout?.on('data', (data) => {
      stdout += data
    })
    await served.sh('echo begun > $MNT/kmsg')
    await until(() => stdout.includes('begun'))
    await served.stop()
    await until(() => child.exitCode !== null)
    t.equal(child.exitCode, 1)
    t.match(stderr, `lunatik: the server of ${served.dir} has gone`)
  })
})
