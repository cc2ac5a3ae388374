// Making devices in Lua: arguments, names and modes.
import t, { type Test } from 'tap'
import { EISDIR, ENOENT } from '../../src/errno.js'
import { lunatik_newruntime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import {
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_ledger,
  type lunatik_object_t,
} from '../../src/lunatik/lunatik_obj.js'
import { lookup, root, vfs_unlink } from '../../src/vfs/namei.js'
import { logged, runtime, scripts } from '../lunatik/states.js'
import { closeAll, open, tryOpen } from './devices.js'
import '../../src/lib/luadevice.js'

t.afterEach(closeAll)

/** What `device.new` of each argument, a Lua expression, gives: userdata, or its error. */
function made(t: Test, args: string[]): string[] {
  const log = logged(t)
  runtime(
    t,
    `local device = require("device")
     local function try(...)
       local r = table.pack(pcall(device.new, ...))
       print(r[1] and type(r[2]) or r[2])
     end
     ${args.map((arg) => `try(${arg})`).join('\n')}`,
  )
  return log
}

/** The permission bits of the node at `path`. */
function mode(path: string): string {
  const node = lookup(path)
  return typeof node === 'number' ? String(node) : (node.i_mode & 0o7777).toString(8).padStart(4, '0')
}

t.test('device.new takes a table with a name', async (t) => {
  t.strictSame(made(t, ['', 'nil', '"x"', '{}', '{name = 42}', '{name = true}', '{name = {}}']), [
    "bad argument #1 to 'device.new' (table expected, got no value)",
    "bad argument #1 to 'device.new' (table expected, got nil)",
    "bad argument #1 to 'device.new' (table expected, got string)",
    "bad field 'name' (string expected, got nil)",
    "bad field 'name' (string expected, got number)",
    "bad field 'name' (string expected, got boolean)",
    "bad field 'name' (string expected, got table)",
  ])
  t.equal(lunatik_ledger().length, 1, 'no device is left of them')
})

t.test('one table makes several devices, and may have its name from its metatable', async (t) => {
  const log = logged(t)
  runtime(
    t,
    `local device = require("device")
     local d = {name = "one", read = function(self) return self.name end}
     device.new(d) d.name = "two" device.new(d)
     device.new(setmetatable({}, {__index = {name = "three", read = function() return "inherited" end}}))
     local keys = {} for k in pairs(device) do keys[#keys + 1] = k end print(table.concat(keys, " "))`,
  )
  t.equal(await (await open('one')).read(), 'two')
  t.equal(await (await open('two')).read(), 'two')
  t.equal(await (await open('three')).read(), 'inherited')
  t.strictSame(log, ['new'])
})

t.test('a name in use is -17 and leaves its device alone, also to the end of the one that failed', async (t) => {
  const log = logged(t)
  const first = runtime(t, 'require("device").new{name = "clash", read = function() return "first" end}')
  const file = await open('clash')
  const second = runtime(
    t,
    `local device = require("device") print(pcall(device.new, {name = "clash"})) collectgarbage()
     device.new{name = "clash_third", read = function() return "third" end}`,
  )
  t.equal(log[0], 'luadevice: clash: a device has this name already (EEXIST)')
  t.equal(log[1], 'false\tfailed to create a new device (-17)')
  t.equal(await (await open('clash_third')).read(), 'third')
  lunatik_stop(second)
  t.equal(await file.read(), 'first')
  t.equal(await (await open('clash')).read(), 'first')
  t.equal(await tryOpen('clash_third'), -ENOENT)
  runtime(t, 'print(pcall(require("device").new, {name = "clash"}))')
  t.equal(log.at(-1), log[1], 'the name is still the first one’s')
  lunatik_stop(first)
  t.equal(await tryOpen('clash'), -ENOENT)
  t.strictSame([...(root.i_children?.keys() ?? [])], [])
})

t.test('a slash or an exclamation mark in a name makes a folder, which goes with its last device', async (t) => {
  const r = runtime(
    t,
    `local device = require("device")
     for _, name in ipairs{"dn with space", "dn!bang", "dnsub/dev", "/dnabs", ".dnhidden", "dn\\nnl", "dn:colon", "100%", "%s%n"} do
       device.new{name = name, read = function() return "[" .. name .. "]" end}
     end`,
  )
  for (const [path, name] of [
    ['dn with space', 'dn with space'],
    ['dn/bang', 'dn!bang'],
    ['dnsub/dev', 'dnsub/dev'],
    ['dnabs', '/dnabs'],
    ['.dnhidden', '.dnhidden'],
    ['dn\nnl', 'dn\nnl'],
    ['dn:colon', 'dn:colon'],
    ['100%', '100%'],
    ['%s%n', '%s%n'],
  ] as const) {
    t.equal(await (await open(path)).read(), `[${name}]`)
  }
  t.equal(mode('dn'), '0755')
  t.equal(await tryOpen('dn'), -EISDIR, 'a folder opened for writing')
  lunatik_stop(r)
  t.strictSame([...(root.i_children?.keys() ?? [])], [])
})

t.test('names that no node can have make devices without one, and the empty name is -22', async (t) => {
  const log = logged(t)
  runtime(
    t,
    `local device = require("device")
     for _, name in ipairs{"..", "", ("L"):rep(255), ("M"):rep(256)} do
       print(pcall(device.new, {name = name}) and "made" or select(2, pcall(device.new, {name = name})))
     end`,
  )
  t.strictSame(
    log.filter((line) => !line.startsWith('devtmpfs: ')),
    ['made', 'failed to create a new device (-22)', 'made', 'made'],
  )
  t.strictSame([...(root.i_children?.keys() ?? [])], ['L'.repeat(255)])
})

t.test('a name ends at its first NUL', async (t) => {
  runtime(t, 'require("device").new{name = "dn\\0nul"}')
  t.type(await open('dn'), 'object')
})

t.test('mode has permission bits; without one, with 0 or with what is no number it is 0600', async (t) => {
  runtime(
    t,
    `local device = require("device")
     for name, mode in pairs{m_rw = 438, m_0640 = 416, m_zero = 0, m_07777 = 4095, m_str = "292", m_text = "rw", m_tab = {},
       m_true = true, m_neg = -1, m_big = 0x123401b6} do
       device.new{name = name, mode = mode}
     end
     device.new{name = "m_default"}`,
  )
  t.strictSame(
    ['rw', '0640', 'zero', '07777', 'str', 'text', 'tab', 'true', 'neg', 'big', 'default'].map((m) => mode(`m_${m}`)),
    ['0666', '0640', '0600', '7777', '0444', '0600', '0600', '0600', '7777', '0666', '0600'],
  )
  t.equal((lookup('m_rw') as { i_uid: number }).i_uid, 0)
})

t.test('an unlinked node may be gone while its device lives, and the name stays the device’s', async (t) => {
  const log = logged(t)
  runtime(t, 'require("device").new{name = "unlinked", read = function() return "x" end}')
  const file = await open('unlinked')
  t.equal(vfs_unlink('unlinked'), 0)
  t.equal(await file.read(), 'x')
  runtime(t, 'print(select(2, pcall(require("device").new, {name = "unlinked"})))')
  t.strictSame(log, [
    'luadevice: unlinked: a device has this name already (EEXIST)',
    'failed to create a new device (-17)',
  ])
})

for (const [context, opt] of [
  ['softirq', LUNATIK_OPT_SOFTIRQ],
  ['hardirq', LUNATIK_OPT_HARDIRQ],
] as const) {
  t.test(`a ${context} runtime has no devices`, async (t) => {
    const dir = scripts(t, { 'irq.lua': '\nrequire("device").new{name = "irq"}' })
    const made = (await lunatik_newruntime('irq', opt)) as { runtime: lunatik_object_t | null; message: string }
    t.equal(made.message, `${dir}/irq.lua:2: 'device': process-context class in interrupt-context runtime`)
    t.equal(await tryOpen('irq'), -ENOENT)
    t.strictSame(lunatik_ledger(), [])
  })
}

t.test('a script that fails after it has made devices leaves none', async (t) => {
  scripts(t, { 'halfway.lua': 'require("device").new{name = "half"}\nerror("after device")' })
  const made = await lunatik_newruntime('halfway', 0)
  t.match(made.message, /halfway.lua:2: after device$/)
  t.equal(await tryOpen('half'), -ENOENT)
})
