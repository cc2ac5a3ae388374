// `lunatik check`: what it prints, for people and for programs, and how it ends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { folder, lunatik, main, run, temporary, withoutLoaders } from '../mount/mounted.js'

const root = new URL('../../../', import.meta.url).pathname

t.test('a line for each finding, and a summary', async (t) => {
  const dir = folder(t, {
    'bad.lua': 'local x = 1.5\nprint(os.time(), x / 2)\n',
    'warn.lua': 'print(foo)\n',
    'good.lua': 'print(1 // 1)\n',
  })
  const bad = join(dir, 'bad.lua')
  const lines = [
    `${bad}:1:11: error: malformed number near '.5': 1.5 is a float, the kernel's Lua has integers only [float-literal]\n`,
    `${bad}:2:7: error: the kernel's Lua has no 'os': linux.time gives nanoseconds [missing-global]\n`,
  ]
  const warning = `${dir}/warn.lua:1:7: warning: 'foo' is nil unless another script of the runtime sets it [unknown-global]\n`
  t.strictSame(await lunatik('check', bad), { code: 1, stdout: lines.join(''), stderr: '2 errors, 0 warnings\n' })
  const info = `${bad}:2:18: info: / rounds down on a kernel, as // does [division]\n`
  t.match(await lunatik('check', '--verbose', bad), { code: 1, stdout: [...lines, info].join('') })
  t.strictSame(await lunatik('check', join(dir, 'warn.lua')), {
    code: 0,
    stdout: warning,
    stderr: '0 errors, 1 warning\n',
  })
  t.strictSame(await lunatik('check', join(dir, 'good.lua')), { code: 0, stdout: '', stderr: '' })
  t.match(await lunatik('check', join(dir, 'warn.lua'), bad, bad), { code: 1, stdout: [...lines, warning].join('') })
  t.match(await lunatik('check', dir), { code: 1, stdout: [...lines, warning].join('') })
})

t.test('for programs', async (t) => {
  const dir = folder(t, { 'a.lua': 'return 1 / #_VERSION, os' })
  const { code, stdout } = await lunatik('check', '--json', join(dir, 'a.lua'), join(dir, 'none.lua'))
  t.equal(code, 1)
  t.strictSame(JSON.parse(stdout), [
    {
      file: join(dir, 'a.lua'),
      line: 1,
      column: 8,
      severity: 'info',
      code: 'division',
      message: '/ rounds down on a kernel, as // does',
    },
    {
      file: join(dir, 'a.lua'),
      line: 1,
      column: 23,
      severity: 'error',
      code: 'missing-global',
      message: "the kernel's Lua has no 'os'",
    },
    {
      file: join(dir, 'none.lua'),
      line: 0,
      column: 0,
      severity: 'error',
      code: 'unreadable',
      message: 'cannot be read: there is no such file or folder, and no script of this name',
    },
  ])
  t.strictSame(await lunatik('check', '--json', join(root, 'templates')), { code: 0, stdout: '[]\n', stderr: '' })
})

t.test('what can not be read', async (t) => {
  const dir = temporary(t)
  writeFileSync(join(dir, 'binary.lua'), '\x1bLua\x55')
  await run('mkfifo', [join(dir, 'fifo.lua')])
  symlinkSync('loop.lua', join(dir, 'loop.lua'))
  const said = async (name: string) => (await lunatik('check', join(dir, name))).stdout
  t.match(await said('none.lua'), /^\S+none\.lua: error: cannot be read: there is no such file.* \[unreadable\]\n$/)
  t.match(await said('binary.lua'), /^\S+binary\.lua: error: a binary chunk.* \[binary-chunk\]\n$/)
  t.match(await said('fifo.lua'), /^\S+fifo\.lua: error: cannot be read: it is no regular file \[unreadable\]\n$/)
  t.match(await said('loop.lua'), /^\S+loop\.lua: error: cannot be read: its links lead round in circles \[/)
  t.match(await lunatik('check', '/dev/zero'), { code: 1, stdout: /no regular file/ })
})

t.test('a wrong command line', async (t) => {
  t.match(await lunatik('check'), { code: 2, stdout: '' })
  t.match(await lunatik('check', ''), { code: 2 })
  t.match(await lunatik('check', '--context', 'irq', 'x'), { code: 2 })
  t.match(await lunatik('check', '--scripts', '/no/such', 'x'), {
    code: 2,
    stderr: 'lunatik: --scripts /no/such: there is no such folder\n',
  })
})

t.test('folders: links once, no hidden ones', async (t) => {
  const bad = 'return os'
  const dir = folder(t, { 'a/b.lua': bad, '.hidden/c.lua': bad, 'node_modules/x/d.lua': bad, 'e.txt': bad })
  symlinkSync('..', join(dir, 'a/up'))
  const { stdout } = await lunatik('check', dir)
  t.equal(stdout.split('\n').length - 1, 1, stdout)
  t.match(stdout, `${dir}/a/b.lua:1:8: error`)
})

t.test('names of scripts and of modules', async (t) => {
  const dir = folder(t, {
    'lib/main.lua': 'require("util.text") require("pack") require("own") require("inC") require("counter") return os',
    'lib/util/text.lua': 'foo = 1',
    'lib/pack/init.lua': 'return 1',
    'user.lua': 'require("lib.util.text") return foo',
    'lib/own.lua': 'string.trim = print',
    'trims.lua': 'require("own") return string.trim("x")',
  })
  const main = await lunatik('check', '--scripts', join(dir, 'lib'), '--module', 'inC', 'main')
  t.match(main.stdout, /main\.lua:1:\d+: warning: counter is a module of this project's devices/)
  t.match(main.stdout, /main\.lua:1:\d+: error: the kernel's Lua has no 'os'/)
  t.equal(main.stdout.split('\n').length - 1, 2, main.stdout)
  const user = join(dir, 'user.lua')
  t.strictSame(await lunatik('check', user), { code: 0, stdout: '', stderr: '' }, 'below its own folder')
  t.match(await lunatik('check', join(dir, 'trims.lua')), { code: 1, stdout: /'own' not found|luaopen_own not found/ })
  t.strictSame(await lunatik('check', '--scripts', join(dir, 'lib'), join(dir, 'trims.lua')), {
    code: 0,
    stdout: '',
    stderr: '',
  })
  t.match(await lunatik('check', 'nosuchscript'), { code: 1, stdout: /^nosuchscript: error: cannot be read/ })
})

t.test('a script with the name of a module takes its place', async (t) => {
  const dir = folder(t, { 'util.lua': 'foo = 1', 'main.lua': 'return require("util").anything, foo' })
  t.strictSame(await lunatik('check', dir), { code: 0, stdout: '', stderr: '' })
  const device = folder(t, { 'x/device.lua': 'return require("device").anything' })
  t.match(await lunatik('check', device), { code: 1, stdout: /device has no 'anything'/ }, 'but not of a loaded one')
})

t.test('contexts', async (t) => {
  const sleeps = 'return function() require("linux").schedule(1) end'
  const dir = folder(t, {
    'starter.lua': 'require("lunatik").runtime("handler", "softirq")',
    'handler.lua': sleeps,
    'process.lua': 'require("lunatik").runtime("sleeper") require("lunatik").runtime("process")',
    'sleeper.lua': sleeps,
  })
  const found = `${dir}/handler.lua:1:19: error: linux.schedule sleeps, which a softirq runtime may not [sleeps]\n`
  t.match(await lunatik('check', join(dir, 'starter.lua')), { code: 1, stdout: found })
  t.match(await lunatik('check', join(dir, 'process.lua')), { code: 0, stdout: '' })
  t.match(await lunatik('check', dir), { code: 1, stdout: found })
  const hardirq = await lunatik('check', '--context', 'hardirq', join(dir, 'sleeper.lua'))
  t.match(hardirq, { code: 1, stdout: /which a hardirq runtime may not/ })
})

t.test('standard input', async (t) => {
  const child = spawn(...withoutLoaders(process.execPath, [main, 'check', '-']))
  child.stdin.end('return os')
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const [code] = await once(child, 'close')
  t.equal(code, 1)
  t.equal(stdout, "<stdin>:1:8: error: the kernel's Lua has no 'os' [missing-global]\n")
})

t.test('nothing of a script reaches the terminal as it is', async (t) => {
  const dir = temporary(t)
  mkdirSync(join(dir, 'a\x1b[31m'))
  writeFileSync(join(dir, 'a\x1b[31m', 'é.lua'), 'require("\x1b]0;x\x07")\n')
  const { stdout } = await lunatik('check', dir)
  t.notOk(
    [...stdout].some((c) => c < ' ' && c !== '\n'),
    stdout,
  )
  t.match(Buffer.from(stdout, 'latin1').toString('utf8'), /a\\x1b\[31m\/é\.lua:1:1: error: .*'\\x1b\]0;x\\x07'/)
})

t.test('docs/check.md and README.md show what it prints', async (t) => {
  for (const page of ['README.md', 'docs/check.md']) {
    const text = readFileSync(join(root, page), 'utf8')
    const [, source = '', line = ''] = /^ {4}\$ echo '(.*)' \| lunatik check -\n {4}(.*)$/m.exec(text) ?? []
    const dir = folder(t, { 'x.lua': source })
    const { stdout } = await lunatik('check', join(dir, 'x.lua'))
    t.equal(stdout.replace(join(dir, 'x.lua'), '<stdin>'), `${line}\n`, page)
  }
})

t.test('a folder without scripts is said, as nothing of it was checked', async (t) => {
  const dir = folder(t, { 'notes.txt': '' })
  const { code, stdout } = await lunatik('check', dir)
  t.equal(code, 0)
  t.match(stdout, `${dir}: warning: there is no script below it: no file that ends in .lua [no-scripts]\n`)
})
