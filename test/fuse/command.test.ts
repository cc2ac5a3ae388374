import t from 'tap'
import { runCommand } from '../../src/fuse/command.js'

const shell = (script: string, ...args: (string | Buffer)[]) => ['/bin/sh', '-c', script, 'sh', ...args]

t.test('all that a command says is heard, also after it has ended', async (t) => {
  const script = '(sleep 0.3; echo late >&2) & echo early >&2; exit 3'
  t.strictSame(await runCommand(shell(script), 30_000), { code: 3, stderr: 'early\nlate\n' })
  const { stderr } = await runCommand(shell('head -c 300000 /dev/zero | tr "\\0" x >&2'), 30_000)
  t.equal(stderr.length, 300_000)
})
t.test('arguments are of any bytes', async (t) => {
  const args = ['', 'a b', 'é€', '%s\\n', '-n', '\'"`$(x)', '\n', 'end\n\n', Buffer.from([0xff, 0x80, 0x0a, 0x31])]
  const print = 'for a; do printf "%s|" "$a"; done | od -An -v -tx1 >&2'
  const { stderr } = await runCommand(shell(print, ...args), 30_000)
  const expected = Buffer.concat(args.flatMap((arg) => [Buffer.from(arg), Buffer.from('|')]))
  t.equal(stderr.replace(/\s/g, ''), expected.toString('hex'))
})
t.test('descriptors are passed from 3 on', async (t) => {
  const { stderr } = await runCommand(shell('readlink /proc/self/fd/3 /proc/self/fd/4 >&2'), 30_000, [2, 2])
  t.equal(stderr.split('\n').length, 3)
})
t.test('a command that does not come back is left behind', async (t) => {
  const { code } = await runCommand(shell('echo begun >&2; trap "" TERM; while :; do sleep 0.1; done'), 300)
  t.equal(code, null)
  // What it has started keeps its standard error open.
  t.equal((await runCommand(shell('sleep 3 & wait'), 300)).code, null)
})
t.test('a command that is not there', async (t) => {
  t.match(await runCommand(['no-such-command'], 30_000), { code: null, stderr: /ENOENT/ })
})
