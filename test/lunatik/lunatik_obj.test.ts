// process: its own
import t from 'tap'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  lunatik_getobject,
  lunatik_initobject,
  lunatik_isirq,
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
