import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  LUNATIK_PRIVATECHECKER,
  lua_pushinteger,
  lua_setglobal,
  lua_tointeger,
  lunatik_checkobject,
  type lunatik_class_t,
  lunatik_cloneobject,
  lunatik_closeobject,
  lunatik_createobject,
  lunatik_deleteobject,
  lunatik_getobject,
  lunatik_ledger,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_stop,
} from 'lunatik'
import t from 'tap'
import { inside, logged, lua, raised, runtime, unique } from './states.js'

/** A module with a class whose objects are numbered; `new(n)` makes one and `get` reads it. */
function module(opt = LUNATIK_OPT_NONE) {
  const name = unique('object')
  const released: number[] = []
  const priv = LUNATIK_PRIVATECHECKER<{ n: number }>('object_check')
  const cls: lunatik_class_t<{ n: number }> = {
    name,
    methods: [
      {
        name: 'get',
        func: (L) => {
          lua_pushinteger(L, priv(L, 1).n)
          return 1
        },
      },
      { name: 'close', func: lunatik_closeobject },
      { name: '__gc', func: lunatik_deleteobject },
    ],
    release: ({ n }) => released.push(n),
    opt,
  }
  const made: lunatik_object_t[] = []
  LUNATIK_NEWLIB(
    name,
    [
      {
        name: 'new',
        func: (L) => {
          const object = lunatik_newobject(L, cls, { n: lua_tointeger(L, 1) }, LUNATIK_OPT_NONE)
          made.push(object as lunatik_object_t)
          return 1
        },
      },
    ],
    LUNATIK_CLASSES(name, cls),
  )
  const create = (n: number, further = LUNATIK_OPT_NONE) =>
    lunatik_createobject(cls, { n }, further) as lunatik_object_t
  return { name, cls, released, made, create }
}

t.test('"allocates a new Lunatik object and pushes a userdata containing a pointer to the object"', async (t) => {
  const { cls, name } = module()
  const r = runtime(t, `require("${name}")`)
  inside(r, (L) => {
    const object = lunatik_newobject(L, cls, { n: 1 }, LUNATIK_OPT_NONE)
    t.equal(lunatik_checkobject(L, -1), object)
    t.equal(object.kref, 1)
  })
})

t.test('"allocates size bytes for the object\'s private data"', async (t) => {
  const cls: lunatik_class_t = { name: unique('bytes'), opt: LUNATIK_OPT_NONE }
  const open = LUNATIK_NEWLIB(cls.name, [], LUNATIK_CLASSES(cls.name, cls))
  inside(runtime(t), (L) => {
    open(L)
    const { private: bytes } = lunatik_newobject(L, cls, 24, LUNATIK_OPT_NONE)
    t.equal(bytes?.byteLength, 24)
    t.strictSame([...new Uint8Array(bytes as ArrayBuffer)], new Array(24).fill(0))
  })
})

t.test('"lunatik_newobject rejects a process-context class in an IRQ runtime"', async (t) => {
  const { cls, name, released } = module()
  for (const context of [LUNATIK_OPT_SOFTIRQ, LUNATIK_OPT_HARDIRQ]) {
    const before = lunatik_ledger().length
    const r = runtime(t, `require("${name}")`, context)
    const message = `'${name}': process-context class in interrupt-context runtime`
    t.equal(
      raised(r, (L) => lunatik_newobject(L, cls, { n: 1 }, LUNATIK_OPT_NONE)),
      message,
    )
    t.equal(lunatik_ledger().length, before + 1, 'only the runtime is there')
    t.equal(
      raised(r, (L) => lunatik_newobject(L, cls, { n: 2 }, context)),
      null,
      'opt may add the context',
    )
    lunatik_stop(r)
    t.strictSame(released.splice(0), [2])
  }
})

t.test('an object of a class that the runtime hasn\'t: "metatable not found"', async (t) => {
  const cls = { name: unique('stranger'), opt: LUNATIK_OPT_NONE }
  const r = runtime(t)
  t.equal(
    raised(r, (L) => lunatik_newobject(L, cls, 1, LUNATIK_OPT_NONE)),
    `'${cls.name}': metatable not found`,
  )
  const object = lunatik_createobject(cls, 1, LUNATIK_OPT_NONE) as lunatik_object_t
  t.equal(
    raised(r, (L) => lunatik_cloneobject(L, object)),
    `'${cls.name}': metatable not found`,
  )
  lunatik_putobject(object)
})

t.test('at state close each object is released exactly once, in the reverse order of making', async (t) => {
  const { name, released } = module()
  const r = runtime(t, `local new = require("${name}").new; a, b, c = new(1), new(2), new(3); b:close()`)
  t.strictSame(released, [2], 'close releases at once')
  lunatik_stop(r)
  t.strictSame(released, [2, 3, 1])
})

t.test('use after close raises null pointer dereference, and closing again does nothing', async (t) => {
  const { name, released } = module()
  const r = runtime(t, `o = require("${name}").new(7)`)
  t.equal(lua(r, 'return o:get()'), '7')
  t.match(lua(r, 'o:close() o:close() return o:get()'), /calling 'get' on bad self \(null pointer dereference\)$/)
  t.strictSame(released, [7])
})

t.test('use after __gc raises null pointer dereference', async (t) => {
  const { name, released, made } = module()
  const r = runtime(t, `o = require("${name}").new(7)`)
  t.match(lua(r, 'getmt = debug.getmetatable(o).__gc; getmt(o); getmt(o); return o:get()'), /null pointer dereference/)
  t.strictSame(released, [7])
  t.equal(made[0]?.kref, 0)
})

t.test('"creates a Lunatik object independently of any Lua state"', async (t) => {
  const { create, released } = module()
  const object = create(5)
  t.equal(object.kref, 1)
  t.equal(lunatik_putobject(object), 1)
  t.strictSame(released, [5])
})

t.test('"or NULL if memory allocation fails"', async (t) => {
  const cls: lunatik_class_t = { name: 'huge', opt: LUNATIK_OPT_NONE }
  const before = lunatik_ledger().length
  t.equal(lunatik_createobject(cls, 2 ** 52, LUNATIK_OPT_NONE), null)
  t.equal(lunatik_ledger().length, before)
})

t.test('"Sleep mode is determined by LUNATIK_OPT_SOFTIRQ in object->opt"', async (t) => {
  const { create } = module()
  for (const [opt, sleep] of [
    [LUNATIK_OPT_NONE, true],
    [LUNATIK_OPT_SOFTIRQ, false],
    [LUNATIK_OPT_HARDIRQ, false],
  ] as const) {
    const object = create(1, opt)
    t.equal(object.lock.sleep, sleep)
    lunatik_putobject(object)
  }
})

t.test('"pushes object ... even if the script never called require itself"', async (t) => {
  const { create } = module(LUNATIK_OPT_MONITOR)
  const object = create(42)
  const r = runtime(t)
  inside(r, (L) => {
    lunatik_cloneobject(L, object)
    lunatik_getobject(object)
    lua_setglobal(L, 'o')
  })
  t.equal(lua(r, 'return o:get()'), '42')
  lunatik_putobject(object)
})

t.test('lunatik_cloneobject counts no reference: the lunatik_getobject after it does', async (t) => {
  const { create, released } = module()
  const object = create(1)
  const r = runtime(t)
  inside(r, (L) => {
    lunatik_cloneobject(L, object)
    t.equal(object.kref, 1)
    lunatik_getobject(object)
    t.equal(object.kref, 2)
  })
  lunatik_stop(r)
  t.equal(object.kref, 1, "the userdata's reference went with its state")
  t.strictSame(released, [])
  lunatik_putobject(object)
  t.strictSame(released, [1])
})

t.test('"The object must not have LUNATIK_OPT_SINGLE set; otherwise a Lua error is raised"', async (t) => {
  const { create, name } = module()
  const object = create(1, LUNATIK_OPT_SINGLE)
  t.equal(
    raised(runtime(t), (L) => lunatik_cloneobject(L, object)),
    `'${name}': cannot share SINGLE object`,
  )
  t.equal(object.kref, 1)
  lunatik_putobject(object)
})

t.test('a process-context object is not cloned into an IRQ runtime', async (t) => {
  const { create, name } = module()
  const object = create(1)
  t.equal(
    raised(runtime(t, '', LUNATIK_OPT_SOFTIRQ), (L) => lunatik_cloneobject(L, object)),
    `'${name}': process-context class in interrupt-context runtime`,
  )
  lunatik_putobject(object)
})

t.test('an object shared by two runtimes is released with the last', async (t) => {
  const { create, released } = module()
  const object = create(1)
  const runtimes = [runtime(t), runtime(t)]
  for (const r of runtimes) {
    inside(r, (L) => {
      lunatik_cloneobject(L, object)
      lunatik_getobject(object)
      lua_setglobal(L, 'o')
    })
  }
  lunatik_putobject(object)
  t.strictSame(
    runtimes.map((r) => {
      lunatik_stop(r)
      return released.length
    }),
    [0, 1],
  )
})

t.test('"Increments the reference counter", not that of a released object', async (t) => {
  const log = logged(t)
  const { create, name } = module()
  const object = create(1)
  lunatik_getobject(object)
  t.equal(object.kref, 2)
  t.equal(lunatik_putobject(object), 0, '"otherwise returns 0"')
  t.equal(lunatik_putobject(object), 1, '"If the object has been released, returns 1"')
  lunatik_getobject(object)
  t.equal(object.kref, 0)
  t.match(log, [new RegExp(`^lunatik: a reference to a released '${name}' object: .*objects\\.test`)])
})

t.test('one put too many is reported with its place, and releases nothing twice', async (t) => {
  const log = logged(t)
  const { create, released, name } = module()
  const object = create(1)
  lunatik_putobject(object)
  t.equal(lunatik_putobject(object), 0)
  t.strictSame(released, [1])
  t.match(log, [new RegExp(`^lunatik: refcount underflow of a '${name}' object: .*objects\\.test`)])
})

t.test('the ledger has each living object with class, counter, options and place', async (t) => {
  const { create, name, made } = module()
  const lines = () => lunatik_ledger().filter((line) => line.class === name)
  const r = runtime(t, `local m = require("${name}")\no = m.new(1)`)
  const object = create(2, LUNATIK_OPT_SINGLE)
  lunatik_getobject(object)
  t.match(lines(), [
    { kref: 1, opt: LUNATIK_OPT_NONE, place: /script\.lua:2$/ },
    { kref: 2, opt: LUNATIK_OPT_SINGLE, place: /objects\.test/ },
  ])
  t.match(
    lunatik_ledger().filter((line) => line.class === 'lunatik'),
    [{ kref: 1, place: /document.states/ }],
  )
  lunatik_putobject(object)
  lunatik_putobject(object)
  lunatik_stop(r)
  t.strictSame(lines(), [])
  t.equal(made.length, 1)
})
