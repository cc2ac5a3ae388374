import t from 'tap'
import { luaL_error, luaL_loadstring } from '../../src/lua/lauxlib.js'
import {
  LUA_ERRRUN,
  LUA_MULTRET,
  LUA_OK,
  LUA_TNIL,
  LUA_YIELD,
  type lua_CFunction,
  lua_call,
  lua_closeslot,
  lua_closethread,
  lua_createtable,
  lua_gettop,
  lua_newtable,
  lua_newthread,
  lua_pcall,
  lua_pop,
  lua_pushboolean,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushnil,
  lua_pushstring,
  lua_resume,
  type lua_State,
  lua_setfield,
  lua_setmetatable,
  lua_settop,
  lua_toclose,
  lua_tostring,
  lua_type,
  lua_yieldk,
} from '../../src/lua/lua.js'
import { raised, run, state, taken } from './bare.js'

/** A state, and what its values' `__close` have been called with. */
function closable(t: Parameters<typeof state>[0]) {
  const L = state(t)
  const closed: string[] = []
  /** Pushes a value that is to be closed; its method raises `error` where there is one. */
  const push = (L: lua_State, name: string, error?: string): void => {
    lua_newtable(L)
    lua_createtable(L, 0, 1)
    lua_pushcfunction(L, (L) => {
      closed.push(`${name} ${lua_type(L, 2) === LUA_TNIL ? 'nil' : lua_tostring(L, 2)}`)
      return error === undefined ? 0 : luaL_error(L, error)
    })
    lua_setfield(L, -2, '__close')
    lua_setmetatable(L, -2)
    lua_toclose(L, -1)
  }
  return { L, closed, push }
}

/** Calls `f` as a C function in protected mode and gives its status; what it leaves is on the stack. */
function call(L: lua_State, f: lua_CFunction): number {
  lua_pushcfunction(L, f)
  return lua_pcall(L, 0, LUA_MULTRET, 0)
}

t.test('what is marked is closed when it is dropped, the last first', async (t) => {
  const { L, closed, push } = closable(t)
  t.equal(
    call(L, (L) => {
      push(L, 'a')
      push(L, 'b')
      lua_pushinteger(L, 1)
      lua_pop(L, 1)
      t.same(closed, [])
      lua_pop(L, 1)
      t.same(closed, ['b nil'])
      lua_pushstring(L, 'left')
      lua_settop(L, 0)
      t.same(closed, ['b nil', 'a nil'])
      return 0
    }),
    LUA_OK,
  )
  t.same(closed, ['b nil', 'a nil'])
})

t.test('what is marked is closed when the function returns, and the results are whole', async (t) => {
  const { L, closed, push } = closable(t)
  t.equal(
    call(L, (L) => {
      push(L, 'a')
      push(L, 'b')
      lua_pushstring(L, 'one')
      lua_pushstring(L, 'two')
      return 2
    }),
    LUA_OK,
  )
  t.same(closed, ['b nil', 'a nil'])
  t.same(taken(L), ['one', 'two'])
})

t.test('what is marked is closed when the function fails, with the error', async (t) => {
  const { L, closed, push } = closable(t)
  const failing: [lua_CFunction, string][] = [
    [(L) => luaL_error(L, 'raised'), 'raised'],
    [
      () => {
        throw new Error('thrown')
      },
      'thrown',
    ],
    [
      (L) => {
        luaL_loadstring(L, 'local t = nil; t.x = 1')
        lua_call(L, 0, 0)
        return 0
      },
      '[string "local t = nil; t.x = 1"]:1: attempt to index a nil value (local \'t\')',
    ],
  ]
  for (const [fail, message] of failing) {
    closed.length = 0
    t.equal(
      call(L, (L) => {
        push(L, 'a')
        lua_pushinteger(L, 1)
        push(L, 'b')
        return fail(L)
      }),
      LUA_ERRRUN,
    )
    t.same(closed, [`b ${message}`, `a ${message}`])
    t.same(taken(L), [message])
  }
})

t.test('an error of a method takes the place of the one before', async (t) => {
  const { L, closed, push } = closable(t)
  t.equal(
    call(L, (L) => {
      push(L, 'a')
      push(L, 'b', 'of b')
      return luaL_error(L, 'first')
    }),
    LUA_ERRRUN,
  )
  t.same(closed, ['b first', 'a of b'])
  t.same(taken(L), ['of b'])
  t.equal(
    call(L, (L) => {
      push(L, 'c')
      push(L, 'd', 'of d')
      return 0
    }),
    LUA_ERRRUN,
  )
  t.same(closed.slice(2), ['d nil', 'c of d'])
  t.same(taken(L), ['of d'])
  t.equal(
    call(L, () => 0),
    LUA_OK,
  )
})

t.test('nil and false are closed without a word; what has no __close is refused', async (t) => {
  const { L } = closable(t)
  t.equal(
    raised(L, (L) => {
      lua_pushnil(L)
      lua_toclose(L, -1)
      lua_pushboolean(L, false)
      lua_toclose(L, -1)
      return 0
    }),
    null,
  )
  t.equal(
    raised(L, (L) => {
      lua_pushinteger(L, 1)
      lua_toclose(L, -1)
      return 0
    }),
    "variable '(C temporary)' got a non-closable value",
  )
})

t.test('lua_closeslot closes the last one and leaves nil', async (t) => {
  const { L, closed, push } = closable(t)
  t.equal(
    call(L, (L) => {
      push(L, 'a')
      push(L, 'b')
      t.throws(() => lua_closeslot(L, 1), /^lua_closeslot: it is not the last value that was marked/)
      lua_closeslot(L, 2)
      t.same(closed, ['b nil'])
      t.equal(lua_gettop(L), 2)
      t.equal(lua_type(L, 2), LUA_TNIL)
      lua_closeslot(L, -2)
      t.equal(lua_type(L, 1), LUA_TNIL)
      t.throws(() => lua_closeslot(L, 1), /^lua_closeslot: it is not the last value that was marked/)
      return 0
    }),
    LUA_OK,
  )
  t.same(closed, ['b nil', 'a nil'])
})

t.test('a value below one that is marked already is refused', async (t) => {
  const { L, closed, push } = closable(t)
  t.equal(
    call(L, (L) => {
      lua_newtable(L)
      push(L, 'a')
      t.throws(() => lua_toclose(L, 1), /^lua_toclose: what is marked later must be above what was marked/)
      t.throws(() => lua_toclose(L, 2), /^lua_toclose: what is marked later must be above what was marked/)
      t.throws(() => lua_toclose(L, 3), /^lua_toclose: 3 is no index/)
      return 0
    }),
    LUA_OK,
  )
  t.same(closed, ['a nil'])
})

t.test('a function that yields keeps what it has marked until it ends', async (t) => {
  const { L, closed, push } = closable(t)
  const co = lua_newthread(L)
  lua_pushcfunction(co, (L) => {
    push(L, 'a')
    return lua_yieldk(L, 0, (L) => {
      t.same(closed, [])
      lua_pushstring(L, 'result')
      return 1
    })
  })
  t.equal(lua_resume(co, L, 0), LUA_YIELD)
  t.same(closed, [])
  t.equal(lua_resume(co, L, 0), LUA_OK)
  t.same(closed, ['a nil'])
  t.same(taken(co), ['result'])
})

t.test('a coroutine that is closed closes all that it has marked', async (t) => {
  const { L, closed, push } = closable(t)
  const co = lua_newthread(L)
  lua_pushcfunction(co, (L) => {
    push(L, 'inner')
    return lua_yieldk(L, 0, () => 0)
  })
  t.equal(lua_resume(co, L, 0), LUA_YIELD)
  t.equal(lua_closethread(co, L), LUA_OK)
  t.same(closed, ['inner nil'])
  t.equal(lua_gettop(co), 0)
  lua_pushcfunction(co, (L) => {
    push(L, 'first')
    push(L, 'second', 'of second')
    return lua_yieldk(L, 0, () => 0)
  })
  t.equal(lua_resume(co, L, 0), LUA_YIELD)
  t.equal(lua_closethread(co, L), LUA_ERRRUN)
  t.same(closed.slice(1), ['second nil', 'first of second'])
  t.same(taken(co), ['of second'])
  run(co, 'return 1')
  t.same(taken(co), ['1'])
})
