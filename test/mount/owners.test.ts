// One server for a folder, however close together two begin, and a folder of its own for each exec.
// variants: (default fuse-native)
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { mayMount } from '../../src/fuse/privilege.js'
import { mountInfo } from '../../src/mountinfo.js'
import { folder, main, noFuse, run, temporary, transportArgs, until, withoutLoaders } from './mounted.js'

/** A process that is ended with the test. */
interface Started {
  readonly child: ChildProcess
  readonly said: () => { readonly stdout: string; readonly stderr: string }
  readonly ended: Promise<number | null>
}

function start(t: Test, command: readonly string[], env: NodeJS.ProcessEnv = process.env): Started {
  const [file = '', ...args] = command
  const child = spawn(...withoutLoaders(file, args), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    if (child.exitCode === null) child.kill('SIGTERM')
    await ended
    clearTimeout(killer)
  })
  return { child, said: () => said, ended }
}

const isOver = ({ child }: Started) => child.exitCode !== null

/** Starts servers on one folder at the same time, of which one must have it, and the others must say so. */
async function race(t: Test, wrap: readonly string[]): Promise<void> {
  const dir = join(temporary(t), 'mnt')
  const servers = [1, 2, 3, 4].map(() =>
    start(t, [...wrap, process.execPath, main, 'mount', dir, ...transportArgs, '--device', 'mydevice']),
  )
  await until(() => servers.filter(isOver).length >= 3)
  const [owner] = servers.filter((server) => !isOver(server))
  t.ok(owner, 'one has the folder')
  await until(() => owner?.said().stdout !== '')
  t.equal(mountInfo().filter(({ mountpoint }) => mountpoint === dir).length, 1)
  t.equal((await run('timeout', ['20', 'head', '-c', '2', join(dir, 'mydevice')])).stdout, '42')
  for (const loser of servers.filter(isOver)) {
    t.equal(await loser.ended, 1)
    const { stdout, stderr } = loser.said()
    t.equal(stdout, '')
    t.match(stderr, new RegExp(`^lunatik: ${dir} is in use: lunatik is mounted on it\n$`, 'm'))
  }
  owner?.child.kill('SIGTERM')
  t.equal(await owner?.ended, 0)
  t.notOk(mountInfo().some(({ mountpoint }) => mountpoint === dir))
}

t.test('of servers that begin at the same time one has the folder', { skip: noFuse }, (t) => race(t, []))

// The lock is one for a network namespace: without it the mounts themselves decide.
t.test('in network namespaces of their own too', { skip: noFuse || (!mayMount() && 'may not unshare') }, (t) =>
  race(t, ['unshare', '-n']),
)

t.test('who begins while another starts waits for what comes of that', { skip: noFuse }, async (t) => {
  const dir = join(temporary(t), 'mnt')
  const mark = temporary(t)
  const scripts = folder(t, {
    'fails.lua': `
local linux = require("linux")
io.open("${mark}/starts", "w"):close()
while not io.open("${mark}/go") do linux.schedule(10) end
error("as it should")`,
  })
  const mount = (...args: string[]) => start(t, [process.execPath, main, 'mount', dir, ...transportArgs, ...args])
  const first = mount('--scripts', scripts, '--run', 'fails')
  await until(() => readdirSync(mark).includes('starts'))
  const second = mount()
  await run('touch', [join(mark, 'go')])
  t.equal(await first.ended, 1)
  t.match(first.said().stderr, 'as it should')
  await until(() => second.said().stdout.includes('mounted on') || isOver(second))
  t.match(second.said(), { stdout: `lunatik: mounted on ${dir} (` })
})

t.test('exec', { skip: noFuse }, async (t) => {
  const tmp = mkdtempSync(join(tmpdir(), 'lunatik-test-'))
  t.teardown(() => rmSync(tmp, { recursive: true, force: true }))
  const { LUNATIK_MNT: _, ...rest } = process.env
  const env = { ...rest, TMPDIR: tmp }
  const exec = (env: NodeJS.ProcessEnv, args: readonly string[], script: string) =>
    start(t, [process.execPath, main, 'exec', ...transportArgs, ...args, '--', 'sh', '-c', script], env)

  t.test('has a folder of its own, which goes at the end', async (t) => {
    const scripts = folder(t, {})
    const script =
      'echo $0 > $LUNATIK_MNT/mybuffer; sleep 0.2; echo "$LUNATIK_MNT: $(cat $LUNATIK_MNT/mybuffer)"; exit 3'
    const all = ['one', 'two', 'three'].map((name) => ({
      name,
      ...start(
        t,
        [process.execPath, main, 'exec', ...transportArgs, '--scripts', scripts, '--', 'sh', '-c', script, name],
        env,
      ),
    }))
    const folders = new Set<string>()
    for (const { name, ended, said } of all) {
      t.equal(await ended, 3, said().stderr)
      const [, dir = '', value] = /^(.*): (.*)\n$/.exec(said().stdout) ?? []
      t.equal(value, name, 'it reads what it has written')
      t.ok(dir.startsWith(`${tmp}/`))
      folders.add(dir)
    }
    t.equal(folders.size, 3)
    t.strictSame(readdirSync(tmp), [])
  })
  t.test('the folder goes when nothing could be started', async (t) => {
    t.equal(await exec(env, ['--run', 'missing'], 'true').ended, 1)
    t.equal(await exec(env, ['--scripts', '/missing'], 'true').ended, 2)
    t.strictSame(readdirSync(tmp), [])
  })
  t.test('the folder goes when a signal comes, at the start and later', async (t) => {
    const mark = temporary(t)
    const scripts = folder(t, {
      'sleeps.lua': `io.open("${mark}/starts", "w"):close() require("linux").schedule(1000000)`,
    })
    const starting = exec(env, ['--scripts', scripts, '--run', 'sleeps'], 'true')
    await until(() => readdirSync(mark).includes('starts'))
    t.equal(readdirSync(tmp).length, 1)
    starting.child.kill('SIGINT')
    t.equal(await starting.ended, 130)
    t.strictSame(readdirSync(tmp), [])
    const running = exec(env, [], `echo up; exec sleep 100`)
    await until(() => running.said().stdout !== '')
    running.child.kill('SIGTERM')
    t.equal(await running.ended, 143)
    t.strictSame(readdirSync(tmp), [])
  })
  t.test('LUNATIK_MNT names the folder, as for mount, and --mount goes before it', async (t) => {
    const dir = join(temporary(t), 'mnt')
    const named = exec({ ...env, LUNATIK_MNT: dir }, [], 'echo $LUNATIK_MNT')
    t.equal(await named.ended, 0)
    t.equal(named.said().stdout, `${dir}\n`)
    t.strictSame(readdirSync(dir), [], 'it stays')
    const other = exec({ ...env, LUNATIK_MNT: dir }, ['--mount', `${dir}2`], 'echo $LUNATIK_MNT')
    t.equal(await other.ended, 0)
    t.equal(other.said().stdout, `${dir}2\n`)
    const mount = start(t, [process.execPath, main, 'mount', ...transportArgs], { ...env, LUNATIK_MNT: dir })
    await until(() => mount.said().stdout !== '' || isOver(mount))
    t.match(mount.said().stdout, `lunatik: mounted on ${dir} (`)
    const busy = exec({ ...env, LUNATIK_MNT: dir }, [], 'true')
    t.equal(await busy.ended, 1)
    t.equal(busy.said().stderr, `lunatik: ${dir} is in use: lunatik is mounted on it\n`)
  })
  t.test('a folder that is not empty is mentioned', async (t) => {
    const dir = folder(t, { file: 'text' })
    const { ended, said } = exec(env, ['--mount', dir], 'ls $LUNATIK_MNT/file')
    t.not(await ended, 0)
    t.match(said().stderr, `warn: ${dir} isn't empty: what is in it is hidden while lunatik is mounted on it\n`)
    t.strictSame(readdirSync(dir), ['file'])
  })
})
