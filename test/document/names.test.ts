// variants: default
import * as lunatik from 'lunatik'
import t from 'tap'
import { names } from './names.js'

const exported = new Map(Object.entries(lunatik))

for (const name of names) {
  t.test(`${name} is exported`, async (t) => {
    const kind = name.startsWith('LUNATIK_OPT_') ? 'number' : 'function'
    t.equal(typeof exported.get(name), kind)
  })
}
