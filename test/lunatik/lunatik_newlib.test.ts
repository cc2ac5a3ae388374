// The names of lunatik.h that upstream's own bindings use, beside those of the document.
import t from 'tap'
import { lunatik_env } from '../../src/lib/lunatik.js'
import { luaL_dostring } from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TNIL,
  LUA_TSTRING,
  lua_gettop,
  lua_pushstring,
  type lua_State,
  lua_setglobal,
  lua_settop,
  lua_tolstring,
  lua_tostring,
} from '../../src/lua/lua.js'
import { lunatik_lookup } from '../../src/lunatik/lunatik_aux.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run, lunatik_toruntime } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_VERSION } from '../../src/lunatik/lunatik_lib.js'
import {
  lunatik_allocated,
  lunatik_checkalloc,
  lunatik_checkzalloc,
  lunatik_pushstring,
} from '../../src/lunatik/lunatik_mem.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB, LUNATIK_OPENER } from '../../src/lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_createobject,
  lunatik_isirq,
  lunatik_ismonitor,
  lunatik_issingle,
  lunatik_issoftirq,
  type lunatik_object_t,
  lunatik_putobject,
} from '../../src/lunatik/lunatik_obj.js'
import { lunatik_getregistry, lunatik_register, lunatik_unregister } from '../../src/lunatik/lunatik_registry.js'
import {
  lunatik_deleteobject,
  lunatik_pushobject,
  lunatik_require,
  lunatik_setruntime,
} from '../../src/lunatik/lunatik_userdata.js'
import { limitMemory } from '../engine.js'
import { raised } from '../lua/bare.js'
import { runtime } from './states.js'

const inRuntime = (t: Parameters<typeof runtime>[0], f: (L: lua_State) => void) =>
  lunatik_run(runtime(t, ''), (L) => {
    // What the script returned.
    lua_settop(L, 0)
    f(L)
    return 0
  })

let opened = 0
const opener = LUNATIK_OPENER('newlib_opened')
const openedClass: lunatik_class_t = {
  name: 'newlib_opened',
  methods: [{ name: '__gc', func: lunatik_deleteobject }],
  opener: (L) => {
    opened++
    return opener(L)
  },
  opt: LUNATIK_OPT_NONE,
}

t.test("a class's opener opens its module when an object is cloned", async (t) => {
  t.equal(opener.name, 'luaopen_newlib_opened')
  const object = lunatik_createobject(openedClass, 0, LUNATIK_OPT_NONE) as lunatik_object_t
  inRuntime(t, (L) => {
    t.equal(
      raised(L, (L) => {
        lunatik_require(L, openedClass)
        return 0
      }),
      "module 'newlib_opened' not found",
    )
    LUNATIK_NEWLIB('newlib_opened', [], LUNATIK_CLASSES('newlib_opened', openedClass))
    lunatik_pushobject(L, object)
    t.equal(opened, 2)
    lunatik_pushobject(L, object)
    t.equal(opened, 2)
    luaL_dostring(L, 'return type(package.loaded.newlib_opened)')
    t.equal(lua_tostring(L, -1), 'table')
    const top = lua_gettop(L)
    lunatik_require(L, openedClass)
    lunatik_require(L, 'newlib_opened')
    lunatik_require(L, 'newlib_none')
    t.equal(lua_gettop(L), top)
  })
  lunatik_putobject(object)
})

t.test('lunatik_register and lunatik_unregister keep a value under a key', async (t) => {
  inRuntime(t, (L) => {
    const key = {}
    lua_pushstring(L, 'kept')
    lunatik_register(L, -1, key)
    t.equal(lua_gettop(L), 1)
    t.equal(lunatik_getregistry(L, key), LUA_TSTRING)
    t.equal(lua_tostring(L, -1), 'kept')
    lunatik_unregister(L, key)
    t.equal(lunatik_getregistry(L, key), LUA_TNIL)
    lunatik_unregister(L, key)
  })
})

t.test('lunatik_setruntime keeps a runtime whose context matches', async (t) => {
  inRuntime(t, (L) => {
    const priv: { runtime: lunatik_object_t | null } = { runtime: null }
    lunatik_setruntime(L, openedClass, priv)
    t.equal(priv.runtime, lunatik_toruntime(L))
    priv.runtime = null
    t.equal(
      raised(L, (L) => {
        lunatik_setruntime(L, { name: 'hard', opt: LUNATIK_OPT_HARDIRQ }, priv)
        return 0
      }),
      'runtime context mismatch',
    )
    t.equal(priv.runtime, null)
  })
})

t.test('lunatik_checkalloc raises where there is no memory; lunatik_pushstring takes its block over', async (t) => {
  const { memory } = lunatik_conf
  t.teardown(() => {
    lunatik_conf.memory = memory
  })
  inRuntime(t, (L) => {
    const ptr = lunatik_checkalloc(L, 100)
    ptr.set(Buffer.from('hello'))
    t.equal(lunatik_allocated(lunatik_toruntime(L)), 100)
    lunatik_pushstring(L, ptr, 5)
    t.equal(Buffer.from(lua_tolstring(L, -1) as Uint8Array).toString(), 'hello')
    t.equal(lunatik_allocated(lunatik_toruntime(L)), 0)
    t.same([...lunatik_checkzalloc(L, 3)], [0, 0, 0])
    limitMemory(L, 1 << 20)
    t.equal(
      raised(L, (L) => {
        lunatik_checkalloc(L, 1 << 24)
        return 0
      }),
      'not enough memory',
    )
  })
})

t.test('options, the shared table, the version, and no symbols', async (t) => {
  t.same([LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ, LUNATIK_OPT_HARDIRQ].map(lunatik_isirq), [false, true, true])
  t.same([LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ, LUNATIK_OPT_HARDIRQ].map(lunatik_issoftirq), [false, true, false])
  t.same([LUNATIK_OPT_NONE, LUNATIK_OPT_MONITOR].map(lunatik_ismonitor), [false, true])
  t.same([LUNATIK_OPT_NONE, LUNATIK_OPT_SINGLE].map(lunatik_issingle), [false, true])
  t.equal(lunatik_lookup('bpf_map_iops'), null)
  inRuntime(t, (L) => {
    lunatik_pushobject(L, lunatik_env)
    lua_setglobal(L, 'shared')
    const chunk = 'shared.newlib = 7 return require("lunatik")._ENV.newlib, _LUNATIK_VERSION'
    t.equal(luaL_dostring(L, chunk), LUA_OK)
    t.equal(lua_tostring(L, -2), '7')
    t.equal(lua_tostring(L, -1), LUNATIK_VERSION)
    luaL_dostring(L, 'shared.newlib = nil')
  })
})
