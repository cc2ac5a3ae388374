import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lua_CFunction,
  lua_error,
  lua_pushboolean,
  lua_pushstring,
  type lua_State,
  lunatik_allocated,
  lunatik_checkobject,
  type lunatik_class_t,
  lunatik_cloneobject,
  lunatik_createobject,
  lunatik_deleteobject,
  lunatik_newobject,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
  lunatik_stop,
} from 'lunatik'
import t from 'tap'
import { lua, raised, runtime, unique } from './states.js'

/** Whether the object's lock is held while its method runs. */
function isLocked(L: lua_State): number {
  lua_pushboolean(L, lunatik_checkobject(L, 1).lock.locked)
  return 1
}

function fails(L: lua_State): number {
  lua_pushstring(L, 'from the method')
  return lua_error(L)
}

/** A module of one class whose `new` makes objects with further flags. */
function module(opt: lunatik_opt_t, further: lunatik_opt_t, release?: (priv: unknown) => void) {
  const name = unique('class')
  const cls: lunatik_class_t<unknown> = {
    name,
    methods: [
      { name: 'locked', func: isLocked },
      { name: 'fails', func: fails },
      { name: '__gc', func: lunatik_deleteobject },
    ],
    ...(release === undefined ? {} : { release }),
    opt,
  }
  const made: lunatik_object_t[] = []
  const create: lua_CFunction = (L) => {
    made.push(lunatik_newobject(L, cls, 8, further) as lunatik_object_t)
    return 1
  }
  LUNATIK_NEWLIB(name, [{ name: 'new', func: create }], LUNATIK_CLASSES(name, cls))
  return { name, cls, made }
}

t.test('"name: used as the argument to require and to identify the class"', async (t) => {
  const { name } = module(LUNATIK_OPT_NONE, LUNATIK_OPT_NONE)
  const r = runtime(t)
  t.equal(lua(r, `return type(require("${name}").new())`), 'userdata')
  t.match(lua(r, `return require("${name}x")`), /luaopen_.* not found in kernel symbol table/)
})

t.test('"methods: registered in the metatable"', async (t) => {
  const { name } = module(LUNATIK_OPT_NONE, LUNATIK_OPT_NONE)
  const r = runtime(t)
  t.equal(lua(r, `local o = require("${name}").new() return type(o.locked) .. type(o.nothing)`), 'functionnil')
})

t.test('"release: called when the object\'s reference counter reaches zero"', async (t) => {
  const released: unknown[] = []
  const cls: lunatik_class_t<string> = { name: unique('c'), release: (p) => released.push(p), opt: LUNATIK_OPT_NONE }
  const object = lunatik_createobject(cls, 'private', LUNATIK_OPT_NONE) as lunatik_object_t
  t.strictSame(released, [])
  t.equal(lunatik_putobject(object), 1)
  t.strictSame(released, ['private'])
})

t.test('"release: ... may be NULL"', async (t) => {
  for (const cls of [
    { name: 'absent', opt: LUNATIK_OPT_NONE },
    { name: 'null', release: null, opt: LUNATIK_OPT_NONE },
  ]) {
    const object = lunatik_createobject(cls, 1, LUNATIK_OPT_NONE) as lunatik_object_t
    t.equal(lunatik_putobject(object), 1)
    t.equal(object.private, null)
  }
})

t.test('"all class flags are inherited by the instance", opt adds others', async (t) => {
  const flags = [
    LUNATIK_OPT_NONE,
    LUNATIK_OPT_SOFTIRQ,
    LUNATIK_OPT_HARDIRQ,
    LUNATIK_OPT_MONITOR,
    LUNATIK_OPT_EXTERNAL,
    LUNATIK_OPT_SINGLE,
  ]
  for (const own of flags) {
    for (const further of flags) {
      if ((own | further) === (LUNATIK_OPT_MONITOR | LUNATIK_OPT_SINGLE)) continue
      const object = lunatik_createobject({ name: 'c', opt: own }, 1, further) as lunatik_object_t
      t.equal(object.opt, own | further)
      lunatik_putobject(object)
    }
  }
})

t.test('"a SOFTIRQ class can never produce a non-SOFTIRQ instance"', async (t) => {
  for (const own of [LUNATIK_OPT_SOFTIRQ, LUNATIK_OPT_HARDIRQ]) {
    const object = lunatik_createobject({ name: 'c', opt: own }, 1, LUNATIK_OPT_NONE) as lunatik_object_t
    t.notOk(object.lock.sleep, 'a spinlock')
    lunatik_putobject(object)
  }
  const object = lunatik_createobject({ name: 'c', opt: LUNATIK_OPT_NONE }, 1, LUNATIK_OPT_NONE) as lunatik_object_t
  t.ok(object.lock.sleep, 'absence means mutex')
  lunatik_putobject(object)
})

t.test('"MONITOR: ... wraps Lua method calls with the object lock"', async (t) => {
  for (const [opt, further, locked] of [
    [LUNATIK_OPT_NONE, LUNATIK_OPT_NONE, 'false'],
    [LUNATIK_OPT_MONITOR, LUNATIK_OPT_NONE, 'true'],
    [LUNATIK_OPT_MONITOR, LUNATIK_OPT_MONITOR, 'true'],
    [LUNATIK_OPT_MONITOR, LUNATIK_OPT_SINGLE, 'false'],
  ] as const) {
    const { name } = module(opt, further)
    t.equal(lua(runtime(t), `return tostring(require("${name}").new():locked())`), locked)
  }
})

t.test('a monitored method that raises gives the lock back, and its error passes', async (t) => {
  const { name, made } = module(LUNATIK_OPT_MONITOR, LUNATIK_OPT_NONE)
  const r = runtime(t)
  t.equal(lua(r, `o = require("${name}").new() return o:fails()`), 'from the method')
  t.notOk(made[0]?.lock.locked)
  t.equal(lua(r, 'return tostring(o:locked())'), 'true')
})

t.test('"SINGLE cancels MONITOR inheritance": the flag is gone, whichever of the two each is from', async (t) => {
  const both = LUNATIK_OPT_MONITOR | LUNATIK_OPT_SINGLE
  for (const [own, further] of [
    [LUNATIK_OPT_MONITOR, LUNATIK_OPT_SINGLE],
    [LUNATIK_OPT_SINGLE, LUNATIK_OPT_MONITOR],
    [LUNATIK_OPT_MONITOR, both],
    [both, LUNATIK_OPT_MONITOR],
    [both, LUNATIK_OPT_NONE],
    [LUNATIK_OPT_NONE, both],
  ] as const) {
    const object = lunatik_createobject({ name: 'c', opt: own }, 1, further) as lunatik_object_t
    t.equal(object.opt, LUNATIK_OPT_SINGLE)
    lunatik_putobject(object)
    const { name } = module(own, further)
    const locked = lua(runtime(t), `return tostring(require("${name}").new():locked())`)
    if ((own & LUNATIK_OPT_MONITOR) !== 0) t.equal(locked, 'false', 'no lock')
    else t.match(locked, /metatable not found$/, 'as on a kernel, where a class without MONITOR has but one')
  }
})

t.test('"EXTERNAL: object->private is expected to be set by the caller": a value for it is refused', async (t) => {
  const cls: lunatik_class_t<unknown> = { name: unique('c'), opt: LUNATIK_OPT_EXTERNAL }
  const open = LUNATIK_NEWLIB(cls.name, [], LUNATIK_CLASSES(cls.name, cls))
  const refusal = new TypeError(`'${cls.name}': size is no number, and EXTERNAL leaves it to you to set object.private`)
  t.throws(() => lunatik_createobject<unknown>(cls, {}, LUNATIK_OPT_NONE), refusal)
  const message = raised(runtime(t), (L) => {
    open(L)
    lunatik_newobject<unknown>(L, cls, 'private', LUNATIK_OPT_NONE)
  })
  t.match(message, refusal.message)
})

t.test('"SINGLE: all instances are private and non-shareable", by the class or by the instance', async (t) => {
  for (const [opt, further] of [
    [LUNATIK_OPT_SINGLE, LUNATIK_OPT_NONE],
    [LUNATIK_OPT_NONE, LUNATIK_OPT_SINGLE],
  ] as const) {
    const { name, made } = module(opt, further)
    const r = runtime(t, `o = require("${name}").new()`)
    t.equal(
      raised(r, (L) => lunatik_cloneobject(L, made[0] as lunatik_object_t)),
      `'${name}': cannot share SINGLE object`,
    )
  }
})

t.test('"EXTERNAL: object->private holds an external pointer — Lunatik will not free it on release"', async (t) => {
  const released: unknown[] = []
  const { name, made } = module(LUNATIK_OPT_EXTERNAL, LUNATIK_OPT_NONE, (priv) => released.push(priv))
  const r = runtime(t, `o = require("${name}").new()`)
  const object = made[0] as lunatik_object_t
  t.equal(object.private, null, 'to be set by the caller')
  t.equal(lunatik_allocated(r), 0)
  const external = new Uint8Array([1, 2, 3])
  object.private = external
  lunatik_stop(r)
  t.strictSame(released, [external])
  t.ok(released[0] === external)
  t.strictSame([...external], [1, 2, 3])
})

t.test('EXTERNAL whose private was never set: release is not called', async (t) => {
  const released: unknown[] = []
  const { name } = module(LUNATIK_OPT_EXTERNAL, LUNATIK_OPT_NONE, (priv) => released.push(priv))
  lunatik_stop(runtime(t, `o = require("${name}").new()`))
  t.strictSame(released, [])
})
