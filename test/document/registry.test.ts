import {
  LUA_TNIL,
  LUA_TTABLE,
  LUA_TUSERDATA,
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_NONE,
  lua_gettop,
  lua_newtable,
  lua_pushstring,
  type lua_State,
  luaL_error,
  lunatik_attach,
  type lunatik_class_t,
  lunatik_deleteobject,
  lunatik_detach,
  lunatik_getobject,
  lunatik_getregistry,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_registerobject,
  lunatik_stop,
  lunatik_toobject,
  lunatik_unregisterobject,
} from 'lunatik'
import t from 'tap'
import { inside, raised, runtime, unique } from './states.js'

interface Foo {
  n: number
}

const released: number[] = []
const foo: lunatik_class_t<Foo> = {
  name: unique('foo'),
  methods: [{ name: '__gc', func: lunatik_deleteobject }],
  release: ({ n }) => released.push(n),
  opt: LUNATIK_OPT_NONE,
}
const open = LUNATIK_NEWLIB(foo.name, [], LUNATIK_CLASSES(foo.name, foo))

function newFoo(L: lua_State, n: number): lunatik_object_t {
  open(L)
  return lunatik_newobject(L, foo, { n }, LUNATIK_OPT_NONE) as lunatik_object_t
}

interface Hook {
  field: lunatik_object_t | null
}

t.test(
  '"Pins object and its private pointer in LUA_REGISTRYINDEX": the values of the opts table and object',
  async (t) => {
    const r = runtime(t)
    const object = inside(r, (L) => {
      lua_newtable(L)
      const opts = lua_gettop(L)
      const object = newFoo(L, 1)
      const top = lua_gettop(L)
      lunatik_registerobject(L, opts, object)
      t.equal(lua_gettop(L), top, 'the stack is as it was')
      return object
    })
    inside(r, (L) => {
      t.equal(lunatik_getregistry(L, object), LUA_TUSERDATA)
      t.equal(lunatik_toobject(L, -1), object)
      t.equal(lunatik_getregistry(L, object.private), LUA_TTABLE)
      t.equal(object.kref, 1, 'pinned, not counted')
    })
    inside(r, (L) => {
      lunatik_unregisterobject(L, object)
      t.equal(lunatik_getregistry(L, object), LUA_TNIL, '"Removes object and its private pointer"')
      t.equal(lunatik_getregistry(L, object.private), LUA_TNIL)
      lunatik_unregisterobject(L, object)
    })
  },
)

t.test(
  'the userdata that is pinned is the one that there is, wherever it is: below others, or pinned already',
  async (t) => {
    const r = runtime(t)
    const object = inside(r, (L) => {
      const object = newFoo(L, 9)
      lua_newtable(L)
      lua_pushstring(L, 'the last')
      lunatik_registerobject(L, -2, object)
      t.equal(object.kref, 1, 'no other was made')
      return object
    })
    inside(r, (L) => {
      lua_newtable(L)
      lunatik_registerobject(L, -1, object)
      t.equal(object.kref, 1, 'no other was made')
      t.equal(lunatik_getregistry(L, object.private), LUA_TTABLE)
      t.equal(lunatik_getregistry(L, object), LUA_TUSERDATA)
      t.equal(lunatik_toobject(L, -1), object)
      lunatik_unregisterobject(L, object)
    })
  },
)

t.test('"Pushes the value stored in LUA_REGISTRYINDEX at key ... and returns its type": nil for none', async (t) => {
  inside(runtime(t), (L) => {
    const top = lua_gettop(L)
    t.equal(lunatik_getregistry(L, {}), LUA_TNIL)
    t.equal(lua_gettop(L), top + 1)
  })
})

t.test('"Creates a new object by calling new_fn(L, ...) ... and pops the userdata"', async (t) => {
  const r = runtime(t, `require("${foo.name}")`)
  const hook: Hook = { field: null }
  inside(r, (L) => {
    lua_pushstring(L, 'below')
    const top = lua_gettop(L)
    lunatik_attach(L, hook, 'field', newFooAlone, 5)
    t.equal(lua_gettop(L), top)
  })
  t.strictSame(hook.field?.private, { n: 5 })
  inside(r, (L) => {
    t.equal(lunatik_getregistry(L, hook.field), LUA_TUSERDATA, '"keyed by the returned pointer"')
    t.equal(lunatik_toobject(L, -1), hook.field)
  })
})

/** As a constructor does, leaves the userdata alone on the stack. */
function newFooAlone(L: lua_State, n: number): lunatik_object_t {
  return lunatik_newobject(L, foo, { n }, LUNATIK_OPT_NONE) as lunatik_object_t
}

t.test('a constructor that raises attaches nothing', async (t) => {
  const hook: Hook = { field: null }
  const message = raised(runtime(t), (L) => lunatik_attach(L, hook, 'field', (L) => luaL_error(L, 'no object')))
  t.equal(message, 'no object')
  t.equal(hook.field, null)
})

t.test('"Unregisters obj->field from the registry and sets obj->field = NULL"', async (t) => {
  const r = runtime(t, `require("${foo.name}")`)
  const hook: Hook = { field: null }
  inside(r, (L) => lunatik_attach(L, hook, 'field', newFooAlone, 6))
  const object = hook.field
  lunatik_detach(r, hook, 'field')
  t.equal(hook.field, null)
  inside(r, (L) => t.equal(lunatik_getregistry(L, object), LUA_TNIL))
  lunatik_detach(r, hook, 'field')
  t.equal(hook.field, null, 'again: nothing')
})

t.test('"Safe to call when the Lua state may already be closed"', async (t) => {
  const r = runtime(t, `require("${foo.name}")`)
  lunatik_getobject(r)
  const hook: Hook = { field: null }
  inside(r, (L) => lunatik_attach(L, hook, 'field', newFooAlone, 7))
  released.length = 0
  lunatik_stop(r)
  t.strictSame(released, [7])
  lunatik_detach(r, hook, 'field')
  t.equal(hook.field, null)
  lunatik_putobject(r)
})

t.test('"keeps pre-allocated objects alive across lunatik_run calls"', async (t) => {
  const r = runtime(t, `require("${foo.name}")`)
  const hook: Hook = { field: null }
  inside(r, (L) => lunatik_attach(L, hook, 'field', newFooAlone, 8))
  released.length = 0
  for (let i = 0; i < 3; i++) {
    inside(r, (L) => {
      lunatik_getregistry(L, hook.field)
      const object = lunatik_toobject<Foo>(L, -1)
      t.equal(object?.private?.n, 8 + i)
      if (object?.private) object.private.n++
    })
  }
  t.strictSame(released, [])
  lunatik_stop(r)
  t.strictSame(released, [11])
})
