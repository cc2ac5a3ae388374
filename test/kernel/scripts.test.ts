// `--run`: a mount with scripts from its start.
// variants: default (fuse-native)
import { join } from 'node:path'
import t from 'tap'
import { folder, isMounted, lunatik, mounted, noFuse, temporary } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('--run', { skip: noFuse }, async (t) => {
  const files = {
    'one.lua': 'print("one runs")',
    'sub/two.lua': 'print("two runs")',
    'raises.lua': 'print("before") error("boom\\nand more")',
    'table.lua': 'error({ code = 5 })',
    'boolean.lua': 'error(false)',
    'none.lua': 'error()',
    'number.lua': 'error(42)',
    'steers.lua': 'error("\\27[2J\\n\\27[0m", 0)',
  }

  t.test('starts scripts in their order, before the mount can be used', async (t) => {
    const { lunatik, log } = await scripted(t, files, ['--run', 'one', '--run', 'sub/two.lua'])
    t.match(log(), /info: one runs\n.*info: two runs\n/)
    t.equal((await lunatik('list')).stdout, 'sub/two, one\n')
    t.equal((await lunatik('stop', 'one')).code, 0)
    t.equal((await lunatik('list')).stdout, 'sub/two\n')
  })
  t.test('without --device the example devices are left out', async (t) => {
    const { sh } = await mounted(t, ['--scripts', folder(t, files), '--run', 'one'])
    t.equal((await sh('ls -I lunatik $MNT')).stdout, 'kmsg\n')
  })
  t.test('a script that fails is one line, and nothing is mounted', async (t) => {
    const [dir, scripts] = [temporary(t), folder(t, files)]
    for (const [script, message] of [
      ['raises', /^lunatik: --run raises: .*raises\.lua:1: boom and more\n$/],
      ['nothing', `lunatik: --run nothing: cannot open ${join(scripts, 'nothing.lua')}\n`],
      ['table', 'lunatik: --run table: <no error object>\n'],
      ['boolean', 'lunatik: --run boolean: <no error object>\n'],
      ['none', 'lunatik: --run none: <no error object>\n'],
      ['number', 'lunatik: --run number: 42\n'],
      ['steers', 'lunatik: --run steers: \\x1b[2J \\x1b[0m\n'],
    ] as const) {
      const { code, stderr } = await lunatik('mount', dir, '--scripts', scripts, '--run', script)
      t.equal(code, 1)
      t.match(stderr.replace(/^\[.*\] info: .*\n/, ''), message)
      t.notOk(isMounted(dir))
    }
  })
  t.test('exec has it too', async (t) => {
    const dir = join(temporary(t), 'mnt')
    const args = ['--mount', dir, '--scripts', folder(t, files), '--run', 'one', '--', 'sh', '-c', 'ls $LUNATIK_MNT']
    t.match(await lunatik('exec', ...args), { code: 0, stdout: /^kmsg\n/, stderr: /info: one runs\n/ })
  })
})
