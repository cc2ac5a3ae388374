// The twin of objtest.c beside what objtest.c printed on a kernel.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { LUA_OK, lua_getglobal, lua_pcall, lua_pushstring, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_run, lunatik_runtime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { lunatik_ledger, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { objtest_exit, objtest_init } from '../fixtures/objtest.js'
import { logged, scripts } from '../lunatik/states.js'

const capi = new URL('../../../test/conformance/capi/', import.meta.url)
const recorded = (name: string) => readFileSync(new URL(name, capi), 'utf8')

/** A script that evaluates expressions as lua/objeval.lua does, which reads them from a file. */
const evaluator = `
local ot = require("objtest")
local function show(v) if type(v) == "string" then return string.format("%q", v):gsub("\\\\?\\n", "\\\\n"):gsub("0x%x+", "PTR") end return (tostring(v):gsub("0x%x+", "PTR"):gsub(": %x%x%x%x%x%x%x+", ": PTR")) end
O = ot
function keys(t) local r = {} for k in pairs(t) do r[#r + 1] = tostring(k) end table.sort(r) return table.concat(r, " ") end
function evaluate(src)
  local fn, e = load("return " .. src, "=chunk")
  if not fn then fn, e = load(src, "=chunk") end
  if not fn then return src .. "  =>  COMPILE " .. show(e) end
  local r = table.pack(pcall(fn)) local t = {} for i = 2, r.n do t[#t + 1] = (show(r[i])) end
  return src .. "  =>  " .. (r[1] and "" or "ERROR ") .. table.concat(t, "  ")
end
`

/** Lines that rightly differ, and why. */
const different: readonly (readonly [RegExp, string])[] = [
  [/O\.single\(78\)|O\.priv\(83\)/, "the error's newline at its end is a fault of the kernel's code"],
  [/^O\.setstring\{name = "12345678"\}/, 'the document truncates'],
  [/pcall\(O\.checkinteger/, "which of a module's names package.loaded gives first is chance"],
]

t.test('what it logs while it starts is what the kernel logged', async (t) => {
  const log = logged(t)
  const dir = scripts(
    t,
    Object.fromEntries(['objrt_one', 'objrt_two'].map((name) => [`${name}.lua`, recorded(`lua/${name}.lua`)])),
  )
  t.equal(objtest_init(), 0)
  // The kernel's print makes a record of each argument, of tabs too, and -EINVAL is the document's.
  const kernel = recorded('transcripts/obj_init.dmesg')
    .replaceAll('/lib/modules/lua', dir)
    .replaceAll(/\n\t\n/g, '\t')
    .replace('objrt_missing = -8', 'objrt_missing = -22')
  t.strictSame(
    log.filter((line) => !line.startsWith('objtest: release')),
    kernel.trimEnd().split('\n'),
  )
  log.length = 0
  objtest_exit()
  t.strictSame(
    log.filter((line) => !line.includes('release')),
    ['objtest: refs at exit: 1', 'objtest: putobject = 0', 'objtest: putobject = 1', 'objtest: putobject single = 1'],
  )
  t.strictSame(lunatik_ledger(), [], 'nothing is left')
})

t.test('each expression gives what it gave on the kernel', async (t) => {
  logged(t)
  scripts(t, Object.fromEntries(['objrt_one', 'objrt_two'].map((name) => [`${name}.lua`, recorded(`lua/${name}.lua`)])))
  objtest_init()
  const others = ['objsub', 'objsub2', 'objsoft'].map((name) => [`${name}.lua`, recorded(`lua/${name}.lua`)])
  scripts(t, { 'objeval.lua': evaluator, ...Object.fromEntries(others) })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  t.equal(lunatik_runtime(pruntime, 'objeval', true), 0)
  const runtime = pruntime.value as lunatik_object_t
  const evaluate = (src: string) => {
    let line: string | null = null
    lunatik_run(runtime, (L) => {
      lua_getglobal(L, 'evaluate')
      lua_pushstring(L, src)
      t.equal(lua_pcall(L, 1, 1, 0), LUA_OK)
      line = lua_tostring(L, -1)
      return 0
    })
    return line
  }
  const expected = recorded('transcripts/obj_eval.txt').trimEnd().split('\n')
  for (const line of expected) {
    const src = line.slice(0, line.indexOf('  =>  '))
    const got = evaluate(src)
    const difference = different.find(([pattern]) => pattern.test(src))
    if (difference !== undefined) t.not(got, line, `${src}: ${difference[1]}`)
    else if (src.startsWith('O.isready')) t.equal(got, 'O.isready()  =>  true', 'the script has loaded by now')
    else t.equal(got, line, src)
  }
  t.equal(lunatik_stop(runtime), 1)
  objtest_exit()
  t.strictSame(lunatik_ledger(), [], 'nothing is left')
})
