// The tutorial, word for word, as an ordinary user: the test of it, run by one.
// variants: (default)
import { chmodSync, cpSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from './mounted.js'
import { noTerminal } from './pages.js'
import { asUser, machines, noUser, userFolder } from './user.js'

const tutorial = fileURLToPath(new URL('./tutorial.test.js', import.meta.url))

t.test('the tutorial of an ordinary user', { skip: noUser || noTerminal }, async (t) => {
  const bin = userFolder(t)
  const { lib } = createRequire(import.meta.url)('fuse-shared-library-linux') as { lib: string }
  cpSync(join(dirname(lib), '../bin/fusermount'), join(bin, 'fusermount3'))
  chmodSync(join(bin, 'fusermount3'), 0o4755)
  for (const TUTORIAL of ['mount', 'exec']) {
    await t.test(`with ${TUTORIAL}`, async (t) => {
      const PATH = `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
      const env = { PATH, TUTORIAL, TMPDIR: userFolder(t), TAP_TIMEOUT: '300' }
      const [unshare = '', ...args] = asUser([process.execPath, tutorial], machines.usual, env)
      const { code, stdout, stderr } = await run(unshare, args)
      if (code !== 0) t.comment(stdout + stderr)
      t.equal(code, 0)
      t.notMatch(stdout, /not ok/)
      const commands = stdout.match(/^ {4}ok /gm) ?? []
      t.ok(commands.length >= 20, `${commands.length} of its commands`)
      t.strictSame(readdirSync(env.TMPDIR), [])
    })
  }
})
