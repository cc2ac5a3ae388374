import t from 'tap'
import { luaL_dostring } from '../../src/lua/lauxlib.js'
import {
  LUA_TBOOLEAN,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TUSERDATA,
  lua_gettop,
  type lua_State,
  lua_settop,
  lua_tointegerx,
  lua_type,
} from '../../src/lua/lua.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  type lunatik_class_t,
  lunatik_createobject,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../../src/lunatik/lunatik_obj.js'
import { lunatik_deleteobject, lunatik_newobject, lunatik_toobject } from '../../src/lunatik/lunatik_userdata.js'
import { lunatik_checkvalue, lunatik_isuserdata, lunatik_pushvalue } from '../../src/lunatik/lunatik_val.js'
import { wide } from '../engine.js'
import { raised } from '../lua/bare.js'
import { runtime } from './states.js'

const valClass: lunatik_class_t = {
  name: 'val',
  methods: [{ name: '__gc', func: lunatik_deleteobject }],
  opt: LUNATIK_OPT_NONE,
}
LUNATIK_NEWLIB('val', [], LUNATIK_CLASSES('val', valClass))

/** Runs `f` in a new runtime. */
const inRuntime = (t: Parameters<typeof runtime>[0], f: (L: lua_State) => void) =>
  lunatik_run(runtime(t, ''), (L) => {
    // What the script returned.
    lua_settop(L, 0)
    f(L)
    return 0
  })

t.test('nil, booleans and integers leave Lua and come back', async (t) => {
  inRuntime(t, (L) => {
    luaL_dostring(L, 'return nil, true, 42, 1 << 40')
    t.same(lunatik_checkvalue(L, 1), { type: LUA_TNIL })
    t.same(lunatik_checkvalue(L, 2), { type: LUA_TBOOLEAN, boolean: true })
    t.same(lunatik_checkvalue(L, 3), { type: LUA_TNUMBER, integer: 42 })
    if (wide) t.same(lunatik_checkvalue(L, 4), { type: LUA_TNUMBER, integer: 2 ** 40 })
    t.equal(lunatik_isuserdata(lunatik_checkvalue(L, 3)), false)
    for (const value of [lunatik_checkvalue(L, 1), lunatik_checkvalue(L, 2), lunatik_checkvalue(L, 3)]) {
      const top = lua_gettop(L)
      lunatik_pushvalue(L, value)
      t.equal(lua_gettop(L), top + 1)
      t.equal(lua_type(L, -1), value.type)
    }
    lunatik_pushvalue(L, { type: LUA_TNUMBER, integer: 2 ** 40 })
    t.equal(lua_tointegerx(L, -1), 2 ** 40)
  })
})

t.test('an object comes back as another userdata, with the reference that was counted for it', async (t) => {
  const object = lunatik_createobject(valClass, 0, LUNATIK_OPT_NONE) as lunatik_object_t
  inRuntime(t, (L) => {
    lunatik_getobject(object)
    lunatik_pushvalue(L, { type: LUA_TUSERDATA, object })
    t.equal(lunatik_toobject(L, -1), object)
    t.equal(object.kref, 2)
    const value = lunatik_checkvalue(L, -1)
    t.equal(object.kref, 2)
    t.ok(lunatik_isuserdata(value))
    if (lunatik_isuserdata(value)) t.equal(value.object, object)
  })
  lunatik_putobject(object)
})

t.test('what runtimes do not share is refused', async (t) => {
  const single = lunatik_createobject(valClass, 0, LUNATIK_OPT_SINGLE) as lunatik_object_t
  inRuntime(t, (L) => {
    t.match(
      raised(L, (L) => {
        luaL_dostring(L, 'return {}')
        lunatik_checkvalue(L, 1)
        return 0
      }),
      /bad argument #1 to '\?' \(unsupported type\)/,
    )
    t.match(
      raised(L, (L) => {
        lunatik_newobject(L, valClass, 0, LUNATIK_OPT_SINGLE)
        lunatik_checkvalue(L, 1)
        return 0
      }),
      /\(cannot share SINGLE object\)|metatable not found/,
    )
    lunatik_getobject(single)
    t.equal(
      raised(L, (L) => {
        lunatik_pushvalue(L, { type: LUA_TUSERDATA, object: single })
        return 0
      }),
      "'val': cannot share SINGLE object",
    )
    t.equal(single.kref, 1)
  })
  lunatik_putobject(single)
})
