// What the command says when something is wrong: one line, an exit code, no stack trace.
// variants: default
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, folder, isMounted, lunatik, mounted, noFuse, run, temporary } from '../mount/mounted.js'

const main = new URL('../../dist/main.js', import.meta.url).pathname

/** The one line on standard error, after `lunatik: `; before it may be the log's. */
function line(stderr: string): string {
  return (
    /^(?:\[ *[\d.]+\] [^\n]*\n)*lunatik: ([^\n]*)\n$/.exec(stderr)?.[1] ?? `not one line: ${JSON.stringify(stderr)}`
  )
}

t.test('a command line that is wrong: exit code 2', async (t) => {
  const { code, stdout, stderr } = await lunatik('mount', '--deadline', 'soon')
  t.match(line(stderr), /^option '--deadline <seconds>' argument 'soon' is invalid/)
  t.equal(stdout, '')
  t.equal(code, 2)
})

t.test('what a mount is made of', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const scripts = folder(t, {
    'mydevice.lua': 'x = = 1',
    'mybuffer.lua': '\n\nerror("at load")',
    'none.mjs': 'export const nothing = 1',
    'bad.mjs': 'export const = 1',
    'fails.mjs': 'export const init_module = () => -22',
    'throws.mjs': 'export const init_module = () => { throw new Error("init threw") }',
    'noscript.mjs': `import { lunatik_runtime } from 'lunatik'
      export const init_module = () => lunatik_runtime({ value: null }, 'sub/missing', true)`,
    spin: '',
  })
  const file = join(scripts, 'mydevice.lua')
  for (const [what, args, code, message, logged = /^/] of [
    ['an unknown device', ['--device', 'nonsense'], 2, /^unknown device 'nonsense': give mydevice/],
    [
      'a device whose file is missing',
      ['--device', './nothing.js'],
      2,
      /^device '.\/nothing.js': there is no file \/.*nothing.js$/,
    ],
    [
      'an unknown parameter',
      ['--device', 'mybuffer,nonsense=1'],
      2,
      "device 'mybuffer': unknown parameter 'nonsense': it knows script",
    ],
    [
      'a parameter of a wrong type',
      ['--device', `${fixture('smallmachine')},total=x`],
      2,
      /^device '.*smallmachine.js': parameter 'total' takes a number, not 'x'$/,
    ],
    ['a missing folder of scripts', ['--scripts', '/nothing'], 2, /^--scripts \/nothing: there is no folder/],
    ['a name that would steer the terminal', ['--scripts', '/\x1b[2J'], 2, '--scripts /\\x1b[2J: there is no folder'],
    ['a folder of scripts that is a file', ['--scripts', file], 2, /is not a folder$/],
    [
      'a script with a syntax error',
      ['--scripts', scripts, '--device', 'mydevice'],
      1,
      /^device 'mydevice': init_module failed \(EINVAL\): the log says why$/,
      `err: lunatik: ${file}:1: unexpected symbol`,
    ],
    [
      'a script that raises while it loads',
      ['--scripts', scripts, '--device', 'mybuffer'],
      1,
      /^device 'mybuffer': init_module failed \(EINVAL\): the log says why$/,
      /err: lunatik: \/.*mybuffer.lua:3: at load\n/,
    ],
    [
      'a script that is missing',
      ['--device', `${scripts}/noscript.mjs`],
      1,
      /EINVAL\): the log says why$/,
      /err: lunatik: cannot open \/.*\/sub\/missing.lua\n/,
    ],
    ['a module without init_module', ['--device', `${scripts}/none.mjs`], 1, /exports no function init_module$/],
    ['a module with a syntax error', ['--device', `${scripts}/bad.mjs`], 1, /bad.mjs': Unexpected token/],
    ['a module that fails', ['--device', `${scripts}/fails.mjs`], 1, /init_module failed \(EINVAL\)$/],
    ['a module that throws', ['--device', `${scripts}/throws.mjs`], 1, /init_module threw init threw$/],
    ['a module that is no JavaScript', ['--device', file], 1, /is no JavaScript module$/],
  ] as const) {
    t.test(`${what}: exit code ${code}`, async (t) => {
      const finished = await lunatik('mount', dir, ...args)
      t.match(line(finished.stderr), message)
      t.match(finished.stderr, logged)
      t.equal(finished.code, code)
      t.notOk(isMounted(dir))
    })
  }
  t.test('a script that never ends while it loads ends at the deadline', async (t) => {
    const spin = folder(t, { 'mydevice.lua': 'while true do end' })
    const { code, stderr } = await lunatik('mount', dir, '--scripts', spin, '--deadline', '0.2')
    t.match(stderr, /mydevice.lua:1: no return within 200 ms\n/)
    t.equal(code, 1)
  })
})

t.test('the folder to mount on', { skip: noFuse }, async (t) => {
  t.test('is made when missing', async (t) => {
    const { stop } = await mounted(t, [], join(temporary(t), 'a', 'b'))
    t.equal(await stop(), 0)
  })
  t.test('may not be a file', async (t) => {
    const file = join(temporary(t), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await lunatik('mount', file)
    t.equal(line(stderr), `${file} is not a folder`)
    t.equal(code, 1)
  })
  t.test('may not be below a file', async (t) => {
    const file = join(temporary(t), 'file')
    writeFileSync(file, '')
    const { code, stderr } = await lunatik('mount', join(file, 'x'))
    t.equal(line(stderr), `${file}/x can't be made (ENOTDIR)`)
    t.equal(code, 1)
  })
  t.test('may not be in use, and who uses it goes on', async (t) => {
    const { dir, sh } = await mounted(t)
    const { code, stderr } = await lunatik('mount', dir)
    t.equal(line(stderr), `${dir} is in use: lunatik is mounted on it`)
    t.equal(code, 1)
    t.equal((await sh('head -c 2 $MNT/mydevice')).stdout, '42')
  })
})

t.test('the machine', { skip: process.geteuid?.() === 0 ? noFuse : 'needs root' }, async (t) => {
  const dir = temporary(t)
  t.test('without /dev/fuse', async (t) => {
    const script = 'mount -t tmpfs none /dev && exec "$@"'
    const { code, stderr } = await run('unshare', [
      '-m',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      main,
      'mount',
      dir,
    ])
    t.match(line(stderr), /^\/dev\/fuse is missing: load the module/)
    t.equal(code, 1)
  })
  t.test('where /dev/fuse may not be opened', async (t) => {
    const script =
      'mount -t tmpfs none /dev && mknod /dev/fuse c 10 1 && chmod 0 /dev/fuse && exec setpriv --bounding-set -all --inh-caps -all --reuid 65534 --clear-groups "$@"'
    const { code, stderr } = await run('unshare', [
      '-m',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      main,
      'mount',
      dir,
    ])
    t.match(line(stderr), /^\/dev\/fuse may not be opened \(EACCES\): have root run 'chmod 666/)
    t.equal(code, 1)
  })
  t.test('where mounting is not permitted', async (t) => {
    const args = ['--bounding-set', '-sys_admin', 'env', 'PATH=/nowhere', process.execPath, main, 'mount', dir]
    const { code, stderr } = await run('setpriv', args)
    t.match(line(stderr), /^not permitted to mount: install fuse3 .*; or use lunatik exec.*; or run as root/)
    t.equal(code, 1)
  })
})

t.test('--version and --help', async (t) => {
  t.match(await lunatik('--version'), { stdout: /^\d+\.\d+\.\d+\n$/, code: 0 })
  t.match(await lunatik('--help'), { stdout: /mount.*\n.*exec/s, code: 0 })
})
