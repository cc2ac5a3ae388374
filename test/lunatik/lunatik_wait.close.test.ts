// What a call has to close when it fails: lunatik_pcall closes it as lua_pcall does.
import t from 'tap'
import { ENXIO } from '../../src/errno.js'
import { luaL_dostring, luaL_error } from '../../src/lua/lauxlib.js'
import {
  LUA_ERRRUN,
  LUA_YIELD,
  lua_getglobal,
  lua_pushcfunction,
  lua_register,
  type lua_State,
  lua_toclose,
  lua_tostring,
} from '../../src/lua/lua.js'
import { lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import type { runtime_t } from '../../src/lunatik/lunatik_private.js'
import { lunatik_pcall, lunatik_waitk } from '../../src/lunatik/lunatik_wait.js'
import { collects } from '../engine.js'
import { logged, runtime } from './states.js'

const script = `
  closed = {}
  function thing(name, e)
    return setmetatable({}, {__close = function(_, why)
      closed[#closed + 1] = name .. " " .. tostring(why)
      if e then error(e, 0) end
    end})
  end`

/** A C function that fails with values to be closed on its stack. */
function l_fail(L: lua_State): number {
  for (const chunk of ['return thing("a")', 'return thing("b", "of b")']) {
    luaL_dostring(L, chunk)
    lua_toclose(L, -1)
  }
  return luaL_error(L, 'failed')
}

t.test('what a C function has marked is closed when the call fails', async (t) => {
  const r = runtime(t, script)
  lunatik_run(r, (L) => {
    lua_pushcfunction(L, l_fail)
    return lunatik_pcall(L, 0, 0, (L, status) => {
      t.equal(status, LUA_ERRRUN)
      t.equal(lua_tostring(L, -1), 'of b')
      luaL_dostring(L, 'return table.concat(closed, ", ")')
      t.equal(lua_tostring(L, -1), 'b failed, a of b')
      return 0
    })
  })
  // The runtime goes on.
  lunatik_run(r, (L) => {
    lua_getglobal(L, 'thing')
    return lunatik_pcall(L, 0, 1, (_L, status) => {
      t.equal(status, 0)
      return 0
    })
  })
})

/** A C function that sleeps for ever with values to be closed on its stack. */
function l_sleep(L: lua_State): number {
  for (const chunk of ['return thing("a")', 'return thing("b", "of b")']) {
    luaL_dostring(L, chunk)
    lua_toclose(L, -1)
  }
  return lunatik_waitk(
    L,
    () => () => 0,
    () => 0,
  )
}

t.test('what a call has to close is closed when it is given up in its sleep', async (t) => {
  const r = runtime(t, script)
  const ret = lunatik_run(r, (L) => {
    lua_pushcfunction(L, l_sleep)
    return lunatik_pcall(L, 0, 0, (L, status) => {
      t.equal(status, LUA_YIELD)
      luaL_dostring(L, 'return table.concat(closed, ", ")')
      t.equal(lua_tostring(L, -1), 'b interrupted: nobody waits for the answer, a of b')
      return 7
    })
  })
  ;(r.private as runtime_t).abandon?.()
  t.equal(await ret, 7)
})

t.test('it is closed when the runtime stops, before its finalizers run', async (t) => {
  const log = logged(t)
  const r = runtime(
    t,
    `function thing(name)
       return setmetatable({}, {__close = function(_, why) print(name .. " " .. tostring(why)) end})
     end
     kept = setmetatable({}, {__gc = function() print("finalizer") end})`,
  )
  const ret = lunatik_run(r, (L) => {
    lua_pushcfunction(L, l_sleep)
    return lunatik_pcall(L, 0, 0, () => 0)
  })
  lunatik_stop(r)
  t.equal(await ret, -ENXIO)
  t.strictSame(log, ['b the runtime has been stopped', 'a the runtime has been stopped', 'finalizer'])
})

t.test(
  'coroutines close first, the innermost before all, and nothing of it sleeps',
  { skip: collects ? false : 'Lua 5.3 has no <close>' },
  async (t) => {
    const log = logged(t)
    const r = runtime(
      t,
      `local function thing(name)
         return setmetatable({}, {__close = function(_, why)
           print(name .. " " .. why)
           if name == "sleepy" then print(pcall(sleep)) end
         end})
       end
       function f()
         local outer <close> = thing("outer")
         local sleepy <close> = thing("sleepy")
         coroutine.wrap(function() local inner <close> = thing("inner") sleep() end)()
       end`,
    )
    const ret = lunatik_run(r, (L) => {
      lua_register(L, 'sleep', (L) =>
        lunatik_waitk(
          L,
          () => () => 0,
          () => 0,
        ),
      )
      lua_getglobal(L, 'f')
      return lunatik_pcall(L, 0, 0, () => 0)
    })
    ;(r.private as runtime_t).abandon?.()
    t.equal(await ret, 0)
    t.match(log, [/^inner interrupted/, /^sleepy interrupted/, /^false\tcan't sleep here/, /^outer interrupted/])
  },
)
