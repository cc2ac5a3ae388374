// A signal ends a server with the promised code and nothing left mounted, whatever a script is at.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixture, folder, isMounted, main, noFuse, temporary, transportArgs, until, withoutLoaders } from './mounted.js'

const scripts = (t: Test) => {
  const dir = temporary(t)
  const explode = 'require("lockup").spin()'
  const mark = `io.open("${dir}/mark", "w"):close()`
  const path = folder(t, {
    'explodes.lua': `${mark} ${explode}`,
    'sleeps.lua': `${mark} require("linux").schedule(1000000)`,
    'once.lua': `
      if io.open("${dir}/again") then ${mark} require("linux").schedule(1000000) end
      io.open("${dir}/again", "w"):close()
      require("device").new{name = "once", read = function() ${explode} end}`,
    'spins.lua': `require("device").new{name = "spins", read = function() ${mark} while true do end end}`,
    'bursts.lua': `require("device").new{name = "bursts", read = function() ${mark} ${explode} end}`,
  })
  return { path, mark: join(dir, 'mark') }
}

/** Starts `lunatik COMMAND`, and resolves with its exit code once it has had `signal` after the script's mark. */
async function endedAt(
  t: Test,
  signal: NodeJS.Signals,
  args: (dir: string) => readonly string[],
  mark: string,
  meanwhile: (dir: string) => void = () => {},
): Promise<number | null> {
  const dir = join(temporary(t), 'mnt')
  const child = spawn(...withoutLoaders(process.execPath, [main, ...args(dir)]), { stdio: 'pipe' })
  const exited = once(child, 'exit') as Promise<[number | null]>
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  child.stdout.on('data', (text) => String(text).includes('mounted on') && meanwhile(dir))
  child.stderr.resume()
  await until(() => existsSync(mark))
  child.kill(signal)
  await until(() => child.exitCode !== null || child.signalCode !== null)
  const [code] = await exited
  t.notOk(isMounted(dir), 'nothing is left mounted')
  return code
}

/** Reads a device in a process of its own, which ends with its answer or with the mount. */
const reader = (t: Test, device: string) => (dir: string) => {
  const child = spawn('cat', [join(dir, device)], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
}

t.test('signals', { skip: noFuse }, async (t) => {
  const serve = (command: string, path: string, ...args: string[]) => [
    command,
    ...transportArgs,
    '--scripts',
    path,
    '--device',
    fixture('lockup'),
    ...args,
  ]
  const mount =
    (path: string, ...args: string[]) =>
    (dir: string) => [...serve('mount', path, ...args), dir]
  const exec =
    (path: string, command: string[], ...args: string[]) =>
    (dir: string) => [...serve('exec', path, ...args), '--mount', dir, '--', ...command]

  await t.test('mount: while a script explodes at load', async (t) => {
    const { path, mark } = scripts(t)
    t.equal(await endedAt(t, 'SIGINT', mount(path, '--deadline', '0', '--run', 'explodes'), mark), 0)
  })
  await t.test('exec: while a script sleeps at load', async (t) => {
    const { path, mark } = scripts(t)
    t.equal(await endedAt(t, 'SIGTERM', exec(path, ['true'], '--run', 'sleeps'), mark), 143)
  })
  await t.test('mount: while a callback spins that has no deadline', async (t) => {
    const { path, mark } = scripts(t)
    const args = mount(path, '--deadline', '0', '--run', 'spins')
    t.equal(await endedAt(t, 'SIGTERM', args, mark, reader(t, 'spins')), 0)
  })
  await t.test('exec: while its command waits for a callback that explodes', async (t) => {
    const { path, mark } = scripts(t)
    const command = ['sh', '-c', 'exec cat $LUNATIK_MNT/bursts']
    t.equal(await endedAt(t, 'SIGINT', exec(path, command, '--deadline', '0', '--run', 'bursts'), mark), 130)
  })
  await t.test('exec: a command that takes no notice', async (t) => {
    const dir = temporary(t)
    const { path } = scripts(t)
    const command = ['sh', '-c', `trap "" TERM; > ${dir}/mark; while :; do sleep 1; done`]
    t.equal(await endedAt(t, 'SIGTERM', exec(path, command), join(dir, 'mark')), 143)
  })
  await t.test('mount: while it is made afresh', async (t) => {
    const { path, mark } = scripts(t)
    const args = mount(path, '--deadline', '0.3', '--run', 'once')
    t.equal(await endedAt(t, 'SIGTERM', args, mark, reader(t, 'once')), 0)
  })
  await t.test('mount: while an edit never returns', async (t) => {
    const { path, mark } = scripts(t)
    writeFileSync(join(path, 'edited.lua'), '')
    const args = mount(path, '--deadline', '0', '--run', 'edited', '--watch')
    const edit = () => writeFileSync(join(path, 'edited.lua'), `io.open("${mark}", "w"):close() while true do end`)
    t.equal(await endedAt(t, 'SIGTERM', args, mark, edit), 0)
  })
})

t.test('a look-up of names that takes its time keeps nothing waiting', { skip: noFuse }, async (t) => {
  const bin = folder(t, { stat: '#!/bin/sh\nsleep 1000\n' })
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  const child = spawn('chmod', ['+x', join(bin, 'stat')])
  await once(child, 'exit')
  const dir = join(temporary(t), 'mnt')
  const args = ['exec', ...transportArgs, '--mount', dir, '--', 'sh', '-c', 'head -c 2 $LUNATIK_MNT/mydevice; exit 7']
  const lunatik = spawn(...withoutLoaders(process.execPath, [main, ...args]), { stdio: 'pipe', env })
  t.teardown(() => lunatik.kill('SIGKILL'))
  let out = ''
  lunatik.stdout.on('data', (text) => {
    out += text
  })
  await until(() => lunatik.exitCode !== null)
  t.equal(lunatik.exitCode, 7)
  t.equal(out, '42')
})
