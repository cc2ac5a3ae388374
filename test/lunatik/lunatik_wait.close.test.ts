// What a call has to close when it fails: lunatik_pcall closes it as lua_pcall does.
import t from 'tap'
import { luaL_dostring, luaL_error } from '../../src/lua/lauxlib.js'
import {
  LUA_ERRRUN,
  lua_getglobal,
  lua_pushcfunction,
  type lua_State,
  lua_toclose,
  lua_tostring,
} from '../../src/lua/lua.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { runtime } from './states.js'

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
