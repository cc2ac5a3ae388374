// That luals/ has what the runtimes have is held by test/luals.test.ts; here, that the checker reads all of it.
// variants: default
import { existsSync } from 'node:fs'
import t from 'tap'
import { readDefinitions } from '../../src/check/definitions.js'
import { lunatik_modules } from '../../src/lunatik/lunatik_openers.js'
import '../../src/lib/libs.js'
import { definitions, root } from './checked.js'

const { modules, classes, globals } = definitions
const members = (name: string) => [...(modules.get(name)?.shape?.members.keys() ?? [])].sort()

t.test('the modules are those that there are', async (t) => {
  // A module's classes are modules as well, which no script requires.
  for (const name of modules.keys()) {
    const isLua = existsSync(`${root}lua/${name.replaceAll('.', '/')}.lua`)
    t.ok(isLua || lunatik_modules().includes(name) || globals.has(name), name)
  }
  // `lunatik.scripts` is for lunatik/runner.lua alone.
  const others = ['labeled', 'lunatik.scripts']
  for (const name of lunatik_modules())
    t.ok(modules.has(name) || classes.has(`lunatik.${name}`) || others.includes(name), name)
})

t.test('functions, constants, nested tables and fields', async (t) => {
  t.strictSame(members('fifo'), ['new'])
  t.strictSame(members('lunatik'), ['_ENV', 'cpu', 'runtime'])
  t.strictSame(members('lunatik.config'), ['kernel_version', 'modules'])
  t.ok(members('linux.stat').includes('IRUGO'))
  t.ok(modules.get('linux.socket')?.shape?.members.get('af')?.shape?.members.has('INET'))
  t.equal(modules.get('class')?.kind, 'function')
  t.strictSame([...(globals.get('io')?.shape?.members.keys() ?? [])].sort(), ['lines', 'open', 'type'])
})

t.test('classes of results', async (t) => {
  const returns = (module: string, name: string) => modules.get(module)?.shape?.members.get(name)?.returns
  t.equal(returns('device', 'new'), 'lunatik.device')
  t.equal(returns('data', 'new'), 'lunatik.data')
  t.equal(returns('linux', 'time'), null)
  t.equal(globals.get('io')?.shape?.members.get('open')?.returns, 'lunatik.file')
  t.strictSame([...(classes.get('lunatik.completion')?.members.keys() ?? [])], ['complete', 'wait'])
  t.equal(classes.get('lunatik.completion')?.open, false)
  t.equal(classes.get('lunatik.rcu')?.open, true)
  t.equal(classes.get('lunatik.inbox')?.open, true)
})

t.test('a class has what the one has that it is derived from', async (t) => {
  const link = definitions.classes.get('lunatik.netlink.rt.link')?.members
  t.strictSame(
    ['decode', 'list', 'new', 'nothing'].map((name) => link?.has(name)),
    [true, true, true, false],
  )
})

t.test('what a kernel has not is what its text says so of', async (t) => {
  const beyond = [
    ...[...modules].flatMap(([name, member]) => (member.beyond === null ? [] : [`${name} ${member.beyond}`])),
    ...[...modules].flatMap(([name, { shape }]) =>
      [...(shape?.members ?? [])].flatMap(([field, member]) => (member.beyond === null ? [] : [`${name}.${field}`])),
    ),
    ...[...classes].flatMap(([name, { members }]) =>
      [...members].flatMap(([field, member]) => (member.beyond === null ? [] : [`${name}.${field}`])),
    ),
  ]
  t.strictSame([...new Set(beyond)].sort(), [
    'inject own',
    'kmsg own',
    'linux.errno later',
    'linux.fcntl own',
    'linux.ioctl own',
    'linux.poll own',
    'lunatik.clock own',
    'lunatik.cpu',
    'lunatik.device.notify',
    'lunatik.driver.caller',
    'lunatik.driver.ioctl',
    'lunatik.driver.poll',
    'lunatik.lib.cpu',
    'lunatik.trace own',
  ])
})

t.test('what is no Lua is said', async (t) => {
  t.throws(() => readDefinitions([['x', 'local = 1']]), { message: /^luals\/x, line 1: / })
})
