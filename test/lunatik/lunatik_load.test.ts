import { mkdirSync, symlinkSync } from 'node:fs'
import t from 'tap'
import { luaL_loadbufferx } from '../../src/lua/lauxlib.js'
import { LUA_ERRSYNTAX, LUA_OK, lua_pcall, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { lunatik_loadscript } from '../../src/lunatik/lunatik_load.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { runtime, scripts } from './states.js'

/** What a chunk returns as its first result, or the error's message. */
function evaluate(r: lunatik_object_t, chunk: string): string | null {
  let result: string | null = null
  lunatik_run(r, (L) => {
    if (luaL_loadbufferx(L, Buffer.from(chunk), '=chunk', null) === LUA_OK) lua_pcall(L, 0, 1, 0)
    result = lua_tostring(L, -1)
    return 0
  })
  return result
}

t.test('require finds modules in every root, as files and as init.lua', async (t) => {
  const other = scripts(t, { 'far.lua': 'return "far"' })
  const r = runtime(t, '')
  lunatik_conf.root.push(other)
  const dir = scripts(t, { 'script.lua': '', 'a/b.lua': 'return ...', 'c/init.lua': 'return "init"', 'bad.lua': '= 1' })
  lunatik_conf.root.push(other)
  const { lunatik_runtime, lunatik_stop } = await import('../../src/lunatik/lunatik_core.js')
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  t.equal(lunatik_runtime(pruntime, 'script', true), 0)
  const here = pruntime.value as lunatik_object_t
  t.equal(evaluate(here, 'return require("a.b")'), 'a.b')
  t.equal(evaluate(here, 'return require("c")'), 'init')
  t.equal(evaluate(here, 'return require("far")'), 'far')
  t.match(evaluate(here, 'return require("bad")'), `error loading module 'bad' from file '${dir}/bad.lua':`)
  t.equal(
    evaluate(here, 'return require("no.ne")'),
    "error loading module 'no.ne' from file 'no.ne':\n\tluaopen_no_ne not found in kernel symbol table",
  )
  t.match(evaluate(here, 'package.path = nil return require("none")'), "'package.path' must be a string")
  lunatik_stop(here)
  t.match(evaluate(r, 'return package.path'), '?/init.lua')
})

t.test('loadfile, dofile and searchpath read scripts, with a first line of #! left out', async (t) => {
  const dir = scripts(t, {
    'x.lua': '#!/usr/bin/lua\nreturn debug.getinfo(1, "l").currentline',
    'y.lua': '#',
    'bad.lua': '= 1',
  })
  const r = runtime(t, '')
  t.equal(evaluate(r, `return dofile("${dir}/x.lua")`), '2')
  t.equal(evaluate(r, `return loadfile("${dir}/x.lua")()`), '2')
  t.equal(evaluate(r, `return loadfile("${dir}/y.lua")()`), null)
  t.equal(evaluate(r, `return select(2, loadfile("${dir}/none.lua"))`), `cannot open ${dir}/none.lua`)
  t.match(evaluate(r, `return select(2, loadfile("${dir}/bad.lua"))`), /bad.lua:1: unexpected symbol/)
  t.equal(evaluate(r, `return dofile("${dir}/none.lua")`), `cannot open ${dir}/none.lua`)
  t.equal(evaluate(r, `return package.searchpath("x", "${dir}/?.lua")`), `${dir}/x.lua`)
  t.match(evaluate(r, `return select(2, package.searchpath("q.r", "${dir}/?.lua"))`), `no file '${dir}/q/r.lua'`)
})

t.test('a file that this Lua would misread is refused as a syntax error is, a string is not', async (t) => {
  const dir = scripts(t, {
    'script.lua': '',
    'const.lua': '#!/usr/bin/lua\n\nlocal x <const> = 5',
    'wide.lua': 'return 0x100000000',
    'syntax.lua': '\n= 1',
  })
  const r = runtime(t, '')
  lunatik_conf.root = [dir]
  const why = `${dir}/const.lua:3: '<const>' is Lua 5.4: fengari, this engine, has Lua 5.3`
  const wide = `${dir}/wide.lua:1: 0x100000000 is an integer of 64 bits: fengari, this engine, has 32 bits`
  t.equal(evaluate(r, `return select(2, loadfile("${dir}/const.lua"))`), why)
  t.equal(evaluate(r, `return dofile("${dir}/wide.lua")`), wide)
  t.equal(
    evaluate(r, `return select(2, loadfile("${dir}/syntax.lua"))`),
    `${dir}/syntax.lua:2: unexpected symbol near '='`,
  )
  t.equal(
    evaluate(r, `package.path = "${dir}/?.lua" return require("wide")`),
    `error loading module 'wide' from file '${dir}/wide.lua':\n\t${wide}`,
  )
  t.equal(evaluate(r, 'return 0x100000001'), '1')

  lunatik_run(r, (L) => {
    t.equal(lunatik_loadscript(L, 'wide'), LUA_ERRSYNTAX)
    t.equal(lua_tostring(L, -1), wide)
    t.equal(lunatik_loadscript(L, 'syntax'), LUA_ERRSYNTAX)
    return 0
  })
})

t.test('nothing of a served mount, no folder and no device is read', async (t) => {
  const dir = scripts(t, { 'served/x.lua': 'return 1', 'free/x.lua': 'return 1' })
  mkdirSync(`${dir}/folder.lua`)
  symlinkSync(`${dir}/served`, `${dir}/link`)
  symlinkSync('../served/x.lua', `${dir}/free/y.lua`)
  symlinkSync('loop.lua', `${dir}/loop.lua`)
  const r = runtime(t, '')
  lunatik_conf.served = [`${dir}/served`]
  t.equal(evaluate(r, `return dofile("${dir}/free/x.lua")`), '1')
  for (const path of ['served/x.lua', 'free/../served/x.lua', 'link/x.lua', 'free/y.lua', 'loop.lua', 'folder.lua']) {
    t.match(evaluate(r, `return dofile("${dir}/${path}")`), 'cannot open', path)
  }
  t.match(evaluate(r, 'return dofile("/dev/zero")'), 'cannot open')
})
