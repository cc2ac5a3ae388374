// variants: (default fengari)
// process: its own
import t, { type Test } from 'tap'
import { ECANCELED } from '../../src/errno.js'
import { lua_total } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_reserve } from '../../src/lunatik/lunatik_oom.js'
import { collects } from '../engine.js'
import { callF, logged, runtime, scripts } from './states.js'

const MiB = 1 << 20

/** Restores the limits of memory when the test ends. */
function limits(t: Test): void {
  const { memory, total } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { memory, total }))
}

const spins = 'function f(n) for i = 1, n do end return n end'

t.test('a call that computes ends where memory is short, and the next works when it no longer is', async (t) => {
  limits(t)
  const r = runtime(t, spins)
  t.equal(lunatik_run(r, callF, 100_000), 100_000)
  const { total } = lunatik_conf
  lunatik_conf.total = 1
  t.equal(lunatik_run(r, callF, 100_000), -ECANCELED)
  lunatik_conf.total = total
  t.equal(lunatik_run(r, callF, 100_000), 100_000)
})

t.test('short calls end as well where memory is short, now and then, and work when it no longer is', async (t) => {
  limits(t)
  const r = runtime(t, spins)
  const call1000 = () => Array.from({ length: 1000 }, () => lunatik_run(r, callF, 1))
  const { total } = lunatik_conf
  lunatik_conf.total = 1
  const results = call1000()
  t.ok(results.includes(-ECANCELED))
  t.ok(results.includes(1))
  lunatik_conf.total = total
  t.ok(call1000().every((result) => result === 1))
})

t.test("JavaScript's garbage is no reason to end anything", async (t) => {
  limits(t)
  const r = runtime(t, spins)
  lunatik_run(r, callF, 1)
  let kept: ArrayBuffer | null = new ArrayBuffer(256 * MiB)
  lunatik_conf.total = 192 * MiB
  t.equal(lunatik_run(r, callF, 100_000), -ECANCELED)
  t.equal(kept?.byteLength, 256 * MiB)
  kept = null
  // The shortage is looked at again after a while.
  const end = performance.now() + 120_000
  while (lunatik_run(r, callF, 100_000) !== 100_000 && performance.now() < end);
  t.equal(lunatik_run(r, callF, 100_000), 100_000)
})

t.test('a runtime that the reserve is for works on', async (t) => {
  limits(t)
  const r = runtime(t, spins)
  lunatik_reserve(r)
  lunatik_conf.total = 1
  t.equal(lunatik_run(r, callF, 100_000), 100_000)
  t.ok(Array.from({ length: 1000 }, () => lunatik_run(r, callF, 1)).every((result) => result === 1))
})

const skip = !collects && "what Lua uses is JavaScript's"

/** `f(n)` keeps n MiB, in the global if `keep`. Returns n, or how many MiB there were memory for. */
const holder = `
function f(n)
  local t = {}
  kept = keep and t or nil
  pcall(function() for i = 1, n do t[i] = {} for j = 1, 1000 do t[i][j] = ("x"):rep(1000) .. i * 1000 + j end end end)
  return #t
end
`

/** Runtimes of the script, which share 32 MiB: 24, and 8 in reserve; each alone may have 12. */
function holders(t: Test): (keep: boolean) => Promise<lunatik_object_t> {
  limits(t)
  Object.assign(lunatik_conf, { memory: 12 * MiB, total: 32 * MiB })
  scripts(t, { 'keeps.lua': `keep = true${holder}`, 'drops.lua': holder })
  const made: lunatik_object_t[] = []
  t.teardown(() => made.forEach((r) => void (r.private !== null && lunatik_stop(r))))
  return async (keep) => {
    const { runtime, message } = await lunatik_newruntime(keep ? 'keeps' : 'drops', LUNATIK_OPT_NONE)
    if (runtime === null) throw new Error(message ?? '')
    made.push(runtime)
    return runtime
  }
}

t.test(
  'scripts that fill their limits leave room for others, and all of theirs when they stop',
  { skip },
  async (t) => {
    const make = holders(t)
    for (let round = 0; round < 2; round++) {
      const full = [await make(true), await make(true), await make(true)]
      const had = full.map((r) => Number(lunatik_run(r, callF, 100)))
      t.ok((had[0] as number) >= 8, `MiB kept: ${had}`)
      t.ok((had[2] as number) < (had[0] as number), 'together they have no more than there is')
      t.ok(lua_total() <= 25 * MiB)
      const small = await make(true)
      t.equal(lunatik_run(small, callF, 0), 0)
      for (const r of full) lunatik_stop(r)
    }
  },
)

t.test('an idle runtime gives its garbage when others need the memory', { skip }, async (t) => {
  const make = holders(t)
  const idle = [await make(false), await make(false)]
  const alone = Number(lunatik_run(idle[0] as lunatik_object_t, callF, 100))
  t.ok(lua_total() > 11 * MiB, 'it is still there')
  t.equal(lunatik_run(idle[1] as lunatik_object_t, callF, 100), alone)
  t.ok(Number(lunatik_run(await make(true), callF, 100)) >= alone - 1)
  t.ok(Number(lunatik_run(await make(true), callF, 100)) >= alone - 1)
})

t.test('a finalizer that never ends is ended where others need the memory, who are not late', { skip }, async (t) => {
  const log = logged(t)
  const make = holders(t)
  const spin = 'setmetatable({}, {__gc = function() while true do end end})'
  scripts(t, { 'drops.lua': holder.replace('return', `${spin} return`), 'keeps.lua': `keep = true${holder}` })
  lunatik_conf.deadline = 500
  for (const r of [await make(false), await make(false)]) lunatik_run(r, callF, 10)
  t.strictSame(log, [])
  t.ok(Number(lunatik_run(await make(true), callF, 100)) >= 8)
  t.match(log, [/error in __gc \(.*drops\.lua:6: no return within 500 ms/])
})

t.test('what is garbage never counts against the limit of the next call', { skip }, async (t) => {
  const make = holders(t)
  const r = await make(false)
  const first = Number(lunatik_run(r, callF, 100))
  for (let i = 0; i < 3; i++) t.ok(Number(lunatik_run(r, callF, 100)) >= first - 1)
})
