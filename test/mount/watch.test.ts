// `--watch` on a mount: what is edited runs again, with all that it is made of; what was open then gets ENXIO.
// variants: (default fuse-native)
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixture, folder, lunatik, mounted, noFuse, until } from './mounted.js'

/** What asks nothing of the transport is tried with one. */
const once = noFuse || (process.env.TRANSPORT === 'fuse-native' && 'is tried with the default transport')

/** A driver whose device gives what an expression is. */
const device = (name: string, expression: string, before = '') => `${before}
local device = require("device")
local driver = { name = "${name}" }
function driver:read(len, off) return (${expression}):sub(off + 1, off + len) end
function driver:write() end
function driver:release() print("${name} released", ${expression}) end
device.new(driver)
`

/** A mount that watches scripts of a new folder. */
async function watched(
  t: Test,
  files: Record<string, string>,
  scripts: readonly string[],
  args: readonly string[] = [],
  mnt?: string,
) {
  const dir = folder(t, files)
  const run = scripts.flatMap((name) => ['--run', name])
  const mount = await mounted(t, ['--scripts', dir, ...args, ...run, '--watch'], mnt)
  t.teardown(() => {
    if (!t.passing()) t.comment(mount.log())
  })
  /** How often something has run again. */
  const again = (name: string) => mount.log().split(`has changed: ${name} runs again\n`).length - 1
  return {
    ...mount,
    scripts: dir,
    path: (name: string) => join(dir, name),
    /** In one step, as most editors do: a file that is written in place may be seen empty. */
    write: (name: string, text: string) => {
      writeFileSync(join(dir, `${name}~`), text)
      renameSync(join(dir, `${name}~`), join(dir, name))
    },
    again,
    /** Waits until it has run again that often in all. */
    ran: (name: string, times: number) => until(() => again(name) === times),
    lunatik: (...rest: string[]) => lunatik(...rest, '--mount', mount.dir),
  }
}

t.test('a changed script', { skip: noFuse }, async (t) => {
  const m = await watched(t, { 'watched.lua': device('watched', '"old"') }, ['watched'], ['--ledger'])

  t.test('gives ENXIO to files that are open, and new ones work', async (t) => {
    const client = m.sh(`
      exec 3<> $MNT/watched
      dd bs=9 count=1 status=none <&3
      echo ready > ${m.scripts}/ready
      while ! grep -q "runs again" $MNT/kmsg; do sleep 0.05; done
      dd bs=9 count=1 status=none <&3
      dd if=/dev/zero bs=9 count=1 status=none >&3
      exec 3>&-
      echo " closed $?"
      cat $MNT/watched`)
    await until(() => existsSync(m.path('ready')))
    m.write('watched.lua', device('watched', '"new"'))
    const { code, stdout, stderr } = await client
    t.equal(code, 0)
    t.equal(stdout, 'old closed 0\nnew')
    t.equal(stderr.match(/^dd: error (read|writ)ing .*: No such device or address$/gm)?.length, 2, stderr)
    t.notMatch(m.log(), 'watched released\told', 'the release callback of a stopped script never runs')
    await until(() => m.log().includes('watched released\tnew'))
  })
  t.test('that does not load leaves no device, and the next change brings it back', async (t) => {
    const holder = m.sh(`
      exec 3< $MNT/watched
      echo ready > ${m.scripts}/again
      while test -e $MNT/watched; do sleep 0.05; done
      dd bs=9 count=1 status=none <&3; ls $MNT`)
    await until(() => existsSync(m.path('again')))
    m.write('watched.lua', 'x = = 1')
    t.match(await holder, { stdout: 'kmsg\nlunatik\n', stderr: /No such device or address/ })
    await until(() => m.log().includes(`${m.path('watched.lua')} has changed: watched doesn't run: `))
    writeFileSync(m.path('watched.lua'), device('watched', '"newest"'))
    await until(async () => (await m.sh('cat $MNT/watched')).stdout === 'newest')
  })
  t.test('leaves no object behind', async (t) => {
    t.equal(await m.stop(), 0)
    t.match(m.log(), /info: ledger: 0 objects alive\n/)
  })
})

t.test('what a script loads', { skip: once }, async (t) => {
  const m = await watched(
    t,
    {
      'one.lua': device('one', 'text .. late()', 'local text, late = require("lib.text"), loadfile'),
      'lib/text.lua': 'return require("lib.deep")',
      'lib/deep.lua': 'return "a"',
      'two.lua': device('two', 'deep', 'local deep = require("lib/deep")'),
      'three.lua': '',
      'unwatched.lua': 'require("lib.deep") print("unwatched runs")',
    },
    ['one.lua', 'two', 'three'],
  )
  const read = async (name: string) => (await m.sh(`cat $MNT/${name}`)).stdout
  const late = `dofile("${m.path('late.lua')}")`
  m.write('late.lua', 'return 0')
  m.write('one.lua', device('one', `text .. ${late}`, 'local text = require("lib.text")'))
  await m.ran('one', 1)
  t.equal((await m.lunatik('run', 'unwatched')).code, 0)

  t.test('counts, also for others that share it, and for nobody else', async (t) => {
    t.equal(await read('one'), 'a0')
    m.write('lib/deep.lua', 'return "b"')
    await m.ran('one', 2)
    await m.ran('two', 1)
    t.equal(`${await read('one')} ${await read('two')}`, 'b0 b')
    t.match(m.log(), `info: watch: ${m.path('lib/deep.lua')} has changed: one runs again\n`)
    t.equal(m.again('three'), 0)
    t.equal(m.log().match(/unwatched runs/g)?.length, 1)
  })
  t.test('counts when it was loaded by a callback', async (t) => {
    await read('one')
    m.write('late.lua', 'return 1')
    await m.ran('one', 3)
    t.equal(await read('one'), 'b1')
    t.equal(m.again('two'), 1)
  })
  t.test('may be broken, and is mended by the next edit', async (t) => {
    m.write('lib/deep.lua', 'return = "c"')
    await until(() => m.log().includes(`${m.path('lib/deep.lua')} has changed: two doesn't run: `))
    t.equal((await m.lunatik('list')).stdout, 'unwatched, three\n')
    m.write('lib/deep.lua', 'return "c"')
    await m.ran('one', 4)
    await m.ran('two', 2)
    t.equal(`${await read('one')} ${await read('two')}`, 'c1 c')
  })
  t.test('may be missing, and is made', async (t) => {
    renameSync(m.path('lib'), m.path('bil'))
    m.write('two.lua', device('two', 'deep', 'local deep = require("lib.deep")'))
    await until(() => /two\.lua has changed: two doesn't run: .*luaopen_lib_deep not found/.test(m.log()))
    t.equal(m.again('one'), 4, 'a file that has gone stops nothing')
    renameSync(m.path('bil'), m.path('lib'))
    await m.ran('two', 3)
    t.equal(await read('two'), 'c')
  })
  t.test('does not have a script run that was stopped', async (t) => {
    t.equal((await m.lunatik('stop', 'one')).code, 0)
    m.write('lib/deep.lua', 'return "d"')
    await m.ran('two', 4)
    m.write('one.lua', 'print("never")')
    m.write('three.lua', 'print("later")')
    await m.ran('three', 1)
    t.notMatch(m.log(), 'never')
    t.equal((await m.lunatik('list')).stdout, 'three, two, unwatched\n')
    t.equal((await m.lunatik('run', 'one')).code, 0)
    m.write('one.lua', device('one', '"once more"'))
    await m.ran('one', 5)
    t.equal(await read('one'), 'once more')
  })
})

t.test('an edit that never returns', { skip: noFuse }, async (t) => {
  const m = await watched(
    t,
    { 'one.lua': device('one', '"a"'), 'two.lua': device('two', '"b"'), 'lib.lua': '' },
    ['one', 'two'],
    ['--deadline', '0.5', '--device', fixture('doom')],
  )
  /** Waits until the devices give this, also from a mount that is made afresh meanwhile. */
  const give = async (t: Test, text: string) => {
    const { code } = await m.sh(`until [ "$(cat $MNT/one $MNT/two 2>&-)" = ${text} ]; do sleep 0.05; done`)
    t.equal(code, 0, `the devices give ${text}`)
  }
  t.test('as a loop is ended, and mended by the next', async (t) => {
    m.write('one.lua', 'while true do end')
    await until(() => m.log().includes("one.lua has changed: one doesn't run: "))
    await give(t, 'b')
    m.write('one.lua', device('one', '"c"', 'require("lib")'))
    await m.ran('one', 1)
    await give(t, 'cb')
  })
  t.test('as a sleep holds up nobody, and is mended by the next', async (t) => {
    m.write('one.lua', `${device('one', '"never"')} print("sleeps") require("linux").schedule(1 << 30)`)
    await until(() => m.log().includes('info: sleeps\n'))
    m.write('two.lua', device('two', '"B"'))
    await m.ran('two', 1)
    m.write('one.lua', device('one', '"c"', 'require("lib")'))
    await m.ran('one', 2)
    await give(t, 'cB')
    t.notMatch(m.log(), 'stopped while it was loading')
  })
  t.test('as a pattern is ended, and mended by the next', async (t) => {
    m.write('lib.lua', `("${'a'.repeat(40)}"):find(("${'a?'.repeat(40)}b"))`)
    await until(() => m.log().includes("lib.lua has changed: one doesn't run: "))
    await give(t, 'B')
    m.write('lib.lua', '')
    await m.ran('one', 3)
    await give(t, 'cB')
    t.notMatch(m.log(), 'mounted afresh')
  })
  t.test('is seen by the machine that takes the place of one that died', async (t) => {
    await m.sh('echo engine > $MNT/doom')
    await until(() => m.log().includes('mounted afresh'))
    await give(t, 'cB')
    m.write('two.lua', device('two', '"d"'))
    await m.ran('two', 2)
    m.write('lib.lua', '--')
    await m.ran('one', 4)
    await give(t, 'cd')
  })
})

t.test('where a script is found', { skip: once }, async (t) => {
  const dir = folder(t, { 'v1/one.lua': device('one', '"v1"'), 'v2/one.lua': device('one', '"v2"'), 'mark.lua': '' })
  const linked = join(dir, 'linked')
  mkdirSync(linked)
  symlinkSync('v1', join(dir, '..data'))
  symlinkSync('../..data/one.lua', join(linked, 'one.lua'))
  // The mount is in a folder that is watched.
  const mnt = join(dir, 'mnt')
  const m = await watched(t, {}, ['one', 'mark'], ['--scripts', linked, '--scripts', dir], mnt)
  const one = async () => (await m.sh('cat $MNT/one')).stdout

  t.test('may be a symbolic link to what is written, through a folder that is exchanged', async (t) => {
    writeFileSync(join(dir, 'v1/one.lua'), device('one', '"v1 written"'))
    await m.ran('one', 1)
    t.equal(await one(), 'v1 written')
    symlinkSync('v2', join(dir, '..data_tmp'))
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'))
    await m.ran('one', 2)
    t.equal(await one(), 'v2')
  })
  t.test('is the first folder that has it, from when it has it', async (t) => {
    m.write('one.lua', device('one', '"first"'))
    await m.ran('one', 3)
    t.equal(await one(), 'first')
    writeFileSync(join(dir, 'v2/one.lua'), device('one', '"hidden"'))
    writeFileSync(join(dir, 'mark.lua'), '--')
    await m.ran('mark', 1)
    t.equal(m.again('one'), 3)
    rmSync(m.path('one.lua'))
    await m.ran('one', 4)
    t.equal(await one(), 'hidden')
  })
  t.test('ends with the mount in it', async (t) => {
    t.equal(await m.stop(), 0)
  })
})

/** A module whose device gives what another file exports, and which defines a library for scripts. */
const moduleFile = (name: string) => `
import { copy_to_user, LUNATIK_NEWLIB, lua_pushstring, MISC_DYNAMIC_MINOR, misc_deregister, misc_register } from 'lunatik'
import { text } from './${name}-text.js'
const misc = {
  minor: MISC_DYNAMIC_MINOR, name: '${name}', mode: 0o444,
  fops: { read: (_file, buf, len, off) => {
    const bytes = Buffer.from(text).subarray(off.value, off.value + len)
    off.value += bytes.length
    copy_to_user(buf, bytes, bytes.length)
    return bytes.length
  } },
}
LUNATIK_NEWLIB('${name}', [{ name: 'text', func: (L) => (lua_pushstring(L, text), 1) }], null)
export const init_module = () => misc_register(misc)
export const cleanup_module = () => misc_deregister(misc)
`

t.test('a module', { skip: noFuse }, async (t) => {
  const files = folder(t, {
    'a.js': moduleFile('a'),
    'a-text.js': 'export { text } from "./shared.js"',
    'b.js': moduleFile('b'),
    'b-text.js': 'export const text = "b"',
    'shared.js': 'import text from "./data.cjs"; export { text }',
    'data.cjs': 'module.exports = require("./more.cjs")',
    'more.cjs': 'module.exports = "0"',
    'package.json': '{ "type": "module" }',
  })
  const file = (name: string) => join(files, name)
  const m = await watched(
    t,
    { 'user.lua': device('user', 'require("a").text()'), 'other.lua': device('other', '"other"') },
    ['user', 'other'],
    ['--device', file('a.js'), '--device', file('b.js')],
  )
  const read = async () => (await m.sh('cat $MNT/a; echo; cat $MNT/b; echo; cat $MNT/user')).stdout
  const loaded = (name: string, times: number) =>
    until(() => m.log().split(`has changed: device '${file(name)}' is loaded again\n`).length - 1 === times)

  t.test('is loaded again, with what it imports, and what uses it runs again', async (t) => {
    t.equal(await read(), '0\nb\n0')
    writeFileSync(file('more.cjs'), 'module.exports = "1"')
    await loaded('a.js', 1)
    await m.ran('user', 1)
    t.equal(await read(), '1\nb\n1')
    writeFileSync(file('shared.js'), 'export const text = "2"')
    await loaded('a.js', 2)
    await m.ran('user', 2)
    t.equal(await read(), '2\nb\n2')
    writeFileSync(file('b.js'), moduleFile('b').replace('0o444', '0o440'))
    await loaded('b.js', 1)
    t.equal((await m.sh('stat -c %a $MNT/b')).stdout, '440\n')
    t.equal(m.again('user'), 2)
    t.equal(m.again('other'), 0)
  })
  t.test('may be broken, and is mended by the next edit', async (t) => {
    writeFileSync(file('a-text.js'), 'export const text = = 3')
    await until(() => m.log().includes(`a-text.js has changed: device '${file('a.js')}': Unexpected token '='\n`))
    t.equal((await m.sh('ls $MNT')).stdout, 'b\nkmsg\nlunatik\nother\nuser\n')
    writeFileSync(file('a-text.js'), 'export { text } from "./missing.js"')
    await until(() => m.log().includes(`a-text.js has changed: device '${file('a.js')}': Cannot find module`))
    writeFileSync(file('missing.js'), 'export const text = "3"')
    await loaded('a.js', 3)
    await m.ran('user', 3)
    t.equal(await read(), '3\nb\n3')
    writeFileSync(file('a.js'), moduleFile('a').replace('misc_register(misc)', '-22'))
    await until(() => m.log().includes(`a.js has changed: device '${file('a.js')}': init_module failed (EINVAL)\n`))
    writeFileSync(file('a.js'), moduleFile('a'))
    await loaded('a.js', 4)
    await m.ran('user', 4)
    t.equal(await read(), '3\nb\n3')
  })
  t.test('leaves nothing behind', async (t) => {
    t.equal(await m.stop(), 0)
    t.notMatch(m.log(), 'takes its place')
  })
})

t.test('without scripts the modules are watched, and the scripts that they run', { skip: once }, async (t) => {
  const m = await watched(t, { 'mydevice.lua': 'function myread() return "a" end' }, [], ['--device', 'mydevice'])
  t.equal((await m.sh('head -c 3 $MNT/mydevice')).stdout, 'aaa')
  m.write('mydevice.lua', 'function myread() return "b" end')
  await until(() => m.log().includes(`mydevice.lua has changed: device 'mydevice' is loaded again\n`))
  t.equal((await m.sh('head -c 3 $MNT/mydevice')).stdout, 'bbb')
})
