// The package as a user gets it: packed, unpacked into another folder, and a module written against its types.
// variants: (default)
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { run } from '../mount/mounted.js'
import { installed, root } from './installed.js'

const script = 'local counter = require("counter")\nlocal c = counter.new(40)\nfunction count() return c:add(2) end\n'

const userModule = `
import {
  LUA_OK, LUNATIK_CLASSES, LUNATIK_NEWLIB, LUNATIK_OPT_MONITOR, LUNATIK_OPT_NONE, LUNATIK_PRIVATECHECKER,
  lua_getglobal, lua_pcall, lua_pushinteger, type lua_State, lua_tointeger, luaL_checkinteger,
  type lunatik_class_t, lunatik_conf, lunatik_deleteobject, lunatik_newobject, type lunatik_object_t, lunatik_run,
  lunatik_runtime, lunatik_stop,
} from 'lunatik'

interface Counter { n: number }

const check = LUNATIK_PRIVATECHECKER<Counter>('counter_check')

function add(L: lua_State): number {
  const counter = check(L, 1)
  counter.n += luaL_checkinteger(L, 2)
  lua_pushinteger(L, counter.n)
  return 1
}

const counter_class: lunatik_class_t<Counter> = {
  name: 'counter',
  methods: [{ name: 'add', func: add }, { name: '__gc', func: lunatik_deleteobject }],
  release: ({ n }) => console.log('released at ' + n),
  opt: LUNATIK_OPT_MONITOR,
}

function counter_new(L: lua_State): number {
  lunatik_newobject(L, counter_class, { n: luaL_checkinteger(L, 1) }, LUNATIK_OPT_NONE)
  return 1
}

LUNATIK_NEWLIB('counter', [{ name: 'new', func: counter_new }], LUNATIK_CLASSES('counter', counter_class))

lunatik_conf.root = [import.meta.dirname]
const runtime: { value: lunatik_object_t | null } = { value: null }
if (lunatik_runtime(runtime, 'script', true) !== 0 || runtime.value === null) throw new Error('no runtime')
console.log(lunatik_run(runtime.value, (L) => {
  lua_getglobal(L, 'count')
  return lua_pcall(L, 0, 1, 0) === LUA_OK ? lua_tointeger(L, -1) : -1
}))
console.log(lunatik_stop(runtime.value))
`

t.test('a packed package serves a module of its user', async (t) => {
  const dir = await installed(t)
  const lunatik = join(dir, 'node_modules/lunatik')

  t.test('it contains what is needed and no tests', async (t) => {
    for (const file of [
      'build/dist/index.js',
      'build/src/index.d.ts',
      'build/dist/main.js',
      'build/devices/mydevice.js',
    ]) {
      t.ok(existsSync(join(lunatik, file)), file)
    }
    for (const file of ['lua/mydevice.lua', 'src/index.ts', 'LICENSE', 'NOTICE', 'README.md', 'docs/watch.md']) {
      t.ok(existsSync(join(lunatik, file)), file)
    }
    for (const file of ['test', 'build/test', 'build/bench', 'docs/api', 'docs/package.json', 'node_modules']) {
      t.notOk(existsSync(join(lunatik, file)), file)
    }
  })

  t.test('it contains each file that its exports name, for whatever condition', async (t) => {
    const pack = JSON.parse(readFileSync(join(lunatik, 'package.json'), 'utf8'))
    const named = [...JSON.stringify([pack.exports, pack.bin, pack.main]).matchAll(/":"([^"]+)"/g)].map(
      ([, path = '']) => path,
    )
    t.ok(named.length > 8)
    for (const path of named) t.ok(existsSync(join(lunatik, path)), path)
  })

  t.test('each link of its pages leads somewhere', async (t) => {
    const pages = readdirSync(lunatik, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
    t.ok(pages.length > 5)
    /** Headings as GitHub names them. */
    const anchors = (page: string) =>
      [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      )
    for (const page of pages) {
      const path = join(lunatik, page)
      const text = readFileSync(path, 'utf8').replace(/^```.*?^```|`[^`\n]*`/gms, '')
      for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(link)) continue
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? path : join(dirname(path), file)
        t.ok(existsSync(target), `${page}: ${link}`)
        if (anchor !== undefined && existsSync(target)) t.ok(anchors(target).includes(anchor), `${page}: ${link}`)
      }
    }
  })

  t.test('what a compiler is needed for may be missing', async (t) => {
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(lunatik, 'package.json'), 'utf8'))
    t.same(
      Object.keys(optionalDependencies)
        .filter((name) => name.startsWith('fuse-'))
        .sort(),
      ['fuse-native', 'fuse-shared-library-linux'],
    )
    // fuse-native is not installed by npm where its install script fails.
    for (const name of Object.keys(dependencies)) {
      const { scripts = {} } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
      t.equal(scripts.install ?? scripts.postinstall ?? scripts.preinstall, undefined, name)
    }
    rmSync(join(dir, 'node_modules/fuse-native'))
    const main = join(lunatik, 'build/dist/main.js')
    const { code, stderr } = await run('node', [main, 'exec', '--transport', 'fuse-native', '--', 'true'])
    t.equal(code, 1)
    t.match(
      stderr,
      /^lunatik: fuse-native isn't installed: `npm install --ignore-scripts fuse-native` brings it, .*\n$/,
    )
  })

  t.test('a class in TypeScript compiles against its types and runs', async (t) => {
    writeFileSync(join(dir, 'counter.ts'), userModule.replace('import.meta.dirname', JSON.stringify(dir)))
    writeFileSync(join(dir, 'script.lua'), script)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const compiled = await run('node', [tsc, '-p', dir])
    t.equal(compiled.stdout, '')
    t.equal(compiled.code, 0)
    const { code, stdout, stderr } = await run('node', [join(dir, 'counter.js')])
    t.equal(stdout, '42\nreleased at 42\n1\n', stderr)
    t.equal(code, 0)
  })

  t.test('a wrong use of its types does not compile', async (t) => {
    writeFileSync(join(dir, 'wrong.ts'), "import { lunatik_stop } from 'lunatik'\nlunatik_stop('mydevice')\n")
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { code, stdout } = await run('node', [tsc, '-p', dir, '--noEmit'])
    t.not(code, 0)
    t.match(stdout, /wrong\.ts\(2,14\): error TS2345/)
  })

  t.test('require says what to do instead, in one line', async (t) => {
    writeFileSync(join(dir, 'common.cjs'), "require('lunatik')\n")
    const { code, stderr } = await run('node', [join(dir, 'common.cjs')])
    t.not(code, 0)
    t.match(stderr, /^Error: lunatik is an ES module: write `await import\('lunatik'\)`, or .* in a \.mjs file$/m)
    writeFileSync(
      join(dir, 'dynamic.cjs'),
      "import('lunatik').then(({ lua_version }) => console.log(lua_version(null)))\n",
    )
    t.equal((await run('node', [join(dir, 'dynamic.cjs')])).stdout, '504\n')
  })

  t.test('its command says its version', async (t) => {
    // npm links a command into node_modules/.bin.
    const link = join(dir, 'lunatik')
    symlinkSync(join(lunatik, 'build/dist/main.js'), link)
    const { code, stdout } = await run('node', [link, '--version'])
    t.equal(code, 0)
    t.match(stdout, /^\d+\.\d+\.\d+/)
    t.match(readFileSync(join(lunatik, 'build/dist/main.js'), 'latin1'), /^#!.*node\n/)
  })
})
