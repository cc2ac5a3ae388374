import t from 'tap'
import { ECANCELED, ENOENT } from '../../src/errno.js'
import { luaL_checkinteger } from '../../src/lua/lauxlib.js'
import {
  LUA_OK,
  lua_getglobal,
  lua_pushinteger,
  lua_register,
  type lua_State,
  lua_tointeger,
  lua_tostring,
} from '../../src/lua/lua.js'
import { type lunatik_result, lunatik_run } from '../../src/lunatik/lunatik_core.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_tryk } from '../../src/lunatik/lunatik_tryk.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { logged, runtime } from './states.js'

const script = 'function f(n) return n + forward(n) end\nfunction p(n) return select(2, pcall(forward, n)) end'

/** Gives the runtime's scripts a function that runs `op` with its argument, and pushes what comes of it. */
function forwardTo(r: lunatik_object_t, op: (n: number) => lunatik_result): void {
  lunatik_run(r, (L) => {
    lua_register(L, 'forward', (L) =>
      lunatik_tryk(
        L,
        (L, ret) => {
          lua_pushinteger(L, ret)
          return 1
        },
        op,
        luaL_checkinteger(L, 1),
      ),
    )
    return 0
  })
}

/** Calls a function of the script, which may sleep, and gives its result. */
function call(r: lunatik_object_t, name: string, n: number, results: (string | null)[]): lunatik_result {
  return lunatik_run(r, (L) => {
    lua_getglobal(L, name)
    lua_pushinteger(L, n)
    return lunatik_pcall(L, 1, 1, (L, status) => {
      results.push(lua_tostring(L, -1))
      return status === LUA_OK ? lua_tointeger(L, -1) : -ECANCELED
    })
  })
}

t.test('a C function runs another runtime, which answers at once', async (t) => {
  const [a, b] = [runtime(t, script), runtime(t, '')]
  forwardTo(a, (n) => lunatik_run(b, (_L: lua_State, n: number) => n * 2, n))
  t.equal(call(a, 'f', 7, []), 21)
})

t.test('a C function runs another runtime, which sleeps', async (t) => {
  const [a, b] = [runtime(t, script), runtime(t, '')]
  forwardTo(a, (n) =>
    lunatik_run(
      b,
      async (_L: lua_State, n: number) => {
        await null
        return n * 2
      },
      n,
    ),
  )
  const ret = call(a, 'f', 7, [])
  t.type(ret, Promise)
  t.equal(await ret, 21)
  t.equal(b.lock.locked, false)
})

t.test('a negative result is raised by its name, asleep or not', async (t) => {
  const log = logged(t)
  const a = runtime(t, script)
  const results: (string | null)[] = []
  forwardTo(a, () => -ENOENT)
  await call(a, 'p', 1, results)
  forwardTo(a, async () => -ENOENT)
  await call(a, 'p', 1, results)
  forwardTo(a, async () => {
    throw new Error('a fault')
  })
  await call(a, 'p', 1, results)
  t.same(results, ['ENOENT', 'ENOENT', 'EIO'])
  t.match(log, [/a fault$/])
})

t.test('where the caller cannot sleep, that is raised', async (t) => {
  const a = runtime(
    t,
    `${script}\nfunction s() return select(2, xpcall(error, function() return select(2, pcall(forward, 1)) end)) end`,
  )
  const results: (string | null)[] = []
  forwardTo(a, async () => 1)
  await call(a, 's', 1, results)
  t.match(results, [/^can't sleep here/])
})
