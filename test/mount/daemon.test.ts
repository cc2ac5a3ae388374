// `lunatik mount --daemon`, `lunatik wait` and `lunatik umount`: a mount that no terminal holds.
// variants: default (fuse-native)
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { folder, isMounted, lunatik, main, noFuse, onlyOn, run, temporary, transportArgs, until } from './mounted.js'

/** Whether a process is there. */
const runs = (pid: number) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0

/** Mounts in the background. */
async function daemon(t: Test, dir: string, ...args: string[]) {
  const { code, stdout, stderr } = await lunatik('mount', '--daemon', dir, ...transportArgs, ...args)
  const pid = Number(/, process (\d+)\n$/.exec(stdout)?.[1] ?? 0)
  t.teardown(async () => {
    if (isMounted(dir)) await run('umount', ['-l', dir])
    if (pid > 0) await until(() => !runs(pid))
  })
  return { code, stdout, stderr, pid }
}

t.test('a mount in the background', { skip: noFuse }, async (t) => {
  const dir = join(temporary(t), 'mnt')
  const waiting = lunatik('wait', dir)
  const { code, stdout, stderr, pid } = await daemon(t, dir)
  t.match(
    { code, stdout, stderr },
    { code: 0, stdout: `lunatik: mounted on ${dir} (mydevice, mybuffer), process `, stderr: '' },
  )
  t.strictSame(await waiting, { code: 0, stdout: '', stderr: '' }, 'whoever waited goes on')
  t.strictSame(await lunatik('wait', dir), { code: 0, stdout: '', stderr: '' }, 'who comes later does not wait')

  t.test('serves, and logs, when who has started it has gone', async (t) => {
    for (let i = 0; i < 3; i++) t.equal((await run('sh', ['-c', `echo hello > ${dir}/mydevice`])).code, 0)
    t.equal((await run('head', ['-c', '4', join(dir, 'mydevice')])).stdout, '4242')
    t.match((await lunatik('dmesg', '--mount', dir)).stdout, /^mywrite\t6\t0\thello\n/)
  })
  t.test('is not taken away while it is used, unless that is said', async (t) => {
    const held = run('sh', [
      '-c',
      `exec 3< ${dir}/mybuffer; touch ${dir}.held; while [ -e ${dir}.held ]; do sleep 0.05; done`,
    ])
    await until(() => existsSync(`${dir}.held`))
    t.match(await lunatik('umount', dir), {
      code: 1,
      stderr: `lunatik: ${dir} is in use: end what uses it, or take it away with --lazy\n`,
    })
    t.ok(isMounted(dir))
    t.strictSame(await lunatik('umount', '--lazy', dir), { code: 0, stdout: '', stderr: '' })
    t.notOk(isMounted(dir))
    await run('rm', [`${dir}.held`])
    await held
    await until(() => !runs(pid))
  })
  t.test('is missing then', async (t) => {
    t.match(await lunatik('umount', dir), { code: 1, stderr: `lunatik: nothing of lunatik is mounted on ${dir}\n` })
    t.match(await lunatik('umount', '/proc'), { code: 1, stderr: 'lunatik: nothing of lunatik is mounted on /proc\n' })
    const { code, stderr } = await lunatik('wait', '--timeout', '0.1', dir)
    t.match({ code, stderr }, { code: 1, stderr: `lunatik: no mount of lunatik on ${dir} within 0.1 s\n` })
  })
})

t.test('a mount in the background that fails', { skip: noFuse }, async (t) => {
  const dir = join(temporary(t), 'mnt')
  const scripts = folder(t, { 'bad.lua': 'print("before") error("boom")' })
  const { code, stdout, stderr } = await daemon(t, dir, '--scripts', scripts, '--run', 'bad')
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /info: before\n(.*\n)*lunatik: --run bad: .*bad\.lua:1: boom\n$/)
  t.notOk(isMounted(dir))
  t.match(await lunatik('mount', '--daemon', '--until-eof', dir), {
    code: 2,
    stderr: /--daemon.* cannot be used with .*--until-eof/,
  })
})

t.test('the log goes on to a file', { skip: noFuse }, async (t) => {
  const dir = join(temporary(t), 'mnt')
  const log = `${dir}.log`
  const command = [process.execPath, main, 'mount', '--daemon', dir, ...transportArgs].join(' ')
  t.equal((await run('sh', ['-c', `${command} 2> ${log}`])).code, 0)
  t.teardown(async () => {
    await lunatik('umount', '--lazy', dir)
    await until(() => !isMounted(dir))
  })
  await run('sh', ['-c', `echo later > ${dir}/mydevice`])
  await until(() => /info: mywrite\t6\t0\tlater\n/.test(readFileSync(log, 'utf8')))
})

t.test('systemd is told', { skip: noFuse || onlyOn('dev-fuse') }, async (t) => {
  const bin = temporary(t)
  mkdirSync(join(bin, 'b'))
  writeFileSync(join(bin, 'b/systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" > ${bin}/told\n`, { mode: 0o755 })
  const dir = join(bin, 'mnt')
  const env = { ...process.env, PATH: `${bin}/b:${process.env.PATH}`, NOTIFY_SOCKET: `${bin}/socket` }
  const { stdout } = await run(process.execPath, [main, 'mount', '--daemon', dir], env)
  const pid = /process (\d+)/.exec(stdout)?.[1]
  await until(() => existsSync(`${bin}/told`) && readFileSync(`${bin}/told`).length > 0)
  t.equal(readFileSync(`${bin}/told`, 'utf8'), `${bin}/socket --ready --pid=${pid}\n`)
  t.equal((await lunatik('umount', dir)).code, 0)
  await until(() => !runs(Number(pid)))
})
