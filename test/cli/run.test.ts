// `lunatik run`, `spawn`, `stop` and `list`, as the kernel's tool answers.
// variants: default
import { basename, join } from 'node:path'
import t from 'tap'
import { nr_cpu_ids } from '../../src/lib/cpumask.js'
import { folder, main, noFuse } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('the commands on scripts', { skip: noFuse }, async (t) => {
  const { lunatik, scripts, log, sh } = await scripted(t, {
    'good.lua': 'print("good runs")',
    'other.lua': '',
    'sub/deep.lua': '',
    'percpu.lua': 'print("cpu " .. require("lunatik").cpu())',
    'raises.lua': 'error("boom\\nand more")',
    'syntax.lua': 'local x = = 1',
    'const.lua': '\nlocal x <const> = 1\nx = 2',
    '"\\\n]] é.lua': 'print("odd")',
    'steers.lua': 'error("one\\n\\27[2Jtwo\\r", 0)',
    '\x1b[2J\u009b.lua': '',
    'false.lua': 'error(false)',
  })
  const empty = { stdout: '\n', stderr: '', code: 0 }
  const failed = (stderr: string | RegExp) => ({ stdout: '', stderr, code: 1 })

  t.test('list is an empty line at first', async (t) => {
    t.strictSame(await lunatik('list'), empty)
    t.strictSame(await lunatik('list', '--json'), { ...empty, stdout: '[]\n' })
  })
  t.test('run prints an empty line, and list has the script', async (t) => {
    t.strictSame(await lunatik('run', 'good'), empty)
    t.match(log(), 'info: good runs\n')
    t.strictSame(await lunatik('list'), { ...empty, stdout: 'good\n' })
  })
  t.test('the newest comes first', async (t) => {
    t.strictSame(await lunatik('run', 'other'), empty)
    t.strictSame(await lunatik('spawn', 'sub/deep.lua'), empty)
    t.equal((await lunatik('list')).stdout, 'sub/deep, other, good\n')
    t.strictSame(JSON.parse((await lunatik('list', '--json')).stdout), ['sub/deep', 'other', 'good'])
  })
  t.test('a script that runs already', async (t) => {
    t.match(await lunatik('run', 'good'), failed(/good is already running\n$/))
  })
  t.test('one that cannot be opened, does not compile, or raises', async (t) => {
    t.match(await lunatik('run', 'nothing'), failed(`cannot open ${join(scripts, 'nothing.lua')}\n`))
    t.match(await lunatik('run', 'syntax'), failed(/syntax\.lua:1: unexpected symbol near '='\n$/))
    t.match(await lunatik('run', 'const'), failed(/const\.lua:3: attempt to assign to const variable 'x'\n$/))
    t.match(await lunatik('run', 'raises'), failed(/raises\.lua:1: boom\nand more\n$/))
    t.match(await lunatik('run', 'false'), failed('<no error object>\n'))
    t.match(
      await lunatik('run', 'new', 'nonsense'),
      failed(/runner\.lua:\d+: bad argument #2 to 'runtime' \(invalid option 'nonsense'\)\n$/),
    )
    t.match(await lunatik('run', 'new', 'softirq', 'process'), { code: 2, stderr: /there is a context already/ })
  })
  t.test(
    'percpu runs it once for each CPU, in a context that may come before or behind; spawn refuses it',
    async (t) => {
      t.strictSame(await lunatik('run', 'percpu', 'percpu', 'softirq'), empty)
      t.strictSame(await lunatik('list'), { ...empty, stdout: 'percpu, sub/deep, other, good\n' })
      t.match(await lunatik('run', 'percpu', 'softirq', 'percpu'), failed(/percpu is already running\n$/))
      t.strictSame(await lunatik('stop', 'percpu'), empty)
      t.same(
        log().match(/cpu \d+$/gm),
        Array.from({ length: nr_cpu_ids() }, (_, cpu) => `cpu ${cpu}`),
      )
      const refused = failed(/runner\.lua:\d+: spawn does not support percpu scripts\n$/)
      t.match(await lunatik('spawn', 'percpu', 'percpu'), refused)
    },
  )
  t.test('stop; of what does not run the exit code is 1', async (t) => {
    for (const name of ['other', 'sub/deep.lua']) t.strictSame(await lunatik('stop', name), empty)
    for (const name of ['other', 'nothing']) t.strictSame(await lunatik('stop', name), { ...empty, code: 1 })
    const { code, stdout } = await lunatik('stop', 'nothing', '--json')
    t.strictSame([code, JSON.parse(stdout)], [1, { ok: false, script: 'nothing', error: "nothing doesn't run" }])
    t.equal((await lunatik('list')).stdout, 'good\n')
  })
  t.test('a name of any characters', async (t) => {
    t.strictSame(await lunatik('run', '"\\\n]] é'), empty)
    t.match(log(), 'info: odd\n')
    t.strictSame(await lunatik('stop', '"\\\n]] é'), empty)
    t.match(await lunatik('run', '") error("injected'), { code: 1, stderr: /^((?!:1: injected).)*cannot open/s })
  })
  t.test('no text of a script steers the terminal', async (t) => {
    t.match(await lunatik('run', 'steers'), failed('one\n\\x1b[2Jtwo\\x0d\n'))
    t.strictSame(await lunatik('run', '\x1b[2J\u009b'), empty)
    t.match((await lunatik('list')).stdout, /^\\x1b\[2J\\xc2\\x9b, /)
    const { stdout } = await lunatik('list', '--json')
    t.match(stdout, /^\["\\u001b\[2J\\u009b",/)
    t.equal(JSON.parse(stdout)[0], '\x1b[2J\u009b')
    t.strictSame(await lunatik('stop', '\x1b[2J\u009b'), empty)
  })
  t.test('--json', async (t) => {
    const json = async (...args: string[]) => {
      const { stdout, stderr, code } = await lunatik(...args, '--json')
      t.equal(stderr, '')
      return [code, JSON.parse(stdout)]
    }
    t.strictSame(await json('run', 'other'), [0, { ok: true, script: 'other' }])
    t.strictSame(await json('stop', 'other'), [0, { ok: true, script: 'other' }])
    t.strictSame(await json('spawn', 'other'), [0, { ok: true, script: 'other' }])
    t.match(await json('run', 'raises'), [1, { ok: false, error: /boom\nand more$/ }])
  })
  t.test('a path runs that file, and its folder is searched first', async (t) => {
    const mine = folder(t, {
      'sensor.lua': 'require("part")',
      'part.lua': 'print("my part")',
      'good.lua': 'print("mine")',
    })
    t.strictSame(await lunatik('run', `${mine}/sensor.lua`), empty)
    t.match(log(), 'info: my part\n')
    t.match(await lunatik('list'), { stdout: /^sensor, / })
    t.strictSame(await lunatik('stop', `${mine}/sensor`), empty)
    t.strictSame(await lunatik('stop', './good.lua'), empty)
    const run = `cd ${mine} && exec ${process.execPath} ${main} run`
    t.strictSame(await sh(`${run} ./good.lua --mount $MNT`), empty)
    t.match(log(), 'info: mine\n')
    t.match(
      await sh(`cd .. && ${run} ../none.lua --mount $MNT`),
      failed(/cannot open .*\/none\.lua: there is no such file\n$/),
    )
    t.match(
      await sh(`cd ${mine}/.. && exec ${process.execPath} ${main} run ${basename(mine)}/part --mount $MNT`),
      failed(/: did you mean \.\/.*\/part\?\n$/),
    )
  })
  t.test('commands at once get their own answers', async (t) => {
    const all = await Promise.all(Array.from({ length: 4 }, (_, n) => lunatik('run', `missing${n}`)))
    for (const [n, { stderr }] of all.entries()) t.match(stderr, `missing${n}.lua\n`)
  })
})
