// process: its own
import t from 'tap'
import { luaL_dostring, luaL_newstate } from '../../src/lua/lauxlib.js'
import { LUA_ERRRUN, LUA_OK, lua_close, lua_gettop, type lua_State } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_runtime } from '../../src/lunatik/lunatik_core.js'
import { luaL_openlibs } from '../../src/lunatik/lunatik_lib.js'
import { collects } from '../engine.js'
import { logged, scripts } from './states.js'

/** Runs a script; returns what it logged. */
function script(t: Parameters<typeof logged>[0], text: string): string[] {
  const log = logged(t)
  scripts(t, { 'script.lua': text })
  lunatik_runtime({ value: null }, 'script', true)
  return log
}

t.test('print writes one record, its arguments joined by tabs', async (t) => {
  t.strictSame(script(t, 'print("a", 1, nil, true, "x\\ny") print()'), ['a\t1\tnil\ttrue\tx\ny', ''])
})
t.test('print uses __tostring', async (t) => {
  t.strictSame(script(t, 'print(setmetatable({}, { __tostring = function() return "T" end }))'), ['T'])
})
t.test('warnings are on from the start, as in Lua 5.5, until they are switched off', async (t) => {
  t.strictSame(script(t, 'warn("a", "b") warn("@off") warn("unseen") warn("@on") warn("@other") warn("c")'), [
    'Lua warning: ab',
    'Lua warning: c',
  ])
})
t.test('what would reach into the server is missing', async (t) => {
  t.strictSame(
    script(t, 'print(io.popen, io.stdout, os, package.cpath, debug.debug, debug.setcstacklimit, #package.searchers)'),
    ['nil\tnil\tnil\tnil\tnil\tnil\t3'],
  )
})
t.test('a script cannot take the hook away that keeps the deadline', async (t) => {
  const log = script(t, 'debug.sethook()')
  t.match(log[0], "'sethook' is not available")
})
t.test('package.loadlib is there, but loads nothing', async (t) => {
  t.strictSame(script(t, 'print(package.loadlib("libc.so.6", "*"))'), [
    'nil\tdynamic libraries not enabled; check your Lua installation\tabsent',
  ])
})
t.test('collectgarbage counts bytes, where Lua has a collector', async (t) => {
  const text = 'print(collectgarbage(), collectgarbage("count") > 1000, math.ult(collectgarbage("count"), 1 << 20))'
  t.strictSame(script(t, text), [collects ? '0\ttrue\ttrue' : '0\tfalse\ttrue'])
})
t.test('a loop while the script loads ends at the deadline', async (t) => {
  const { deadline } = lunatik_conf
  lunatik_conf.deadline = 50
  t.match(script(t, 'while true do end')[0], /script.lua:1: no return within 50 ms/)
  lunatik_conf.deadline = deadline
})
t.test('luaL_openlibs opens them in a state of its own too', async (t) => {
  const log = logged(t)
  const dir = scripts(t, { 'm.lua': 'return "a module"' })
  const L = luaL_newstate() as lua_State
  luaL_openlibs(L)
  t.equal(lua_gettop(L), 0)
  t.equal(luaL_dostring(L, `print(7/2, #io.type, os, dofile("${dir}/m.lua"), (require("m")))`), LUA_ERRRUN)
  t.equal(luaL_dostring(L, `print(7/2, type(io.open), os, dofile("${dir}/m.lua"), (require("m")))`), LUA_OK)
  t.same(log, ['3\tfunction\tnil\ta module\ta module'])
  lua_close(L)
})
