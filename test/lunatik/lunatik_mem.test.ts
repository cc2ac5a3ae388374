import t from 'tap'
import {
  LUA_ERRMEM,
  LUA_OK,
  lua_getglobal,
  lua_pcall,
  lua_pushcfunction,
  lua_pushinteger,
  type lua_State,
  lua_settop,
  lua_tostring,
} from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { lunatik_allocated, lunatik_free, lunatik_malloc, lunatik_realloc } from '../../src/lunatik/lunatik_mem.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import { LUNATIK_OPT_NONE } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_closeobject, lunatik_deleteobject, lunatik_newobject } from '../../src/lunatik/lunatik_userdata.js'
import { collects, limitMemory } from '../engine.js'
import { logged, runtime } from './states.js'

/** Runs `f` in a runtime that may have `memory` bytes beside those of its Lua. */
function limited(t: Parameters<typeof runtime>[0], memory: number, f: (L: lua_State) => void) {
  const r = runtime(t, '')
  const before = lunatik_conf.memory
  lunatik_run(r, (L) => {
    limitMemory(L, memory)
    f(L)
    return 0
  })
  lunatik_conf.memory = before
  return r
}

t.test('what is allocated counts until it is freed', async (t) => {
  const r = limited(t, 100, (L) => {
    const first = lunatik_malloc(L, 60)
    t.equal(first?.length, 60)
    t.equal(lunatik_malloc(L, 41), null, 'one byte too many')
    const second = lunatik_malloc(L, 40)
    t.equal(second?.length, 40)
    lunatik_free(first)
    t.equal(lunatik_malloc(L, 60)?.length, 60)
    lunatik_free(second)
    lunatik_free(null)
  })
  t.equal(lunatik_allocated(r), 60)
})

t.test('lunatik_realloc keeps the content and the count; what fails leaves the old memory', async (t) => {
  const r = limited(t, 100, (L) => {
    const p = lunatik_realloc(L, null, 4) as Uint8Array
    p.set([1, 2, 3, 4])
    const q = lunatik_realloc(L, p, 100) as Uint8Array
    t.strictSame([...q.subarray(0, 5)], [1, 2, 3, 4, 0])
    t.equal(lunatik_realloc(L, q, 101), null)
    const s = lunatik_realloc(L, q, 2) as Uint8Array
    t.strictSame([...s], [1, 2])
    t.equal(lunatik_realloc(L, s, 0), null)
  })
  t.equal(lunatik_allocated(r), 0)
})

t.test('freeing twice, or what is not ours, is reported with its place', async (t) => {
  const log = logged(t)
  limited(t, 100, (L) => {
    const p = lunatik_malloc(L, 1) as Uint8Array
    lunatik_free(p)
    lunatik_free(p)
    t.equal(lunatik_realloc(L, p, 2), null)
    lunatik_free(new Uint8Array(1))
  })
  t.equal(log.length, 3)
  for (const line of log) t.match(line, /of memory that is not lunatik_malloc's, or was freed: .*lunatik_mem.test/)
})

t.test("an object's private data count until it is closed or released", async (t) => {
  const methods = [
    { name: '__gc', func: lunatik_deleteobject },
    { name: 'close', func: lunatik_closeobject },
  ]
  const cls = { name: 'memtest', methods, opt: LUNATIK_OPT_NONE }
  const make = (L: lua_State) => {
    lunatik_newobject(L, cls, 60 << 10, LUNATIK_OPT_NONE)
    return 1
  }
  const open = LUNATIK_NEWLIB('memtest', [], [cls])
  const r = limited(t, 100 << 10, (L) => {
    lua_pushcfunction(L, open)
    lua_pcall(L, 0, 0, 0)
    for (let i = 0; i < 3; i++) {
      lua_settop(L, 0)
      make(L)
      lua_pushcfunction(L, make)
      t.not(lua_pcall(L, 0, 1, 0), LUA_OK)
      t.equal(lua_tostring(L, -1), 'not enough memory')
      lunatik_closeobject(L)
    }
  })
  t.equal(lunatik_allocated(r), 0)
})

t.test('objects that nobody uses any more stop counting, in call after call', async (t) => {
  logged(t)
  const cls = { name: 'memgarbage', methods: [{ name: '__gc', func: lunatik_deleteobject }], opt: LUNATIK_OPT_NONE }
  const open = LUNATIK_NEWLIB('memgarbage', [], [cls])
  const r = runtime(t, '')
  lunatik_run(r, (L) => {
    lua_pushcfunction(L, open)
    return lua_pcall(L, 0, 0, 0)
  })
  const make = (L: lua_State) => lunatik_newobject(L, cls, 1 << 10, LUNATIK_OPT_NONE).kref
  // Objects so small that V8 sees no reason of its own to look for garbage.
  let failed = 0
  for (let i = 0; i < 120_000; i++) {
    if (lunatik_run(r, make) !== 1) failed++
    if (i % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(failed, 0)
  t.ok(lunatik_allocated(r) < 64 << 20)
})

const skip = !collects && "what Lua uses is JavaScript's"

t.test('what Lua uses and what is allocated share one limit', { skip }, async (t) => {
  const { memory } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { memory }))
  lunatik_conf.memory = 4 << 20
  const r = runtime(t, 'function make(n) return #("x"):rep(n) end')
  const make = (L: lua_State, n: number) => {
    lua_getglobal(L, 'make')
    lua_pushinteger(L, n)
    const status = lua_pcall(L, 1, 1, 0)
    const result = lua_tostring(L, -1)
    lua_settop(L, 0)
    return status === LUA_OK ? Number(result) : result
  }
  lunatik_run(r, (L) => {
    for (let i = 0; i < 3; i++) {
      t.equal(make(L, 3 << 20), 3 << 20)
      const block = lunatik_malloc(L, 2 << 20)
      t.equal(block?.length, 2 << 20, 'what nobody uses makes room')
      t.equal(make(L, 3 << 20), 'not enough memory')
      t.equal(make(L, 1 << 20), 1 << 20)
      lunatik_free(block)
      t.equal(make(L, 3 << 20), 3 << 20)
    }
    return 0
  })
})

t.test('a script that fills its memory gets an error, again and again', { skip }, async (t) => {
  const { memory } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { memory }))
  lunatik_conf.memory = 2 << 20
  const r = runtime(
    t,
    `function fill() local t = {} while true do t[#t + 1] = {#t} end end
     function f() local _, message = pcall(fill) return message end`,
  )
  for (let i = 0; i < 5; i++) {
    lunatik_run(r, (L) => {
      lua_getglobal(L, 'f')
      t.equal(lua_pcall(L, 0, 1, 0), LUA_OK)
      t.equal(lua_tostring(L, -1), 'not enough memory')
      lua_getglobal(L, 'fill')
      t.equal(lua_pcall(L, 0, 0, 0), LUA_ERRMEM)
      return 0
    })
  }
  t.equal(lunatik_allocated(r), 0)
})
