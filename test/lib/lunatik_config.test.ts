// process: its own
import { release } from 'node:os'
import t from 'tap'
import '../../src/lib/lunatik_config.js'
import '../../src/lib/luaset.js'
import { agrees, evaluate, evaluator } from './eval.js'

t.test('it names the running kernel and the modules that are here', async (t) => {
  const r = evaluator(t)
  agrees(
    t,
    r,
    `
    keys(require("lunatik.config"))  =>  "kernel_version modules"
    kv(require("lunatik.config").modules)  =>  "1=lunatik 2=luaset"
    `,
  )
  t.equal(evaluate(r, 'require("lunatik.config").kernel_version'), `"${release()}"`)
})
