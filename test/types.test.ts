// What the compiler must refuse, and what it must take. tsc checks this file with all others: a wrong call that starts
// to compile leaves its @ts-expect-error without an error, which is one. Nothing here is run but the last lines.
// variants: default
import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OBJECTCHECKER,
  LUNATIK_OPENER,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_PRIVATECHECKER,
  type lua_State,
  lunatik_attach,
  lunatik_checkobject,
  type lunatik_class_t,
  lunatik_cloneobject,
  lunatik_createobject,
  lunatik_detach,
  lunatik_free,
  lunatik_getobject,
  lunatik_handle,
  lunatik_isready,
  lunatik_malloc,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_optinteger,
  lunatik_putobject,
  lunatik_realloc,
  lunatik_run,
  lunatik_runtime,
  lunatik_setinteger,
  lunatik_setstring,
  lunatik_stop,
  lunatik_throw,
  lunatik_toobject,
  lunatik_toruntime,
  lunatik_try,
  lunatik_tryk,
  lunatik_tryret,
} from 'lunatik'
import t from 'tap'

interface Foo {
  readonly n: number
}

interface Hook {
  priority: number
  name: string
  ifname: Uint8Array
  flag: boolean
  object: lunatik_object_t | null
  foo: lunatik_object_t<Foo> | null
  always: lunatik_object_t
}

declare const L: lua_State
declare const runtime: lunatik_object_t
declare const hook: Hook
declare const fooClass: lunatik_class_t<Foo>
declare const bytesClass: lunatik_class_t
declare const fooObject: lunatik_object_t<Foo>

const handler = (_L: lua_State, _len: number, _name: string) => 0
const newFoo = (L: lua_State, n: number) => lunatik_newobject(L, fooClass, { n }, LUNATIK_OPT_NONE)
const newAny = (L: lua_State, n: number) => newFoo(L, n) as lunatik_object_t

export const right: (() => unknown)[] = [
  () => lunatik_runtime({ value: null }, 'mydevice', true),
  () => lunatik_runtime({ value: runtime }, 'mydevice', LUNATIK_OPT_MONITOR),
  () => lunatik_stop(runtime) + lunatik_putobject(runtime),
  () => lunatik_run(runtime, handler, 1, 'x'),
  () => lunatik_run(runtime, async () => 1),
  () => lunatik_handle(runtime, handler, 1, 'x'),
  () => lunatik_toruntime(L).kref + Number(lunatik_isready(L)),
  () => lunatik_newobject(L, fooClass, { n: 1 }, LUNATIK_OPT_NONE).private.n,
  () => lunatik_newobject(L, bytesClass, 16, LUNATIK_OPT_NONE).private.byteLength,
  () => lunatik_newobject(L, bytesClass, new ArrayBuffer(16), LUNATIK_OPT_NONE).private.byteLength,
  () => lunatik_newobject(L, fooClass, 0, LUNATIK_OPT_NONE).private?.n,
  () => lunatik_createobject(fooClass, { n: 1 }, LUNATIK_OPT_MONITOR)?.private.n,
  () => lunatik_createobject(bytesClass, 16, LUNATIK_OPT_MONITOR)?.private.byteLength,
  () => lunatik_createobject(fooClass, 0, LUNATIK_OPT_MONITOR)?.private?.n,
  () => lunatik_checkobject<Foo>(L, 1).private?.n,
  () => ({ name: 'foo', release: (foo: Foo) => void foo.n, opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t<Foo>,
  () => ({ name: 'foo', release: ({ n }: Foo) => n, opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t<Foo>,
  () => ({ name: 'foo', release: console.log, opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t<Foo>,
  () => ({ name: 'foo', opener: LUNATIK_OPENER('foo'), opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t<Foo>,
  () => lunatik_cloneobject(L, runtime),
  () => lunatik_toobject<Foo>(L, 1)?.private?.n,
  () => LUNATIK_OBJECTCHECKER<Foo>('check')(L, 1)?.n,
  () => LUNATIK_PRIVATECHECKER<Foo>('check', (_L, _ix, priv) => void priv.n)(L, 1).n,
  () => lunatik_attach(L, hook, 'object', newAny, 1),
  () => lunatik_attach(L, hook, 'object', lunatik_toruntime),
  () => lunatik_detach(runtime, hook, 'object'),
  () => lunatik_detach(runtime, hook, 'foo'),
  () => lunatik_try(L, (a: number, b: string) => a + b.length, 1, 'x'),
  () => lunatik_tryret(L, () => 1).toFixed(),
  () => lunatik_tryk(L, (_L, ret) => ret, lunatik_run, runtime, handler, 1, 'x'),
  () =>
    lunatik_tryk(
      L,
      () => 0,
      async () => 1,
    ),
  () =>
    lunatik_tryk(
      L,
      (_L, ret) => ret,
      () => lunatik_run(runtime, handler, 1, 'x'),
    ),
  () => lunatik_setinteger(L, 1, hook, 'priority'),
  () => lunatik_optinteger(L, 1, hook, 'priority', 0),
  () => lunatik_setstring(L, 1, hook, 'name', 16),
  () => lunatik_setstring(L, 1, hook, 'ifname', 16),
  () => LUNATIK_CLASSES('foo', fooClass, bytesClass),
  () => LUNATIK_NEWLIB('foo', [{ name: 'new', func: () => 0 }], LUNATIK_CLASSES('foo', fooClass)),
  () => LUNATIK_NEWLIB('foo', [], null),
  () => lunatik_free(lunatik_realloc(L, lunatik_malloc(L, 1), 2)),
]

export const wrong: (() => unknown)[] = [
  // @ts-expect-error: no sleep
  () => lunatik_runtime({ value: null }, 'mydevice'),
  // @ts-expect-error: a runtime where its place is wanted
  () => lunatik_runtime(runtime, 'mydevice', true),
  // @ts-expect-error: null, for the place of the runtime
  () => lunatik_runtime(null, 'mydevice', true),
  // @ts-expect-error: sleep as a text
  () => lunatik_runtime({ value: null }, 'mydevice', 'softirq'),
  // @ts-expect-error: a runtime that may be null
  () => lunatik_stop(null),
  // @ts-expect-error: a state is no runtime
  () => lunatik_run(L, handler, 1, 'x'),
  // @ts-expect-error: an argument is missing
  () => lunatik_run(runtime, handler, 1),
  // @ts-expect-error: one argument too many
  () => lunatik_run(runtime, handler, 1, 'x', 2),
  // @ts-expect-error: arguments in the wrong order
  () => lunatik_run(runtime, handler, 'x', 1),
  // @ts-expect-error: a handler whose result is no integer
  () => lunatik_run(runtime, () => 'text'),
  // @ts-expect-error: a handler without a result
  () => lunatik_run(runtime, () => {}),
  // @ts-expect-error: a promise of no integer
  () => lunatik_run(runtime, async () => 'text'),
  // @ts-expect-error: a handler whose first argument is no state
  () => lunatik_run(runtime, (n: number) => n, 1),
  // @ts-expect-error: an argument of the wrong type
  () => lunatik_handle(runtime, handler, 1, 2),
  // @ts-expect-error: later kernel code's lunatik_isready
  () => lunatik_isready(runtime),
  // @ts-expect-error: the result may be a promise
  () => lunatik_run(runtime, handler, 1, 'x').toFixed(),

  // @ts-expect-error: a class without a name
  () => ({ opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t,
  // @ts-expect-error: a class without opt
  () => ({ name: 'foo' }) satisfies lunatik_class_t,
  // @ts-expect-error: opt is a bitmask
  () => ({ name: 'foo', opt: 'MONITOR' }) satisfies lunatik_class_t,
  // @ts-expect-error: methods have name and func
  () => ({ name: 'foo', methods: { get: () => 0 }, opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t,
  // @ts-expect-error: a method returns how many results it pushed
  () => ({ name: 'foo', methods: [{ name: 'get', func: () => {} }], opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t,
  // @ts-expect-error: release of other private data
  () => ({ name: 'foo', release: (n: number) => n, opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t<Foo>,
  // @ts-expect-error: a field that no class has
  () => ({ name: 'foo', opt: LUNATIK_OPT_NONE, sleep: true }) satisfies lunatik_class_t,

  // @ts-expect-error: nobody waits for a release
  () => ({ name: 'foo', release: async (_foo: Foo) => {}, opt: LUNATIK_OPT_NONE }) satisfies lunatik_class_t<Foo>,
  // @ts-expect-error: a size for a class of JavaScript values
  () => lunatik_newobject(L, fooClass, 16, LUNATIK_OPT_NONE),
  // @ts-expect-error: a size for a class of JavaScript values
  () => lunatik_createobject(fooClass, 16, LUNATIK_OPT_NONE),
  // @ts-expect-error: a value for a class of bytes
  () => lunatik_newobject(L, bytesClass, { n: 1 }, LUNATIK_OPT_NONE),
  // @ts-expect-error: private data of the wrong type
  () => lunatik_newobject(L, fooClass, 'text', LUNATIK_OPT_NONE),
  // @ts-expect-error: a field of the private data has the wrong type
  () => lunatik_newobject(L, fooClass, { n: 'text' }, LUNATIK_OPT_NONE),
  // @ts-expect-error: an incomplete private data
  () => lunatik_createobject(fooClass, {}, LUNATIK_OPT_NONE),
  // @ts-expect-error: no opt
  () => lunatik_newobject(L, bytesClass, 16),
  // @ts-expect-error: null where memory was insufficient
  () => lunatik_getobject(lunatik_createobject(bytesClass, 16, LUNATIK_OPT_NONE)),
  // @ts-expect-error: the private data may be gone
  () => fooObject.private.n,
  // @ts-expect-error: null where there is no userdata
  () => lunatik_toobject(L, 1).kref,
  // @ts-expect-error: the object checker lets closed objects pass
  () => LUNATIK_OBJECTCHECKER<Foo>('check')(L, 1).n,
  // @ts-expect-error: the private data has no such field
  () => LUNATIK_PRIVATECHECKER<Foo>('check')(L, 1).m,
  // @ts-expect-error: a class is no object
  () => lunatik_cloneobject(L, fooClass),

  // @ts-expect-error: no such field
  () => lunatik_attach(L, hook, 'nothing', newAny, 1),
  // @ts-expect-error: a field that can't be null
  () => lunatik_attach(L, hook, 'always', newAny, 1),
  // @ts-expect-error: a field that is no object
  () => lunatik_attach(L, hook, 'priority', newAny, 1),
  // @ts-expect-error: the constructor's argument has the wrong type
  () => lunatik_attach(L, hook, 'object', newAny, 'text'),
  // @ts-expect-error: the constructor's argument is missing
  () => lunatik_attach(L, hook, 'object', newAny),
  // @ts-expect-error: the constructor gives no object
  () => lunatik_attach(L, hook, 'object', () => 1),
  // @ts-expect-error: no such field
  () => lunatik_detach(runtime, hook, 'nothing'),
  // @ts-expect-error: a field that can't be null
  () => lunatik_detach(runtime, hook, 'always'),
  // @ts-expect-error: a state where the runtime is wanted
  () => lunatik_detach(L, hook, 'object'),

  // @ts-expect-error: an error's name where its number is wanted
  () => lunatik_throw(L, 'ENOMEM'),
  // @ts-expect-error: an operation without a result
  () => lunatik_try(L, () => {}),
  // @ts-expect-error: an operation that sleeps
  () => lunatik_tryret(L, async () => 0),
  // @ts-expect-error: it may sleep: lunatik_tryk
  () => lunatik_try(L, () => lunatik_run(runtime, handler, 1, 'x')),
  // @ts-expect-error: no continuation
  () => lunatik_tryk(L, lunatik_run, runtime, handler, 1, 'x'),
  // @ts-expect-error: an argument is missing
  () => lunatik_tryk(L, () => 0, lunatik_run<[number, string]>, runtime, handler, 1),
  // @ts-expect-error: an argument of the wrong type
  () => lunatik_try(L, (n: number) => n, 'text'),

  // @ts-expect-error: no such field
  () => lunatik_setinteger(L, 1, hook, 'nothing'),
  // @ts-expect-error: a string field
  () => lunatik_setinteger(L, 1, hook, 'name'),
  // @ts-expect-error: a boolean field
  () => lunatik_setinteger(L, 1, hook, 'flag'),
  // @ts-expect-error: a string field
  () => lunatik_optinteger(L, 1, hook, 'name', 0),
  // @ts-expect-error: no default
  () => lunatik_optinteger(L, 1, hook, 'priority'),
  // @ts-expect-error: a default of the wrong type
  () => lunatik_optinteger(L, 1, hook, 'priority', '0'),
  // @ts-expect-error: an integer field
  () => lunatik_setstring(L, 1, hook, 'priority', 16),
  // @ts-expect-error: no maxlen
  () => lunatik_setstring(L, 1, hook, 'name'),

  // @ts-expect-error: no class
  () => LUNATIK_CLASSES('foo'),
  // @ts-expect-error: "authors must not include a trailing NULL"
  () => LUNATIK_CLASSES('foo', fooClass, null),
  // @ts-expect-error: a name is no class
  () => LUNATIK_CLASSES('foo', 'bar'),
  // @ts-expect-error: no classes, which are null for none
  () => LUNATIK_NEWLIB('foo', []),
  // @ts-expect-error: a class where an array of them is wanted
  () => LUNATIK_NEWLIB('foo', [], fooClass),
  // @ts-expect-error: functions by name
  () => LUNATIK_NEWLIB('foo', { new: () => 0 }, null),
  // @ts-expect-error: malloc may fail
  () => lunatik_malloc(L, 8).fill(0),
  // @ts-expect-error: memory that was never lunatik_malloc's
  () => lunatik_free('text'),
]

t.test('the calls above are for the compiler', async (t) => {
  t.ok(right.length > 25)
  t.ok(wrong.length > 50)
})
