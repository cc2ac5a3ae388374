import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  lua_pushstring,
  type lua_State,
  lunatik_checkruntime,
  type lunatik_class_t,
  lunatik_deleteobject,
  lunatik_newobject,
} from 'lunatik'
import t from 'tap'
import { inside, lua, raised, runtime, unique } from './states.js'

const methods = [{ name: '__gc', func: lunatik_deleteobject }]
const contexts = [LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ, LUNATIK_OPT_HARDIRQ]

t.test('"Declares a ... array of class pointers with an implicit trailing NULL sentinel"', async (t) => {
  const a = { name: 'a', opt: LUNATIK_OPT_NONE }
  const b = { name: 'b', opt: LUNATIK_OPT_HARDIRQ }
  t.strictSame(LUNATIK_CLASSES('foo', a), [a, null])
  t.strictSame(LUNATIK_CLASSES('foo', a, b), [a, b, null])
})

t.test('"Defines and exports the luaopen_<libname> entry point"', async (t) => {
  const name = unique('lib')
  const hello = (L: lua_State) => {
    lua_pushstring(L, 'hi')
    return 1
  }
  const open = LUNATIK_NEWLIB(name, [{ name: 'hello', func: hello }], null)
  t.equal(open.name, `luaopen_${name}`)
  const r = runtime(t)
  t.equal(lua(r, `return require("${name}").hello()`), 'hi', '"funcs: ... the module table"')
  t.equal(lua(r, `return tostring(require("${name}") == require("${name}"))`), 'true', 'opened once')
  t.equal(lua(r, `return tostring(${name})`), 'nil', 'no global')
})

t.test('"or NULL if the module defines no object type"', async (t) => {
  const name = unique('lib')
  LUNATIK_NEWLIB(name, [], null)
  t.equal(lua(runtime(t), `return type(require("${name}"))`), 'table')
})

t.test('"registers the metatable(s) for every class in the array", up to the NULL', async (t) => {
  const name = unique('lib')
  const [a, b, c]: lunatik_class_t[] = ['a', 'b', 'c'].map((part) => ({ name: name + part, opt: LUNATIK_OPT_NONE }))
  LUNATIK_NEWLIB(name, [], [a ?? null, b ?? null, null, c ?? null])
  const r = runtime(t, `require("${name}")`)
  const make = (cls: lunatik_class_t | undefined) =>
    raised(r, (L) => lunatik_newobject(L, cls as lunatik_class_t, 1, LUNATIK_OPT_NONE))
  t.equal(make(a), null)
  t.equal(make(b), null)
  t.equal(make(c), `'${name}c': metatable not found`)
})

t.test('"any NULL-terminated array works", and one without NULL', async (t) => {
  for (const end of [[], [null]]) {
    const name = unique('lib')
    const cls: lunatik_class_t = { name, methods, opt: LUNATIK_OPT_NONE }
    LUNATIK_NEWLIB(name, [], [cls, ...end])
    inside(runtime(t, `require("${name}")`), (L) => t.equal(lunatik_newobject(L, cls, 1, LUNATIK_OPT_NONE).class, cls))
  }
})

t.test(
  '"luaopen_<libname> succeeds in any runtime ... can only instantiate the ones whose context matches"',
  async (t) => {
    const name = unique('foo')
    // The document's example: two classes of one name.
    const classes: lunatik_class_t[] = contexts.map((context) => ({ name, methods, opt: context | LUNATIK_OPT_SINGLE }))
    const create = (cls: lunatik_class_t) => (L: lua_State) => {
      lunatik_checkruntime(L, cls.opt)
      lunatik_newobject(L, cls, 1, LUNATIK_OPT_NONE)
      return 1
    }
    const [first, ...others] = classes as [lunatik_class_t, ...lunatik_class_t[]]
    LUNATIK_NEWLIB(
      name,
      classes.map((cls, i) => ({ name: `new${i}`, func: create(cls) })),
      LUNATIK_CLASSES(name, first, ...others),
    )
    for (const [i, context] of contexts.entries()) {
      const r = runtime(t, `foo = require("${name}")`, context)
      for (const j of contexts.keys()) {
        const result = lua(r, `return type(foo.new${j}())`)
        if (i === j) t.equal(result, 'userdata')
        else t.match(result, /runtime context mismatch$/)
      }
    }
  },
)

t.test('"lunatik_newobject rejects a process-context class in an IRQ runtime", with no check of its own', async (t) => {
  const name = unique('foo')
  const cls: lunatik_class_t = { name, methods, opt: LUNATIK_OPT_NONE }
  LUNATIK_NEWLIB(name, [], LUNATIK_CLASSES(name, cls))
  for (const context of contexts) {
    const r = runtime(t, `require("${name}")`, context)
    const message = raised(r, (L) => lunatik_newobject(L, cls, 1, LUNATIK_OPT_NONE))
    if (context === LUNATIK_OPT_NONE) t.equal(message, null)
    else t.equal(message, `'${name}': process-context class in interrupt-context runtime`)
  }
})
