import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OBJECTCHECKER,
  LUNATIK_OPT_NONE,
  LUNATIK_PRIVATECHECKER,
  lua_call,
  lua_newtable,
  lua_newuserdatauv,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlightuserdata,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  type lua_State,
  luaL_argcheck,
  lunatik_checkobject,
  type lunatik_class_t,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
  lunatik_toobject,
} from 'lunatik'
import t from 'tap'
import { inside, raised, runtime, unique } from './states.js'

interface Foo {
  n: number
}

const foo: lunatik_class_t<Foo> = {
  name: unique('foo'),
  methods: [{ name: '__gc', func: lunatik_deleteobject }],
  opt: LUNATIK_OPT_NONE,
}
const open = LUNATIK_NEWLIB(foo.name, [], LUNATIK_CLASSES(foo.name, foo))

/** Leaves a new object on the top of the stack. */
function newFoo(L: lua_State, n: number) {
  open(L)
  return lunatik_newobject(L, foo, { n }, LUNATIK_OPT_NONE)
}

const strangers: [string, (L: lua_State) => unknown][] = [
  ['nil', lua_pushnil],
  ['a number', (L) => lua_pushinteger(L, 1)],
  ['a string', (L) => lua_pushstring(L, 'x')],
  ['a table', lua_newtable],
  ['a light userdata', (L) => lua_pushlightuserdata(L, {})],
  ["somebody else's userdata", (L) => lua_newuserdatauv(L, 0)],
]

const object_check = LUNATIK_OBJECTCHECKER<Foo>('object_check')
const private_check = LUNATIK_PRIVATECHECKER<Foo>('private_check')

t.test('"Returns the Lunatik object at stack position i", counted from either end', async (t) => {
  const r = runtime(t)
  inside(r, (L) => {
    const object = newFoo(L, 1)
    t.equal(lunatik_checkobject(L, -1), object)
    t.equal(lunatik_toobject(L, -1), object)
    lua_pushvalue(L, -1)
    t.equal(lunatik_toobject(L, -2), object)
  })
})

for (const [what, push] of strangers) {
  t.test(`"Raises a Lua error if the value is not a Lunatik object": ${what}`, async (t) => {
    const r = runtime(t)
    for (const check of [lunatik_checkobject, object_check, private_check]) {
      const message = raised(r, (L) => {
        push(L)
        check(L, -1)
      })
      t.match(message, /invalid object/)
    }
  })
}

t.test('"Raises a Lua error": no value at all', async (t) => {
  t.match(
    raised(runtime(t), (L) => lunatik_checkobject(L, 1)),
    /bad argument #1 to '.*' \(invalid object\)/,
  )
})

t.test('"Returns NULL if the value is not a userdata"', async (t) => {
  const r = runtime(t)
  inside(r, (L) => {
    for (const [what, push] of strangers.slice(0, 5)) {
      push(L)
      t.equal(lunatik_toobject(L, -1), null, what)
    }
    t.equal(lunatik_toobject(L, 20), null, 'none')
  })
})

t.test('"returns object->private cast to T"', async (t) => {
  t.equal(object_check.name, 'object_check')
  inside(runtime(t), (L) => {
    const object = newFoo(L, 42)
    t.equal(object_check(L, -1), object.private)
    t.equal(private_check(L, -1).n, 42)
  })
})

t.test('"also guards against use-after-free by checking that private != NULL"', async (t) => {
  const r = runtime(t)
  const message = raised(r, (L) => {
    newFoo(L, 1)
    t.equal(object_check(L, -1)?.n, 1)
    lua_pushcfunction(L, lunatik_closeobject)
    lua_pushvalue(L, -2)
    lua_call(L, 1, 0)
    t.equal(object_check(L, -1), null, 'the object checker has no such guard')
    private_check(L, -1)
  })
  t.match(message, /null pointer dereference/)
})

t.test('"additional validation statements ... executed before return private", in order', async (t) => {
  const order: string[] = []
  const checked = LUNATIK_PRIVATECHECKER<Foo>(
    'checked',
    (L, ix, priv) => {
      order.push('first')
      luaL_argcheck(L, priv.n > 0, ix, 'not positive')
    },
    () => {
      order.push('second')
    },
  )
  const r = runtime(t)
  t.equal(
    raised(r, (L) => {
      newFoo(L, 1)
      t.equal(checked(L, -1).n, 1)
    }),
    null,
  )
  t.strictSame(order.splice(0), ['first', 'second'])
  const message = raised(r, (L) => {
    newFoo(L, 0)
    checked(L, -1)
  })
  t.match(message, /not positive/)
  t.strictSame(order, ['first'])
})
