// docs/deploy.md and the files of templates/deploy, as far as this machine has the programs that they are for.
// variants: (default)
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isMounted, noFuse, run, temporary, until } from './mounted.js'
import { fenced, makeHome, noTerminal, page, root } from './pages.js'

const template = (name: string) => join(root, 'templates/deploy', name)

/** Why a program is not to be had; false where it is. */
const without = async (program: string, ...args: string[]): Promise<string | false> =>
  (await run(program, args)).code === 0 ? false : `${program} is missing`

t.test('the unit is one that systemd takes', { skip: await without('systemd-analyze', '--version') }, async (t) => {
  const unit = join(temporary(t), 'lunatik.service')
  copyFileSync(template('lunatik.service'), unit)
  const { code, stdout, stderr } = await run('systemd-analyze', ['verify', unit])
  t.equal(code, 0, stdout + stderr)
  t.notMatch(stderr, /lunatik\.service/)
})

t.test('in a home with the tutorial', { skip: noFuse || noTerminal }, async (t) => {
  const home = temporary(t)
  makeHome(home)
  const env = { ...process.env, PATH: `${home}/bin:${process.env.PATH}`, HOME: home }
  const here = (command: string) => run('sh', ['-c', `cd ${home} && ${command}`], { ...env, dir: join(home, 'mnt') })

  t.test('the shell script gives a temperature, and leaves nothing', async (t) => {
    t.match(await here(fenced(page('docs/deploy.md'), 'sh')), { code: 0, stdout: /^lunatik: mounted on .*\n20\n$/ })
    t.notOk(isMounted(join(home, 'mnt')))
    t.equal(readFileSync(join(home, 'devices.log'), 'utf8'), '')
  })
  t.test('who waits for a mount uses it then', async (t) => {
    const [, command = ''] = /`(lunatik wait .*?)`/.exec(page('docs/deploy.md')) ?? []
    const waits = here(command)
    t.match(await here('lunatik mount --daemon "$dir" --scripts drivers --run thermo'), { code: 0 })
    t.match(await waits, { code: 0, stdout: '20\n' })
    t.equal((await here('lunatik umount "$dir"')).code, 0)
  })
  t.test(
    'pytest has a mount as a fixture',
    { skip: await without('python3', '-m', 'pytest', '--version') },
    async (t) => {
      for (const name of ['conftest.py', 'thermo_test.py']) copyFileSync(template(name), join(home, name))
      const { code, stdout } = await here('python3 -m pytest -q -p no:cacheprovider --basetemp=basetemp thermo_test.py')
      t.equal(code, 0, stdout)
      t.match(stdout, /^1 passed/m)
      await until(() => !readFileSync('/proc/self/mountinfo', 'latin1').includes('test_it_heats'))
    },
  )
})
