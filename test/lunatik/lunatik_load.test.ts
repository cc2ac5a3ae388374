import { mkdirSync, symlinkSync } from 'node:fs'
import t from 'tap'
import { LUA_ERRFILE, luaL_loadbufferx } from '../../src/lua/lauxlib.js'
import { LUA_ERRSYNTAX, LUA_OK, lua_pcall, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { luaL_dofile, luaL_loadfile, luaL_loadfilex, lunatik_loadscript } from '../../src/lunatik/lunatik_load.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { wide } from '../engine.js'
import { callF, sleeping, WAITS } from '../lib/devices.js'
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

t.test('loadfile, dofile and searchpath read scripts, whose first line is no comment, as on a kernel', async (t) => {
  const dir = scripts(t, {
    'x.lua': '\nreturn debug.getinfo(1, "l").currentline',
    'y.lua': '#!/usr/bin/lua\nreturn 1',
    'bad.lua': '= 1',
  })
  const r = runtime(t, '')
  t.equal(evaluate(r, `return dofile("${dir}/x.lua")`), '2')
  t.equal(evaluate(r, `return loadfile("${dir}/x.lua")()`), '2')
  t.equal(evaluate(r, `return select(2, loadfile("${dir}/y.lua"))`), `${dir}/y.lua:1: unexpected symbol near '#'`)
  t.equal(evaluate(r, `return select(2, loadfile("${dir}/none.lua"))`), `cannot open ${dir}/none.lua`)
  t.match(evaluate(r, `return select(2, loadfile("${dir}/bad.lua"))`), /bad.lua:1: unexpected symbol/)
  t.equal(evaluate(r, `return dofile("${dir}/none.lua")`), `cannot open ${dir}/none.lua`)
  t.equal(evaluate(r, `return package.searchpath("x", "${dir}/?.lua")`), `${dir}/x.lua`)
  t.match(evaluate(r, `return select(2, package.searchpath("q.r", "${dir}/?.lua"))`), `no file '${dir}/q/r.lua'`)
})

t.test('luaL_loadfilex, luaL_loadfile and luaL_dofile, for modules', async (t) => {
  const dir = scripts(t, { 'x.lua': 'return debug.getinfo(1, "S").source', 'bad.lua': '= 1' })
  const r = runtime(t, '')
  lunatik_run(r, (L) => {
    t.equal(luaL_loadfilex(L, `${dir}/x.lua`, 't'), LUA_OK)
    t.equal(lua_pcall(L, 0, 1, 0), LUA_OK)
    t.equal(lua_tostring(L, -1), `@${dir}/x.lua`)
    t.equal(luaL_loadfilex(L, `${dir}/x.lua`, 'b'), LUA_ERRSYNTAX)
    t.equal(lua_tostring(L, -1), "attempt to load a text chunk (mode is 'b')")
    t.equal(luaL_loadfile(L, `${dir}/none.lua`), LUA_ERRFILE)
    t.equal(lua_tostring(L, -1), `cannot open ${dir}/none.lua`)
    t.equal(luaL_loadfile(L, null), LUA_ERRFILE)
    t.equal(lua_tostring(L, -1), 'cannot open (null)')
    t.equal(luaL_dofile(L, `${dir}/bad.lua`), LUA_ERRSYNTAX)
    t.equal(luaL_dofile(L, `${dir}/x.lua`), LUA_OK)
    t.equal(lua_tostring(L, -1), `@${dir}/x.lua`)
    return 0
  })
})

t.test('a file with integers of 64 bits and what is new in Lua 5.4', { skip: !wide && 'is refused' }, async (t) => {
  const dir = scripts(t, {
    'script.lua': '',
    'close.lua': 'local n = 0 do local c <close> = setmetatable({}, {__close = function() n = n + 1 end}) end return n',
    'wide.lua': 'return 0x7fffffffffffffff',
  })
  const r = runtime(t, '')
  lunatik_conf.root = [dir]
  t.equal(evaluate(r, `return dofile("${dir}/close.lua")`), '1')
  t.equal(evaluate(r, `return dofile("${dir}/wide.lua")`), '9223372036854775807')
  lunatik_run(r, (L) => {
    t.equal(lunatik_loadscript(L, 'wide'), LUA_OK)
    return 0
  })
})

const skip = wide && 'this engine has 64 bits and Lua 5.4'

t.test('a file that this Lua would misread is refused as a syntax error is, a string is not', { skip }, async (t) => {
  const dir = scripts(t, {
    'script.lua': '',
    'close.lua': '\n\nlocal x <close> = nil',
    'wide.lua': 'return 0x100000000',
    'syntax.lua': '\n= 1',
  })
  const r = runtime(t, '')
  lunatik_conf.root = [dir]
  const why = `${dir}/close.lua:3: '<close>' is Lua 5.4: fengari, this engine, has Lua 5.3`
  const wide = `${dir}/wide.lua:1: 0x100000000 is an integer of 64 bits: fengari, this engine, has 32 bits`
  t.equal(evaluate(r, `return select(2, loadfile("${dir}/close.lua"))`), why)
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

t.test('no folder, no device and no loop of links is read', async (t) => {
  const dir = scripts(t, { 'free/x.lua': 'return 1' })
  mkdirSync(`${dir}/folder.lua`)
  symlinkSync('free', `${dir}/link`)
  symlinkSync('loop.lua', `${dir}/loop.lua`)
  const r = runtime(t, '')
  t.equal(evaluate(r, `return dofile("${dir}/free/../link/x.lua")`), '1')
  for (const path of ['loop.lua', 'folder.lua', 'none.lua', 'free/x.lua/', 'free/x.lua/x']) {
    t.match(evaluate(r, `return dofile("${dir}/${path}")`), 'cannot open', path)
  }
  t.match(evaluate(r, 'return dofile("/dev/zero")'), 'cannot open')
})

t.test('require gives what a module returns and where it was found, and loads it once', async (t) => {
  const dir = scripts(t, {
    'script.lua': '',
    'value.lua': 'loads = (loads or 0) + 1 return {...}',
    'nothing.lua': 'nothings = (nothings or 0) + 1',
    'falsy.lua': 'falsies = (falsies or 0) + 1 return false',
    'own.lua': 'package.loaded.own = "put there" return nil',
    'other.lua': 'package.loaded.other = "put there" return "returned"',
    'raises.lua': 'raised = (raised or 0) + 1 error("while it loads")',
    'cycle.lua': 'return require("cycle2")',
    'cycle2.lua': 'depth = (depth or 0) + 1 if depth > 3 then return "out" end return require("cycle")',
  })
  const r = runtime(t, '')
  lunatik_conf.root = [dir]
  evaluate(r, `package.path = "${dir}/?.lua"`)
  const show = (chunk: string) =>
    evaluate(
      r,
      `local t = table.pack(${chunk}) for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, " ")`,
    )
  t.equal(show('type(require("value")), select(2, require("value"))'), 'table', 'the second time nobody looks for it')
  t.equal(show('#require("value"), require("value")[1], require("value")[2], loads'), `2 value ${dir}/value.lua 1`)
  t.equal(show('require("nothing")'), `true ${dir}/nothing.lua`)
  t.equal(show('require("nothing"), package.loaded.nothing, nothings'), 'true true 1')
  t.equal(show('require("falsy")'), `false ${dir}/falsy.lua`)
  t.equal(show('require("falsy")'), `false ${dir}/falsy.lua`, 'false is not loaded')
  t.equal(show('falsies'), '2')
  t.equal(show('require("own")'), `put there ${dir}/own.lua`)
  t.equal(show('require("other")'), `returned ${dir}/other.lua`)
  t.equal(show('package.loaded.other'), 'returned')
  t.equal(show('pcall(require, "raises")'), `false ${dir}/raises.lua:1: while it loads`)
  t.equal(show('select("#", pcall(require, "raises")), raised, package.loaded.raises'), '2 2 nil')
  t.equal(show('require("cycle")'), `out ${dir}/cycle.lua`)
  t.equal(show('depth'), '4')
  t.equal(show('(function() package.loaded.value = nil return type(require("value")) end)(), loads'), 'table 2')
})

t.test('require asks the searchers that there are, in their order', async (t) => {
  await import('../../src/lib/luadata.js')
  const r = runtime(t, '')
  t.equal(
    evaluate(r, 'package.preload.p = function(...) return table.concat({...}, " ") end return require("p")'),
    'p :preload:',
  )
  t.equal(evaluate(r, 'return select(2, require("data"))'), null, 'what C defines has no data')
  t.equal(evaluate(r, 'package.loaded.data = nil return select("#", require("data"))'), '2')
  const own = `table.insert(package.searchers, 1, function(name)
    if name == "mine" then return function(n, data) return n .. data end, "!" end
    return "\\n\\tmine does not know '" .. name .. "'"
  end)`
  t.equal(evaluate(r, `${own} return table.concat({require("mine")}, " ")`), 'mine! !')
  t.equal(
    evaluate(
      r,
      'while #package.searchers > 1 do table.remove(package.searchers) end return select(2, pcall(require, "none"))',
    ),
    "module 'none' not found:\n\tmine does not know 'none'",
  )
  t.match(evaluate(r, 'package.searchers = 5 require("x")'), "'package.searchers' must be a table")
  t.match(evaluate(r, 'require()'), "bad argument #1 to 'require' (string expected, got no value)")
})

t.test('a module may sleep while it loads, raise after that, and require others that sleep', async (t) => {
  const r = runtime(
    t,
    `${WAITS}
     package.preload.inner = function(name) return name .. schedule(1) end
     package.preload.outer = function() schedule(1) return (require("inner")) .. schedule(1) end
     package.preload.fails = function() schedule(1) error("late", 0) end
     package.preload.nothing = function() schedule(1) end
     function f()
       return table.concat({
         require("outer"), require("outer"), tostring(require("nothing")), tostring(package.loaded.nothing),
         select(2, pcall(require, "fails")), tostring(package.loaded.fails), select(2, pcall(require, "fails")),
       }, " ")
     end`,
  )
  t.equal(await callF(r), 'innersleptslept innersleptslept true true late nil late')
  t.equal(sleeping.count, 0)
})
