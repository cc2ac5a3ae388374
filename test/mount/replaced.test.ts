// Another machine takes the place of one that has died, with what was running.
// variants: (default fuse-native)
import { statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  type Finished,
  fixture,
  folder,
  isMounted,
  main,
  mounted,
  noFuse,
  run,
  temporary,
  transportArgs,
  until,
} from './mounted.js'
import { type Scripted, scripted } from './scripted.js'

const afresh = /is mounted afresh/g
const lives = (log: string) => log.match(afresh)?.length ?? 0

/** A script whose thread writes to \`file\`, another with a device, and one whose device never comes back. */
const files = (file: string) => ({
  'good.lua': `
    local d = {name = "good"}
    function d:read(len, off) return ("fine\\n"):sub(off + 1, off + len) end
    require("device").new(d)`,
  'tick.lua': `
    local linux, thread = require("linux"), require("thread")
    return function()
      while not thread.shouldstop() do
        local f = io.open("${file}", "a")
        f:write("x")
        f:close()
        linux.schedule(50)
      end
    end`,
  'bursts.lua': `
    require("device").new{name = "bursts", read = function() require("lockup").spin() end}`,
})

/** What a shell has to say until \`command\` succeeds, which it must within a minute. */
const retry = (command: string) => `n=0; until ${command}; do n=$((n + 1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done`

/** The mount answers again, and the thread writes. */
async function back(t: Test, { sh, lunatik }: Scripted, names: string, file: string): Promise<void> {
  t.equal((await sh(`${retry('cat $MNT/good 2>/dev/null')}`)).stdout, 'fine\n', 'devices answer')
  t.equal((await lunatik('list')).stdout, `${names}\n`, 'the scripts are there again')
  const { size } = statSync(file)
  await until(() => statSync(file).size > size + 2)
}

t.test('a lockup: what does not run again is left out and named', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const file = join(dir, 'ticks')
  const second = (name: string) => `
    if io.open("${dir}/${name}") then SECOND end
    io.open("${dir}/${name}", "w"):close()`
  const mount = await scripted(
    t,
    {
      ...files(file),
      'raises.lua': second('raises').replace('SECOND', 'error("not twice")'),
      'hangs.lua': second('hangs').replace('SECOND', 'require("lockup").spin()'),
    },
    [
      '--device',
      fixture('lockup'),
      '--deadline',
      '0.3',
      ...['good', 'raises', 'hangs', 'bursts'].flatMap((name) => ['--run', name]),
    ],
  )
  t.equal((await mount.lunatik('spawn', 'tick')).code, 0)
  t.not((await mount.sh('cat $MNT/bursts')).code, 0, 'who has called gets an error')
  await until(() => lives(mount.log()) === 1)
  t.match(mount.log(), /watchdog: soft lockup: no return within 0.3 s: /)
  t.match(mount.log(), /left out: --run raises: .*not twice/)
  t.match(mount.log(), /left out: --run hangs: it never comes back/)
  await back(t, mount, 'tick, bursts, good', file)
  t.equal(await mount.stop(), 0)
})

t.test('an abort from outside', { skip: noFuse }, async (t) => {
  const file = join(temporary(t), 'ticks')
  const mount = await scripted(t, files(file), ['--run', 'good'])
  t.equal((await mount.lunatik('spawn', 'tick')).code, 0)
  // While a file is open, umount -f aborts the connection, and fails.
  t.match(await mount.sh('exec 3< $MNT/good; umount -f $MNT'), { code: 32 })
  await until(() => lives(mount.log()) === 1)
  await back(t, mount, 'tick, good', file)
  t.equal(await mount.stop(), 0)
  t.notOk(isMounted(mount.dir))
})

// Node waits for them before a thread of its own ends, and so it does for those in which V8 compiles, on a busy machine.
t.test('an abort while threads that serve the machine work', { skip: noFuse }, async (t) => {
  const mount = await scripted(
    t,
    { 'slow.lua': 'require("device").new{name = "slow", read = function() require("digest").begin() return "" end}' },
    ['--device', fixture('digest'), '--run', 'slow'],
  )
  t.match(await mount.sh('exec 3< $MNT/slow; cat <&3; umount -f $MNT'), { code: 32 })
  await until(() => lives(mount.log()) === 1 || mount.child.signalCode !== null)
  t.equal((await mount.sh('cat $MNT/slow')).code, 0, 'another machine serves')
  t.notMatch(mount.log(), 'can not be ended')
})

t.test('an abort through fusectl', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const scripts = folder(t, files(join(dir, 'ticks')))
  const command = `
    minor=$(awk -v dir="$LUNATIK_MNT" '$5 == dir { split($3, n, ":"); print n[2] }' /proc/self/mountinfo)
    echo 1 > /sys/fs/fuse/connections/$minor/abort
    ${retry('cat $LUNATIK_MNT/good 2>/dev/null')}`
  const args = [
    'exec',
    ...transportArgs,
    '--mount',
    `${dir}/mnt`,
    '--scripts',
    scripts,
    '--run',
    'good',
    '--',
    'sh',
    '-c',
  ]
  const script = 'mount -t fusectl none /sys/fs/fuse/connections || exit 99; exec "$@"'
  const done: Finished = await run('unshare', [
    '-m',
    'sh',
    '-c',
    script,
    'sh',
    process.execPath,
    main,
    ...args,
    command,
  ])
  if (done.code === 99) t.plan(0, 'fusectl is not there')
  else t.equal(done.stdout, 'fine\n', done.stderr)
})

t.test('faults that no driver makes', { skip: noFuse }, async (t) => {
  const file = join(temporary(t), 'ticks')
  const mount = await scripted(t, files(file), ['--run', 'good', '--device', fixture('doom'), '--deadline', '0.5'])
  await mount.lunatik('spawn', 'tick')
  const deaths: readonly (readonly [deed: string, why: string])[] = [
    ['engine', "a fault in the engine's memory: memory access out of bounds"],
    ['exit', 'has ended by itself'],
    ...(process.env.TRANSPORT === 'fuse-native'
      ? []
      : [['loop', 'the loop that serves has failed: Error: no resources'] as const]),
  ]
  for (const [n, [deed, why]] of deaths.entries()) {
    await t.test(`a death by ${deed}`, async (t) => {
      await mount.sh(`echo ${deed} > $MNT/doom`)
      await until(() => lives(mount.log()) === n + 1)
      t.match(mount.log(), why)
      await back(t, mount, 'tick, good', file)
    })
  }
  await t.test('a loop that turns for ever keeps no device from answering', async (t) => {
    await mount.sh('echo turns > $MNT/doom')
    await back(t, mount, 'tick, good', file)
  })
  t.equal(await mount.stop(), 0)
})

t.test('a machine without a descriptor left is replaced, and ends', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const args = ['exec', ...transportArgs, '--mount', `${dir}/mnt`, '--scripts', folder(t, files('/dev/null'))]
  const start = ['--deadline', '0.3', '--run', 'good', '--run', 'bursts', '--device', fixture('doom')]
  const command = `
    echo descriptors > $LUNATIK_MNT/doom; cat $LUNATIK_MNT/bursts
    ${retry('cat $LUNATIK_MNT/good 2>/dev/null')}
    echo descriptors > $LUNATIK_MNT/doom; exit 7`
  const limited = ['-c', 'ulimit -n 200; exec "$@"', 'sh', process.execPath, main, ...args, ...start, '--']
  const { code, stdout, stderr } = await run('sh', [...limited, 'sh', '-c', command])
  t.equal(stdout, 'fine\n', stderr)
  t.equal(code, 7)
  t.notOk(isMounted(`${dir}/mnt`))
})

t.test('a thread that can not be ended ends the process, and its mount', { skip: noFuse }, async (t) => {
  const dir = temporary(t)
  const pipe = join(dir, 'pipe')
  await run('mkfifo', [pipe])
  process.env.DOOM_PIPE = pipe
  const mount = await mounted(t, ['--device', fixture('doom')])
  const writer = mount.sh('echo stuck > $MNT/doom')
  await mount.sh(retry('[ -n "$(find /proc/*/fd -lname $DOOM_PIPE 2>/dev/null)" ]'))
  await mount.stop()
  t.notOk(isMounted(mount.dir))
  t.not((await writer).code, 0, 'who waits gets an error')
  if (process.env.TRANSPORT !== 'fuse-native')
    t.match(mount.log(), /a thread can not be ended: it waits in a system call/)
})
