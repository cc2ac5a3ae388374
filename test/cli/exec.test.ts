// `lunatik exec`: the form that a CI uses.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { folder, isMounted, lunatik, noFuse, run, temporary, until } from '../mount/mounted.js'

const main = new URL('../../dist/main.js', import.meta.url).pathname

t.test('exec', { skip: noFuse }, async (t) => {
  const dir = join(temporary(t), 'mnt')
  const exec = (...command: string[]) => lunatik('exec', '--mount', dir, '--', ...command)

  t.test('runs the command with LUNATIK_MNT set, its output untouched', async (t) => {
    const { stdout, stderr, code } = await exec(
      'sh',
      '-c',
      'echo $LUNATIK_MNT; head -c 4 $LUNATIK_MNT/mydevice; echo x > $LUNATIK_MNT/mydevice',
    )
    t.strictSame({ stdout, code }, { stdout: `${dir}\n4242`, code: 0 })
    t.match(stderr, /^\[ *[0-9.]+\] info: mywrite.*\n$/, 'standard error has the log')
    t.notOk(isMounted(dir))
  })
  t.test("exits with the command's code", async (t) => {
    t.equal((await exec('sh', '-c', 'exit 7')).code, 7)
  })
  t.test('is killed as its command is, and needs no Lua in the process that starts the server', async (t) => {
    // The thread that serves has it: to load it twice would double what a start costs.
    const preload = `data:text/javascript,import { isMainThread } from 'node:worker_threads'
      if (isMainThread) globalThis.WebAssembly = undefined`
    const args = ['--import', encodeURI(preload), main, 'exec', '--mount', dir, '--', 'sh', '-c', 'kill -9 $$']
    t.equal((await run(process.execPath, args)).code, 137)
  })
  t.test('a command that is not there gives 127', async (t) => {
    t.match(await exec('no-such-command'), { code: 127, stderr: /no-such-command/ })
  })
  t.test('a command on the mount itself hangs nobody', async (t) => {
    t.equal((await exec(`${dir}/mydevice`)).code, 126)
  })
  t.test('the command has none of our files open, so a dead server leaves a mount that ends', async (t) => {
    const { stdout } = await exec('sh', '-c', 'ls -l /proc/self/fd')
    t.notMatch(stdout, '/dev/fuse')
  })
  t.test('nor is anything changed about those that it shares with us', async (t) => {
    const flags = 'for fd in 0 1 2; do grep flags /proc/$$/fdinfo/$fd; done'
    // Node waits for a pipe's end in the background, and sets O_NONBLOCK for that.
    const pipes = `true | "$0" "$1" exec --mount "$2" -- sh -c '${flags}' 2> /dev/null | cat`
    const { stdout } = await run('sh', ['-c', pipes, process.execPath, main, dir])
    t.match(stdout, /^flags:\t0*[01]\nflags:\t0*1\nflags:\t0*[0-9]*1\n$/)
  })
  t.test('needs a mount that can be made', async (t) => {
    const file = join(folder(t, { file: '' }), 'file')
    t.match(await lunatik('exec', '--mount', file, '--', 'true'), {
      code: 1,
      stderr: `lunatik: ${file} is not a folder\n`,
    })
  })
  t.test('SIGTERM reaches the command, then the mount is taken away', async (t) => {
    const args = [
      main,
      'exec',
      '--mount',
      dir,
      '--',
      'sh',
      '-c',
      'trap "echo got it; exit 3" TERM; echo up; while :; do sleep 0.05; done',
    ]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let stdout = ''
    child.stdout.on('data', (data) => {
      stdout += data
    })
    await until(() => stdout.includes('up'))
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    t.equal(code, 3)
    t.match(stdout, 'got it')
    t.notOk(isMounted(dir))
  })
})
