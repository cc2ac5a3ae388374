// What the commands say when the mount is not there or doesn't answer.
import { chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { folder, lunatik, main, mounted, noFuse, run, temporary, until } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('nothing is mounted', async (t) => {
  const dir = temporary(t)
  const nothing = (mount: string) =>
    `nothing of lunatik is mounted on ${mount}: run 'lunatik mount ${mount}', or name another folder with --mount or LUNATIK_MNT`
  for (const [what, mount] of [
    ['an empty folder', dir],
    ['no folder', join(dir, 'none')],
    ['a file', join(folder(t, { file: '' }), 'file')],
    ['a folder with files of these names', folder(t, { lunatik: 'x', kmsg: 'x' })],
  ] as const) {
    t.test(what, async (t) => {
      const expected = { code: 1, stdout: '', stderr: `lunatik: ${nothing(mount)}\n` }
      for (const args of [['list'], ['run', 'x'], ['status'], ['dmesg'], ['dmesg', '-C']]) {
        t.strictSame(await lunatik(...args, '--mount', mount), expected, args.join(' '))
      }
      t.strictSame(await lunatik('--mount', mount), expected, 'the prompt')
      t.strictSame(JSON.parse((await lunatik('list', '--json', '--mount', mount)).stdout), {
        ok: false,
        error: nothing(mount),
      })
    })
  }
  t.test('the folder comes from --mount, before or after the command, or from LUNATIK_MNT', async (t) => {
    const env = { ...process.env, LUNATIK_MNT: join(dir, 'environment') }
    const attempt = async (...args: string[]) => (await run(process.execPath, [main, ...args], env)).stderr
    t.match(await attempt('list'), nothing(join(dir, 'environment')))
    t.match(await attempt('list', '--mount', '/before'), nothing('/before'))
    t.match(await attempt('--mount', '/before', 'list'), nothing('/before'))
    t.match(await attempt('--mount', '/before', 'list', '--mount', '/after'), nothing('/after'))
  })
})

t.test('a mount that is not as it should be', { skip: noFuse }, async (t) => {
  t.test('its server was killed', async (t) => {
    const { dir, stop } = await mounted(t)
    await stop('SIGKILL')
    t.match(await lunatik('list', '--mount', dir), {
      code: 1,
      stderr: `lunatik: the server of ${dir} has gone: run 'lunatik mount ${dir}', or name`,
    })
  })
  t.test('its server does not answer: a signal ends the command', async (t) => {
    const { child, start } = await scripted(t, {})
    child.kill('SIGSTOP')
    const command = start('list')
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.equal(command.exitCode, null)
    command.kill('SIGINT')
    await until(() => command.signalCode !== null)
    child.kill('SIGCONT')
  })
  t.test('the user may not', { skip: process.geteuid?.() === 0 ? false : 'needs root' }, async (t) => {
    const { dir } = await scripted(t, {})
    const nobody = (...args: string[]) =>
      run('setpriv', ['--reuid', '65534', '--clear-groups', process.execPath, main, ...args, '--mount', dir])
    chmodSync(dirname(dir), 0o755)
    t.match(await nobody('list'), {
      code: 1,
      stderr: `lunatik: ${dir}/lunatik may not be used (EACCES): run as the user who has mounted it\n`,
    })
    t.match(await nobody('dmesg'), { code: 0, stderr: '' }, 'but the log is for all')
    t.match(await nobody('dmesg', '-C'), { code: 1, stderr: /may not be used/ })
  })
})

t.test('wrong usage', async (t) => {
  for (const args of [['run'], ['run', ''], ['run', 'a', 'b', 'c'], ['stop'], ['list', 'x'], ['dmesg', '-x']]) {
    t.match(await lunatik(...args), { code: 2, stdout: '', stderr: /^lunatik: [^\n]*\n$/ }, args.join(' '))
  }
})
