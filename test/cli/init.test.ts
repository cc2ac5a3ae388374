// `lunatik init`: a folder with a driver that works, and a test that knows when it doesn't.
// variants: (default)
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { driverName } from '../../src/cli/init.js'
import { folder, lunatik, main, mounted, noFuse, run, temporary } from '../mount/mounted.js'

const root = new URL('../../../', import.meta.url).pathname

/** All files below a folder, sorted. */
const filesOf = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(dir, file)).isFile())
    .sort()

/** A folder that `init` has made. */
async function made(t: Test, name: string): Promise<string> {
  const dir = join(temporary(t), name)
  t.match(await lunatik('init', dir), { code: 0, stderr: '' })
  return dir
}

/** Runs the folder's own test. Where it hangs, all that it has started is ended, so that no mount is left. */
const test = (dir: string, ...args: string[]) =>
  run('timeout', ['25', 'sh', join(dir, 'test.sh'), ...args], {
    ...process.env,
    LUNATIK: `'${process.execPath}' '${main}'`,
  })

t.test('makes the driver, its test, and what an editor needs', async (t) => {
  const dir = join(temporary(t), 'a/b', 'thermo')
  const { code, stdout, stderr } = await lunatik('init', dir)
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  const own = ['.luarc.json', '.vscode/extensions.json', 'README.md', 'test.sh', 'thermo.lua']
  t.strictSame(
    filesOf(dir),
    [...own, ...filesOf(join(root, 'luals')).map((file) => join('.luals/lunatik', file))].sort(),
  )
  for (const file of own) {
    t.ok(stdout.includes(`made ${join(dir, file)}\n`), `prints ${file}`)
    t.notMatch(readFileSync(join(dir, file), 'utf8'), /mydriver/, `${file} has its name`)
  }
  t.match(stdout, /\nnext: .*sh .*test\.sh\n$/)
  // Each module that is added has its definition file.
  const uncounted = (text: string) => text.replace(/\d+ definition files/, 'N definition files')
  const page = readFileSync(join(root, 'docs/init.md'), 'utf8').replace(/^ {4}/gm, '').replaceAll('heater', 'thermo')
  const lines = stdout.replaceAll(dir, 'thermo').replace(/^next: .*(sh .*)$/m, 'next: $1')
  t.ok(uncounted(page).includes(`$ lunatik init thermo\n${uncounted(lines)}`), 'as docs/init.md shows')
  const luarc = JSON.parse(readFileSync(join(dir, '.luarc.json'), 'utf8')) as Record<string, string[]>
  t.strictSame(luarc['workspace.library'], ['.luals/lunatik'])
})

t.test('the folder gives the name', async (t) => {
  for (const [dir, name] of [
    ['/x/thermo', 'thermo'],
    ['/x/My driver.2/', 'My_driver_2'],
    ['/x/-é-heat--er.', 'heat_er'],
    ['/x/2nd', 'device_2nd'],
    ['/x/device', 'device_device'],
    ['/x/lunatik', 'lunatik_device'],
    ['/x/null', 'null_device'],
    [`/x/${'a'.repeat(200)}`, 'a'.repeat(64)],
  ] as const) {
    t.equal(driverName(dir), name)
  }
  t.match(await lunatik('init', '/'), {
    code: 1,
    stderr: 'lunatik: / gives a driver no name: name a folder with a letter or a digit in it\n',
  })
})

t.test('into a folder that has other files', async (t) => {
  const dir = folder(t, { 'other.lua': 'mine', '.vscode/settings.json': '{}' })
  t.match(await lunatik('init', dir), { code: 0, stderr: '' })
  t.equal(readFileSync(join(dir, 'other.lua'), 'utf8'), 'mine')
  t.ok(existsSync(join(dir, '.vscode/extensions.json')))
})

t.test('never overwrites, and makes nothing then', async (t) => {
  for (const file of ['test.sh', '.luarc.json', '.luals/lunatik/util.lua']) {
    const dir = folder(t, { [file]: 'mine' })
    t.match(await lunatik('init', dir), {
      code: 1,
      stdout: '',
      stderr: `lunatik: ${join(dir, file)} is there already, and nothing is overwritten: take it away, or name another folder\n`,
    })
    t.strictSame(filesOf(dir), [file])
    t.equal(readFileSync(join(dir, file), 'utf8'), 'mine')
  }
  const dir = temporary(t)
  symlinkSync('nowhere', join(dir, 'README.md'))
  t.match(await lunatik('init', dir), { code: 1, stderr: /README\.md is there already/ })
  t.strictSame(readdirSync(dir), ['README.md'])
})

t.test('says in one line what is in the way', async (t) => {
  const dir = folder(t, { file: '', 'sub/.vscode': '' })
  const wrong = async (path: string, message: string, code = 1) =>
    t.match(await lunatik('init', path), { code, stdout: '', stderr: `lunatik: ${message}\n` })
  const file = join(dir, 'file')
  await wrong(file, `${file} is not a folder: take it away, or name another folder`)
  await wrong(join(file, 'x'), `can't make ${join(file, 'x')}: a part of the path is no folder`)
  const sub = join(dir, 'sub')
  await wrong(sub, `${sub}/.vscode is not a folder: take it away, or name another folder`)
  t.strictSame(readdirSync(sub), ['.vscode'])
  await wrong('/proc/x', "can't make /proc/x: ENOENT: no such file or directory")
  for (const args of [[], [''], ['a', 'b'], ['--nothing', 'a']]) {
    const { code, stderr } = await lunatik('init', ...args)
    t.equal(code, 2)
    t.match(stderr, /^lunatik: .*\n$/)
  }
})

t.test('a folder that may not be written', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const dir = temporary(t)
  chmodSync(dir, 0o755)
  mkdirSync(join(dir, 'readonly'))
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main]
  for (const path of [join(dir, 'new'), join(dir, 'readonly')]) {
    const { code, stderr } = await run('setpriv', [...nobody, 'init', path])
    t.equal(code, 1)
    t.match(stderr, new RegExp(`^lunatik: can't make ${path}.*: permission denied\n$`))
  }
  t.strictSame(filesOf(dir), [])
  // A part of it can be made.
  mkdirSync(join(dir, 'half/.luals'), { recursive: true })
  chmodSync(join(dir, 'half'), 0o777)
  t.equal((await run('setpriv', [...nobody, 'init', join(dir, 'half')])).code, 1)
  t.strictSame(readdirSync(join(dir, 'half')), ['.luals'])
})

t.test('the template itself is a driver that works', { skip: noFuse }, async (t) => {
  t.match(await test(join(root, 'templates/driver')), { code: 0, stdout: /^(ok - .*\n){10}$/ })
})

t.test("the folder's test", { skip: noFuse }, async (t) => {
  t.test('passes, also where the device is already mounted, and wherever it is called from', async (t) => {
    const dir = await made(t, "it's a driver")
    const { code, stdout } = await test(dir)
    t.equal(code, 0, stdout)
    t.match(stdout, /^(ok - .*\n){10}$/)
    const mnt = join(temporary(t), 'mnt')
    const args = ['--mount', mnt, '--scripts', dir, '--run', 'it_s_a_driver', '--', 'sh', join(dir, 'test.sh'), mnt]
    t.match(await lunatik('exec', ...args), { code: 0, stdout })
    t.match(await test(dir, temporary(t)), { code: 1, stdout: /^not ok - there is no .*\n$/ })
  })
  t.test('fails where the driver is wrong', async (t) => {
    const dir = await made(t, 'thermo')
    const script = join(dir, 'thermo.lua')
    const right = readFileSync(script, 'utf8')
    const broken = (good: string, bad: string) => {
      const text = right.replace(good, bad)
      t.not(text, right)
      writeFileSync(script, text)
    }
    broken('function driver:write', 'function driver:write(')
    t.match(await test(dir), { code: 1, stdout: '' }, 'with a mount of its own')
    const mount = await mounted(t, ['--scripts', dir])
    for (const [good, bad] of [
      ['self.value:sub(off + 1, off + len)', 'self.value'],
      ['self.value:sub(off + 1, off + len)', 'off == 0 and self.value or ""'],
      ['self.value:sub(off + 1, off + len)', 'self.value:sub(off, off + len)'],
      ['self.value = kept', 'self.value = kept == "" and self.value or kept'],
      ['kept .. ("\\0"):rep(off - #kept) .. buf', 'buf'],
      ['off + #buf > MAX', 'false'],
      ['device.new(driver)', ''],
    ] as const) {
      broken(good, bad)
      t.equal((await lunatik('run', 'thermo', '--mount', mount.dir)).code, 0)
      t.match(await test(dir, mount.dir), { code: 1, stdout: /^not ok - /m }, bad)
      t.equal((await lunatik('stop', 'thermo', '--mount', mount.dir)).code, 0)
    }
  })
})
