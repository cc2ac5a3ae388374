import t from 'tap'
import { ETIMEDOUT } from '../../src/errno.js'
import { lua_pushcfunction, type lua_State, lua_setglobal } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { callF, runtime } from './states.js'

/** Time passes, and the thread has no processor, as where other processes have them all. */
function starve(): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  return 0
}

function starving(L: lua_State, n: number): number {
  lua_pushcfunction(L, starve)
  lua_setglobal(L, 'starve')
  return callF(L, n)
}

t.test('time in which the thread has no processor does not count', async (t) => {
  const r = runtime(t, 'function f(n) for i = 1, n do for j = 1, 1000 do end starve() end return n end')
  lunatik_conf.deadline = 200
  t.equal(lunatik_run(r, starving, 8), 8, 'twice the deadline passes')
})

t.test('Lua that spins is ended, however often it lacked the processor before', async (t) => {
  const r = runtime(t, 'function f(n) for i = 1, n do starve() end while true do end end')
  lunatik_conf.deadline = 100
  t.equal(lunatik_run(r, starving, 4), -ETIMEDOUT)
})
