// luals/, the definition files for editors, declare what the runtimes have: each name of each module and of its
// objects, none else, in annotations that the language server can read.
import { readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import t, { type Test } from 'tap'
import { bpf_map_create } from '../src/lib/bpf_map.js'
import '../src/lib/libs.js'
import { luaskb_new } from '../src/lib/luaskb.js'
import { luaL_newstate } from '../src/lua/lauxlib.js'
import { type lua_State, lua_setglobal } from '../src/lua/lua.js'
import { lunatik_run } from '../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_HARDIRQ, LUNATIK_OPT_SOFTIRQ, type lunatik_opt_t } from '../src/lunatik/lunatik_obj.js'
import { lunatik_modules, lunatik_opener } from '../src/lunatik/lunatik_openers.js'
import { closeAll, open } from './lib/devices.js'
import { evaluate, evaluator, withLua } from './lib/eval.js'
import { type Definitions, readDefinitions } from './luals/annotations.js'
import { root, tableDefinitions, tables } from './luals/tables.js'

const folder = `${root}luals`

/** The modules that have a file, by name: `linux.stat` is linux/stat.lua. */
const files = new Map(
  readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${relative(folder, entry.parentPath)}/${entry.name}`.replace(/^\//, ''))
    .map((file) => [file.replace('.lua', '').replaceAll('/', '.'), readFileSync(`${folder}/${file}`, 'utf8')]),
)

/** What is written by hand. */
const read = new Map<string, Definitions>()
for (const [name, text] of files) {
  if (name.startsWith('linux.') && tables.includes(name.replace('linux.', ''))) continue
  try {
    read.set(name, readDefinitions(text))
  } catch (e) {
    t.fail(`luals/${name}: ${(e as Error).message}`)
  }
}

/** The modules in Lua: those scripts of lua/ that return something. */
const inLua = readdirSync(`${root}lua`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.lua') && /^return /m.test(readFileSync(`${root}lua/${file}`, 'utf8')))
  .map((file) => file.replace('.lua', '').replaceAll('/', '.'))

/** Expressions that give an object of each class that has methods; those of a table's metatable are its __index's. */
const objects: Record<string, string> = {
  'lunatik.bpf_hash': 'require("bpf").hash("/luals/hash")',
  'lunatik.bpf_map_queue': 'require("bpf.map").queue("/luals/queue", "I1")',
  'lunatik.bpf_queue': 'require("bpf").queue("/luals/queue")',
  'lunatik.class': 'require("class")()',
  'lunatik.completion': 'require("completion").new()',
  'lunatik.crypto_aead': 'require("crypto").aead("gcm(aes)")',
  'lunatik.crypto_comp': 'require("crypto").comp("lz4")',
  'lunatik.crypto_rng': 'require("crypto").rng()',
  'lunatik.crypto_shash': 'require("crypto").shash("md5")',
  'lunatik.crypto_skcipher': 'require("crypto").skcipher("cbc(aes)")',
  'lunatik.data': 'require("data").new(1)',
  'lunatik.device': 'require("device").new{name = "luals"}',
  'lunatik.fifo': 'require("fifo").new(2)',
  'lunatik.hid': 'require("hid").register{name = "luals", id_table = {}}',
  'lunatik.hkdf': 'require("crypto.hkdf").new("md5")',
  'lunatik.inbox': 'require("mailbox").inbox(2)',
  'lunatik.labelset': 'require("set").labeled{}',
  'lunatik.netfilter': 'require("netfilter").register{pf = 2, hooknum = 0, priority = 0}',
  'lunatik.notifier': 'require("notifier").netdevice(function() end)',
  'lunatik.outbox': 'require("mailbox").outbox(2)',
  'lunatik.probe': 'require("probe").new("vfs_read", {})',
  'lunatik.rcu': 'require("rcu").table()',
  'lunatik.runtime': 'require("lunatik").runtime("script")',
  'lunatik.set': 'require("set").new{}',
  'lunatik.socket': 'require("socket").new(1, 2, 0)',
  'lunatik.socket.inet.tcp': 'require("socket.inet").tcp()',
  'lunatik.socket.inet.udp': 'require("socket.inet").udp()',
  'lunatik.socket.unix.dgram': 'require("socket.unix").dgram("path")',
  'lunatik.socket.unix.stream': 'require("socket.unix").stream("path")',
  'lunatik.skb': 'SKB',
  'lunatik.struct': 'require("struct")(require("linux.netlink").layout.nlattr)',
  'lunatik.task': 'require("thread").current():task()',
  'lunatik.thread': 'require("thread").current()',
}

for (const map_type of ['hash', 'queue'])
  bpf_map_create(`/luals/${map_type}`, { map_type, key_size: 1, value_size: 1, max_entries: 1 })

/** Those that a script in softirq context alone has. */
const softirq = ['lunatik.hid', 'lunatik.netfilter', 'lunatik.skb']
const hardirq = ['lunatik.probe']

const more = `
function names(t)
  local r = {}
  for k in pairs(t) do if not tostring(k):find("^__") then r[#r + 1] = k end end
  table.sort(r) return table.concat(r, " ")
end
-- The fields of an object, and those of its metatable or of the table that it looks up.
function members(o)
  local t, mt = {}, getmetatable(o)
  if type(o) == "table" then for k in pairs(o) do t[k] = true end end
  for k in pairs(mt and type(mt.__index) == "table" and mt.__index or mt or {}) do t[k] = true end
  -- The device's own, which its metatable doesn't show.
  if type(o) == "userdata" and mt.stop and mt.__index ~= mt and o.notify then t.notify = true end
  return names(t)
end
`

/** A runtime that evaluates expressions and has the package's modules. */
function withModules(t: Test, sleep: boolean | lunatik_opt_t = true) {
  const r = withLua(evaluator(t, sleep, more))
  // The key of lighten, which its user has.
  evaluate(r, '(function() package.loaded.light = "" end)()')
  return r
}

const unquoted = (result: string) => result.replace(/^"(.*)"$/, '$1')
const sorted = (names: Iterable<string>) => [...names].sort().join(' ')

t.test('each module has a file, and each file is one of a module', async (t) => {
  // A module's classes are names of the same module, `waits` is the tests' own, `lunatik.scripts` the runner's.
  const openers = new Map([...lunatik_modules()].reverse().map((name) => [lunatik_opener(name), name]))
  const modules = [...openers.values()].filter((name) => name !== 'waits' && name !== 'lunatik.scripts')
  t.strictSame([...files.keys()].sort(), [...modules, ...inLua, 'globals'].sort())
  for (const [name, { meta }] of read) t.equal(meta, name === 'globals' ? '_' : name, `@meta of ${name}`)
})

t.test('the tables linux.* are those of the runtime; else run `make luals`', async (t) => {
  const L = luaL_newstate() as lua_State
  for (const name of tables) t.equal(files.get(`linux.${name}`), tableDefinitions(L, name), name)
})

t.test('each module has what its file declares', async (t) => {
  const r = withModules(t)
  for (const [name, { module }] of read) {
    // Of syscall.table all names of linux.syscall's numbers: not one by one.
    if (name === 'globals' || name === 'syscall.table') continue
    const has = `(function() local m = require("${name}") return type(m) == "table" and names(m) or type(m) end)()`
    t.equal(unquoted(evaluate(r, has)), module === null ? 'function' : sorted(module.names), name)
  }
})

t.test('each object has what its class declares', async (t) => {
  const process = withModules(t)
  const atomic = withModules(t, LUNATIK_OPT_SOFTIRQ)
  const hard = withModules(t, LUNATIK_OPT_HARDIRQ)
  lunatik_run(atomic, (L) => {
    luaskb_new(L)
    lua_setglobal(L, 'SKB')
    return 0
  })
  const classes = new Map([...read.values()].flatMap((definitions) => [...definitions.classes]))
  for (const [cls, expression] of Object.entries(objects)) {
    const declared = classes.get(cls) ?? t.fail(`${cls} is not declared`)
    if (typeof declared === 'boolean') continue
    const { names, operators } = declared
    const r = softirq.includes(cls) ? atomic : hardirq.includes(cls) ? hard : process
    t.equal(
      unquoted(evaluate(r, `members(${expression})`)),
      sorted([...names].filter((name) => name !== '[string]')),
      cls,
    )
    const has = evaluate(r, `(getmetatable(${expression.replace('"luals"', '"luals2"')}) or {}).__len ~= nil`)
    t.equal(has, String(operators.has('len')), `#${cls}`)
  }
  const variables = [...read]
    .filter(([name]) => name !== 'globals')
    .flatMap(([, { module, variables, classes }]) =>
      [...variables.values()].filter((cls) => classes.get(cls) !== module),
    )
  t.strictSame(
    variables.filter((cls) => !(cls in objects)),
    [],
    'every class with methods is looked at',
  )
})

t.test('a driver has the fields that device.new and the file operations look for', async (t) => {
  t.teardown(closeAll)
  const r = withModules(t)
  evaluate(
    r,
    `(function()
      asked = {}
      local driver = setmetatable({name = "luals"}, {__index = function(_, field) asked[field] = true end})
      require("device").new(driver)
      for field in pairs(driver) do asked[field] = true end
    end)()`,
  )
  const file = await open('luals')
  await file.read()
  await file.write('x')
  await file.close()
  t.equal(unquoted(evaluate(r, 'names(asked)')), sorted(read.get('device')?.classes.get('lunatik.driver')?.names ?? []))
})

t.test('globals and cut-down libraries are those that the kernel was recorded with', async (t) => {
  const recorded = readFileSync(`${root}test/conformance/cases/dialect_globals/expected.txt`, 'utf8')
  const keys = (table: string) => new RegExp(`keys\\(${table}\\)  =>  "(.*)"`).exec(recorded)?.[1]?.split(' ') ?? []
  const { classes, globals } = read.get('globals') as Definitions
  for (const library of ['math', 'io'])
    t.equal(sorted(classes.get(`${library}lib`)?.names ?? []), sorted(keys(library)))
  for (const name of globals) {
    const [global = '', field] = name.split('.')
    t.ok((field === undefined ? keys('_G') : keys(global)).includes(field ?? global), name)
  }
  const io = readFileSync(`${root}test/conformance/cases/dialect_io/expected.txt`, 'utf8')
  const methods = /keys\(getmetatable\(.*\)\.__index\) {2}=> {2}"(.*)"/.exec(io)?.[1]
  t.equal(sorted(classes.get('lunatik.file')?.names ?? []), methods)
})

t.test('every type that an annotation names is declared', async (t) => {
  const builtin = 'any boolean false integer lightuserdata nil self string table true userdata'
  const all = [...read.values()]
  const known = new Set([
    ...builtin.split(' '),
    ...all.flatMap(({ classes, aliases }) => [...classes.keys(), ...aliases]),
  ])
  for (const { meta, used } of all)
    t.strictSame(
      [...used].filter((type) => !known.has(type)),
      [],
      meta,
    )
})

t.test('what is not well formed is seen', async (t) => {
  const wrong = (text: string) => t.throws(() => readDefinitions(text), text)
  wrong('---@clas a')
  wrong('---@param a intger|')
  wrong('---@param f fun(a)\nfunction f(f) end')
  wrong('---Does.\n---@param a integer\nfunction f(b) end')
  wrong('---Does.\nfunction f(b) end')
  wrong('function f() end')
  wrong('local a = {}')
  wrong('---@field a integer')
})
