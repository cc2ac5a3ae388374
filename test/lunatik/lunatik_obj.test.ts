// process: its own
import t from 'tap'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_getobject,
  lunatik_initobject,
  lunatik_isirq,
  type lunatik_object_t,
  lunatik_putobject,
} from '../../src/lunatik/lunatik_obj.js'
import { logged } from './states.js'

t.test('an object is released once, when its counter reaches zero', async (t) => {
  const released: unknown[] = []
  const cls = { name: 'c', release: (priv: unknown) => released.push(priv), opt: LUNATIK_OPT_NONE }
  const object = lunatik_initobject(cls, 'private', LUNATIK_OPT_NONE)
  lunatik_getobject(object)
  t.equal(lunatik_putobject(object), 0)
  t.equal(lunatik_putobject(object), 1)
  t.strictSame(released, ['private'])
  t.equal(object.private, null)
})

t.test('one put too many is reported with its place', async (t) => {
  const log = logged(t)
  const object = lunatik_initobject({ name: 'c', opt: LUNATIK_OPT_NONE }, null, LUNATIK_OPT_NONE)
  lunatik_putobject(object)
  t.equal(lunatik_putobject(object), 0)
  t.match(log, [/refcount underflow of a 'c' object: .*lunatik_obj.test/])
})

t.test("an instance inherits its class's options, and with them the kind of its lock", async (t) => {
  const object = lunatik_initobject({ name: 'c', opt: LUNATIK_OPT_SOFTIRQ }, null, LUNATIK_OPT_NONE)
  t.ok(lunatik_isirq(object.opt))
  t.notOk(object.lock.sleep)
})

t.test('a release that throws or is async is reported with its class', async (t) => {
  const log = logged(t)
  const made = (release: () => undefined) =>
    lunatik_initobject({ name: 'c', release, opt: LUNATIK_OPT_NONE }, {}, LUNATIK_OPT_NONE)
  const thrower = (): undefined => {
    throw new Error('boom')
  }
  t.equal(lunatik_putobject(made(thrower)), 1)
  t.equal(lunatik_putobject(made((async () => thrower()) as () => never)), 1)
  await Promise.resolve()
  t.strictSame(log, [
    "lunatik: the release of a 'c' object threw boom",
    "lunatik: the release of a 'c' object is async: whoever put the object doesn't wait for it",
    "lunatik: the release of a 'c' object threw boom",
  ])
})

t.test('releases that put the next object, 100,000 in a chain, all run before the first put returns', async (t) => {
  let released = 0
  const cls = {
    name: 'chain',
    release: ({ next }: Link) => {
      if (next !== null) lunatik_putobject(next)
      released++
    },
    opt: LUNATIK_OPT_NONE,
  }
  interface Link {
    readonly next: lunatik_object_t | null
  }
  let first: lunatik_object_t | null = null
  for (let i = 0; i < 100_000; i++)
    first = lunatik_initobject<Link>(cls, { next: first }, LUNATIK_OPT_NONE) as lunatik_object_t
  t.equal(lunatik_putobject(first as lunatik_object_t), 1)
  t.equal(released, 100_000)
})
