// What the command line says and understands, in this process: no command is run.
import t, { type Test } from 'tap'
import { type Commands, type Io, main } from '../../src/cli/program.js'
import { UserError } from '../../src/errors.js'
import { bytesOf } from '../../src/surrogateescape.js'

/** The command that was called, and with what. */
type Call = readonly [keyof Commands, ...unknown[]]

const names = [
  'umount',
  'wait',
  'mount',
  'exec',
  'doctor',
  'init',
  'check',
  'run',
  'spawn',
  'stop',
  'load',
  'test',
  'list',
  'status',
  'dmesg',
  'trace',
  'replay',
  'inject',
  'injectHid',
  'injectPcap',
  'injectStrace',
  'top',
  'prompt',
] as const

/** Runs a command line whose command does what `act` does, by default nothing. */
async function run(argv: readonly string[], env: Io['env'] = {}, act: () => number | Promise<number> = () => 0) {
  const calls: Call[] = []
  let [out, err] = ['', '']
  const commands = Object.fromEntries(
    names.map((name) => [
      name,
      async (...args: unknown[]) => {
        calls.push([name, ...args])
        return act()
      },
    ]),
  ) as unknown as Commands
  const code = await main(argv, {
    commands,
    env,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  })
  return { code, out, err, calls }
}

/** The only call of a command line that is right. */
async function call(t: Test, argv: readonly string[], env: Io['env'] = {}): Promise<Call> {
  const { code, out, err, calls } = await run(argv, env)
  t.same({ code, out, err }, { code: 0, out: '', err: '' }, argv.join(' '))
  t.equal(calls.length, 1)
  return calls[0] as Call
}

t.test('a command line that is wrong is one line, and exit code 2', async (t) => {
  for (const [args, message] of [
    [['mount', '--nonsense'], "unknown option '--nonsense'"],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['mount', '--run', ''], /argument '' is invalid. Give the name of a script/],
    [['chek', 'x'], "unknown command 'chek': did you mean check?"],
    [['mount', '--scrips', 'x'], "unknown option '--scrips': did you mean --scripts?"],
    [['exec', 'ls', '-la'], "unknown option '-la': the command stands behind --, as in 'lunatik exec -- ls -la'"],
    [['exec', '--run', 'x', 'ls', '-a'], /'-a': the command stands behind --, as in 'lunatik exec \[options\] -- COMM/],
    [['exec', '--scrips', 'x', '--', 'ls', '-a'], "unknown option '--scrips': did you mean --scripts?"],
    [['nonsense', 'x'], "unknown command 'nonsense': --help lists them"],
    [['nonsense'], "unknown command 'nonsense': --help lists them"],
    [['help'], "unknown command 'help': --help lists them"],
    [['mount', ''], /value '' is invalid for argument 'dir'. Give the name of a folder/],
    [['exec', '--mount', '', '--', 'true'], /argument '' is invalid. Give the name of a folder/],
    [['--mount', '', 'list'], /argument '' is invalid. Give the name of a folder/],
    [['mount', '--scripts', ''], /argument '' is invalid. Give the name of a folder/],
    [['mount', '--device', ''], /argument '' is invalid. Give the name of a folder/],
    [['exec'], "missing required argument 'command'"],
    [['init'], "missing required argument 'dir'"],
    [['check'], "missing required argument 'script'"],
    [['run'], "missing required argument 'script'"],
    [['spawn'], "missing required argument 'script'"],
    [['stop', ''], /Give the name of a script/],
    [
      ['mount', '--deadline', 'soon'],
      /option '--deadline <seconds>' argument 'soon' is invalid. Give a number of seconds, 0 or more/,
    ],
    [['mount', '--slice', '1001'], /argument '1001' is invalid. Give a number of milliseconds from 0 to 1000/],
    [['mount', '--stack', '199'], /argument '199' is invalid. Give a number of slots from 200 to 200000/],
    [['mount', '--slice=-1'], /argument '-1' is invalid/],
    [['mount', '--deadline=-1'], /argument '-1' is invalid/],
    [['mount', '--deadline='], /argument '' is invalid/],
    [['mount', '--deadline', 'Infinity'], /argument 'Infinity' is invalid/],
    [['mount', '--memory', '0'], /argument '0' is invalid. Give a number of MiB above 0/],
    [['mount', '--memory', ' '], /Give a number of MiB above 0/],
    [['mount', '--transport', 'tcp'], /argument 'tcp' is invalid. Allowed choices are dev-fuse, fuse-native/],
    [['mount', '--clock', 'slow'], /argument 'slow' is invalid. Allowed choices are real, fast, manual/],
    [['mount', '--engine', 'lua'], /argument 'lua' is invalid. Allowed choices are wasm, fengari/],
    [['check', '--context', 'nmi', '-'], /Allowed choices are process, softirq, hardirq/],
    [['mount', '--watch=x'], /option '--watch' does not take an argument|unknown option '--watch=x'/],
    [['mount', 'a', 'b'], /too many arguments/],
    [['list', 'a'], /too many arguments/],
    [['stop', '\u001b[2J', 'x\ny'], /too many arguments/],
  ] as const) {
    const { code, out, err, calls } = await run(args)
    t.match(/^lunatik: ([^\n]*)\n$/.exec(err)?.[1] ?? `not one line: ${err}`, message, args.join(' '))
    t.same({ code, out, calls }, { code: 2, out: '', calls: [] })
  }
})

t.test('--help and --version are answers, and exit code 0', async (t) => {
  const { code, out, err } = await run(['--version'])
  t.same({ code, err }, { code: 0, err: '' })
  t.match(out, /^\d+\.\d+\.\d+\n$/)
  const help = await run(['--help'])
  t.same([help.code, help.err, help.calls], [0, '', []])
  for (const name of names.filter((name) => !['prompt', 'injectHid', 'injectPcap', 'injectStrace'].includes(name))) {
    t.match(help.out, new RegExp(`^  ${name} `, 'm'))
    const { code, out, calls } = await run([name, '--help'])
    t.match(out, new RegExp(`^Usage: lunatik ${name} `))
    t.same([code, calls], [0, []])
  }
  const mount = await run(['mount', '--help'])
  const { out: exec } = await run(['exec', '--help'])
  for (const [, option] of mount.out.matchAll(/^ {2}(--[a-z-]+)/gm))
    if (!['--until-eof', '--daemon'].includes(option as string)) t.match(exec, option)
  t.match(mount.out, /--device .*default: mydevice,\s+mybuffer;\s+with\s+--run\s+none/s)
  t.match(mount.out, /--deadline .*default: 5\)/s)
})

const defaults = {
  scripts: [],
  device: ['mydevice', 'mybuffer'],
  examples: true,
  run: [],
  watch: false,
  deadline: 5,
  slice: 5,
  stack: 200,
  memory: 64,
  uninterruptible: false,
  clock: 'real',
  ledger: false,
  kmsg: false,
  verbose: false,
}

t.test('mount and exec', async (t) => {
  t.same(await call(t, ['mount']), ['mount', '/mnt/lunatik', { ...defaults, untilEof: false, daemon: false }])
  t.same(await call(t, ['exec', '--', 'ls', '-l']), ['exec', ['ls', '-l'], null, { ...defaults, dev: false }])
  const args = [
    ...[
      '--scripts',
      'a',
      '--scripts',
      'b',
      '--device',
      'x,y=1',
      '--device',
      './z.js',
      '--deadline',
      '0.5',
      '--stack',
      '1000',
      '--slice',
      '2.5',
    ],
    ...['--memory', '1.5', '--transport', 'fuse-native', '--engine', 'fengari', '--watch', '--uninterruptible'],
    ...[
      '--trace',
      'file',
      '--clock',
      'manual',
      '--ledger',
      '--kmsg',
      '--verbose',
      '--run',
      'one',
      '--run',
      'sub/two.lua',
    ],
  ]
  const options = {
    scripts: ['a', 'b'],
    device: ['x,y=1', './z.js'],
    examples: false,
    run: ['one', 'sub/two.lua'],
    watch: true,
    deadline: 0.5,
    slice: 2.5,
    stack: 1000,
    memory: 1.5,
    transport: 'fuse-native',
    engine: 'fengari',
    uninterruptible: true,
    trace: 'file',
    clock: 'manual',
    ledger: true,
    kmsg: true,
    verbose: true,
  }
  t.same(await call(t, ['mount', 'dir', '--until-eof', ...args]), [
    'mount',
    'dir',
    { ...options, untilEof: true, daemon: false },
  ])
  t.same(await call(t, ['exec', '--mount', 'dir', '--dev', ...args, '--', 'sh', '--run']), [
    'exec',
    ['sh', '--run'],
    'dir',
    { ...options, dev: true },
  ])
  t.match(await call(t, ['mount', '--daemon']), ['mount', '/mnt/lunatik', { untilEof: false, daemon: true }])
  t.same(await call(t, ['umount'], { LUNATIK_MNT: '/x' }), ['umount', '/x', { lazy: false }])
  t.same(await call(t, ['umount', '-l', 'dir']), ['umount', 'dir', { lazy: true }])
  t.same(await call(t, ['wait', '--timeout', '0.5']), ['wait', '/mnt/lunatik', { timeout: 0.5 }])
  t.match(await call(t, ['mount', '--run', 'one']), ['mount', '/mnt/lunatik', { device: [], run: ['one'] }])
  t.match(await call(t, ['mount', '--deadline', '0']), ['mount', '/mnt/lunatik', { ...defaults, deadline: 0 }])
})

t.test('the folder is what an argument says, else the environment, else the default', async (t) => {
  const client = { mount: '/mnt/lunatik', json: false }
  for (const [argv, result] of [
    [
      ['run', 'a'],
      ['run', 'a', [], client],
    ],
    [
      ['run', 'a', 'softirq', '--json'],
      ['run', 'a', ['softirq'], { ...client, json: true }],
    ],
    [
      ['spawn', 'a'],
      ['spawn', 'a', [], client],
    ],
    [
      ['stop', 'a'],
      ['stop', 'a', client],
    ],
    [
      ['stop', './sub/a'],
      ['stop', './sub/a', client],
    ],
    [['list'], ['list', client]],
    [['top'], ['top', client]],
    [
      ['dmesg', '-C'],
      ['dmesg', { mount: '/mnt/lunatik', clear: true, follow: false, time: false, json: false }],
    ],
    [
      ['dmesg', '-w', '--time', '--json'],
      ['dmesg', { mount: '/mnt/lunatik', clear: false, follow: true, time: true, json: true }],
    ],
    [[], ['prompt', client]],
  ] as const) {
    const [, ...rest] = result
    t.same(await call(t, argv), result)
    const at = (mount: string) => [
      result[0],
      ...rest.map((arg) => (typeof arg === 'object' && !Array.isArray(arg) ? { ...arg, mount } : arg)),
    ]
    const env = { LUNATIK_MNT: 'env' }
    t.same(await call(t, argv, env), at('env'))
    t.same(await call(t, argv, { LUNATIK_MNT: '' }), result)
    t.same(await call(t, ['--mount', 'before', ...argv], env), at('before'))
    if (argv.length > 0) t.same(await call(t, ['--mount', 'before', ...argv, '--mount', 'after'], env), at('after'))
  }
  t.same(await call(t, ['replay', 'file', '--json']), ['replay', 'file', { ...client, json: true }])
  t.same(await call(t, ['trace']), ['trace', [], client])
  t.same(await call(t, ['trace', 'a', 'b', '--json']), ['trace', ['a', 'b'], { ...client, json: true }])
  const [name, version, options] = await call(t, ['status', '--mount', 'dir'])
  t.same([name, options], ['status', { mount: 'dir', json: false }])
  t.match(version, /^\d+\.\d+\.\d+$/)
  const env = { LUNATIK_MNT: 'env' }
  t.equal((await call(t, ['mount'], env))[1], 'env')
  t.equal((await call(t, ['mount', 'dir'], env))[1], 'dir')
  t.equal((await call(t, ['--mount', 'before', 'mount'], env))[1], 'before')
  t.equal((await call(t, ['exec', '--', 'true'], env))[2], 'env')
  t.equal((await call(t, ['--mount', 'before', 'exec', '--', 'true'], env))[2], 'before')
})

t.test('what inject types and sends has escapes; \\xHH is a byte', async (t) => {
  for (const [given, bytes] of [
    ['a\\n\\e\\\\x', '610a1b5c78'],
    ['\\x16\\xff\\xC3\\xa9é', '16ffc3a9c3a9'],
    ['\\q\\x4', '5c715c7834'],
  ] as const) {
    const [, event] = (await call(t, ['inject', 'xdp', '--payload', given])) as [string, { payload: string }]
    t.equal(bytesOf(event.payload).toString('hex'), bytes, given)
  }
})

t.test('commands that need no mount', async (t) => {
  t.same(await call(t, ['init', 'dir'], { LUNATIK_MNT: 'env' }), ['init', 'dir'])
  for (const command of ['load', 'unload', 'reload']) t.same(await call(t, [command]), ['load', command])
  t.same(await call(t, ['test', 'x']), ['test', 'x'])
  t.same(await call(t, ['test']), ['test', '.'])
  const options = { context: 'process', scripts: [], module: [], json: false, verbose: false }
  t.same(await call(t, ['check', 'a', '-']), ['check', ['a', '-'], options])
  t.same(
    await call(t, [
      ...[
        'check',
        '--context',
        'hardirq',
        '--scripts',
        'd',
        '--module',
        'm',
        '--module',
        'n',
        '--json',
        '--verbose',
        'a',
      ],
    ]),
    ['check', ['a'], { context: 'hardirq', scripts: ['d'], module: ['m', 'n'], json: true, verbose: true }],
  )
})

t.test('what becomes of the command is the exit code', async (t) => {
  const after = (argv: readonly string[], act: () => number | Promise<number>) => run(argv, {}, act)
  t.match(await after(['list'], () => 3), { code: 3, err: '' })
  t.match(
    await after(['mount'], () => {
      throw new UserError('no such thing\nat all')
    }),
    { code: 1, err: 'lunatik: no such thing\\x0aat all\n' },
  )
  t.match(await after(['mount'], () => Promise.reject(new UserError('wrong', 2))), { code: 2, err: 'lunatik: wrong\n' })
  const fault = () => Promise.reject(new TypeError('a fault'))
  t.match(await after(['mount'], fault), { code: 1, err: /^lunatik: a fault\n$/ })
  t.match(await after(['mount', '--verbose'], fault), { code: 1, err: /^lunatik: a fault\nTypeError: a fault\n +at / })
})
