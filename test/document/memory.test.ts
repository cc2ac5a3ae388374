import {
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_NONE,
  lua_call,
  lua_pushcfunction,
  lua_pushvalue,
  lua_setglobal,
  lunatik_allocated,
  type lunatik_class_t,
  lunatik_closeobject,
  lunatik_conf,
  lunatik_deleteobject,
  lunatik_free,
  lunatik_ledger,
  lunatik_malloc,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_realloc,
  lunatik_stop,
} from 'lunatik'
import t from 'tap'
import { collects, limitMemory } from '../engine.js'
import { inside, logged, raised, runtime, unique } from './states.js'

const foo: lunatik_class_t = {
  name: unique('foo'),
  methods: [{ name: '__gc', func: lunatik_deleteobject }],
  opt: LUNATIK_OPT_NONE,
}
LUNATIK_NEWLIB(foo.name, [], LUNATIK_CLASSES(foo.name, foo))
const script = `require("${foo.name}")`

t.test('"Allocates size bytes using the Lua allocator", zeroed and writable', async (t) => {
  const r = runtime(t)
  const ptr = inside(r, (L) => lunatik_malloc(L, 16))
  t.strictSame([...(ptr as Uint8Array)], new Array(16).fill(0))
  t.equal(lunatik_allocated(r), 16)
  ptr?.fill(7)
  lunatik_free(ptr)
  t.equal(lunatik_allocated(r), 0)
})

t.test('"Returns NULL on failure": beyond the limit, and what was not given does not count', async (t) => {
  const r = runtime(t)
  inside(r, (L) => {
    limitMemory(L, 100)
    t.equal(lunatik_malloc(L, 101), null)
    t.equal(lunatik_allocated(r), 0)
    const ptr = lunatik_malloc(L, 60)
    t.equal(lunatik_malloc(L, 41), null)
    const rest = lunatik_malloc(L, 40)
    t.equal(rest?.length, 40)
    lunatik_free(ptr)
    t.equal(lunatik_malloc(L, 60)?.length, 60, 'freed memory can be had again')
  })
})

t.test('"Returns NULL on failure": no limit, but no such amount of memory', async (t) => {
  const r = runtime(t)
  lunatik_conf.memory = Number.POSITIVE_INFINITY
  inside(r, (L) => t.equal(lunatik_malloc(L, 2 ** 52), null))
  t.equal(lunatik_allocated(r), 0)
})

t.test('"Reallocates ptr to size bytes": what fits is kept', async (t) => {
  const r = runtime(t)
  inside(r, (L) => {
    const ptr = lunatik_malloc(L, 3) as Uint8Array
    ptr.set([1, 2, 3])
    const grown = lunatik_realloc(L, ptr, 5) as Uint8Array
    t.strictSame([...grown], [1, 2, 3, 0, 0])
    t.equal(lunatik_allocated(r), 5)
    const shrunk = lunatik_realloc(L, grown, 2) as Uint8Array
    t.strictSame([...shrunk], [1, 2])
    t.equal(lunatik_allocated(r), 2)
    t.equal(lunatik_realloc(L, shrunk, 0), null, '0 frees')
    t.equal(lunatik_allocated(r), 0)
    t.equal(lunatik_realloc(L, null, 4)?.length, 4, 'NULL allocates')
  })
})

t.test('lunatik_realloc that fails leaves the old memory as it was', async (t) => {
  const r = runtime(t)
  inside(r, (L) => {
    limitMemory(L, 10)
    const ptr = lunatik_malloc(L, 8) as Uint8Array
    ptr.fill(5)
    t.equal(lunatik_realloc(L, ptr, 11), null)
    t.equal(lunatik_allocated(r), 8)
    t.strictSame([...ptr], new Array(8).fill(5))
    t.equal(lunatik_realloc(L, ptr, 10)?.length, 10, 'the old block makes room for the new one')
  })
})

t.test('"Frees memory allocated by lunatik_malloc or lunatik_realloc", once; NULL does nothing', async (t) => {
  const log = logged(t)
  const r = runtime(t)
  inside(r, (L) => {
    const ptr = lunatik_malloc(L, 8)
    lunatik_free(ptr)
    lunatik_free(null)
    t.strictSame(log, [])
    lunatik_free(ptr)
    lunatik_free(new Uint8Array(8))
    t.equal(lunatik_realloc(L, ptr, 4), null)
  })
  t.equal(lunatik_allocated(r), 0)
  t.match(log, [
    /lunatik_free of memory that is not lunatik_malloc's, or was freed:.*memory\.test/,
    /lunatik_free of memory that is not lunatik_malloc's, or was freed:.*memory\.test/,
    /lunatik_realloc of memory that is not lunatik_malloc's, or was freed:.*memory\.test/,
  ])
})

t.test('each runtime has a limit of its own', async (t) => {
  const runtimes = [runtime(t), runtime(t)]
  for (const r of runtimes) {
    inside(r, (L) => {
      limitMemory(L, 10)
      t.equal(lunatik_malloc(L, 11), null)
      t.equal(lunatik_malloc(L, 10)?.length, 10)
    })
  }
})

t.test('objects count as well: beyond the limit they raise "not enough memory" and leave nothing', async (t) => {
  const r = runtime(t, script)
  const before = lunatik_ledger().length
  // What Lua itself needs for an object, where that counts.
  const more = collects ? 16 << 10 : 0
  const size = 1 << 20
  inside(r, (L) => limitMemory(L, size + more))
  t.equal(
    raised(r, (L) => lunatik_newobject(L, foo, size + more + 1, LUNATIK_OPT_NONE)),
    'not enough memory',
  )
  t.equal(lunatik_ledger().length, before)
  t.equal(lunatik_allocated(r), 0)
  t.equal(
    raised(r, (L) => {
      lunatik_newobject(L, foo, size, LUNATIK_OPT_NONE)
      lua_setglobal(L, 'kept')
    }),
    null,
  )
  t.equal(
    inside(r, (L) => lunatik_malloc(L, more + 1)),
    null,
    'one limit for both',
  )
})

t.test('an object that could not be made gives back what it counted', async (t) => {
  const r = runtime(t, script)
  lunatik_conf.memory = Number.MAX_SAFE_INTEGER
  t.equal(
    raised(r, (L) => lunatik_newobject(L, foo, 2 ** 52, LUNATIK_OPT_NONE)),
    'not enough memory',
  )
  t.equal(lunatik_allocated(r), 0, 'nothing counts')
})

t.test("an object's memory is given back when it is released", async (t) => {
  const r = runtime(t, script)
  const object = inside(r, (L) => lunatik_newobject(L, foo, 64, LUNATIK_OPT_NONE))
  t.equal(lunatik_allocated(r), 64)
  lunatik_stop(r)
  t.equal(object.private, null)
  t.equal(lunatik_allocated(r), 0)
})

t.test("an object's memory is given back when it is closed", async (t) => {
  const r = runtime(t, script)
  inside(r, (L) => {
    lua_pushcfunction(L, lunatik_closeobject)
    const object = lunatik_newobject(L, foo, 64, LUNATIK_OPT_NONE)
    lua_pushvalue(L, -1)
    lua_pushcfunction(L, lunatik_closeobject)
    lua_pushvalue(L, -2)
    lua_call(L, 1, 0)
    t.equal(object.private, null)
  })
  t.equal(lunatik_allocated(r), 0, 'nothing counts')
})

t.test("an object's memory is given back though its release throws", async (t) => {
  const name = unique('throws')
  const cls: lunatik_class_t = {
    name,
    release: () => {
      throw new Error('from release')
    },
    opt: LUNATIK_OPT_NONE,
  }
  LUNATIK_NEWLIB(name, [], LUNATIK_CLASSES(name, cls))
  const r = runtime(t, `require("${name}")`)
  const object = inside(r, (L) => lunatik_newobject(L, cls, 64, LUNATIK_OPT_NONE))
  t.equal(lunatik_putobject(object as lunatik_object_t), 1)
  t.equal(lunatik_allocated(r), 0, 'nothing counts')
})
