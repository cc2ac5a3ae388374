// A binding's mistakes, one by one: each is an error where it was made, and no other state notices.
import t, { type Test } from 'tap'
import { engine } from '../../src/lua/engine.js'
import {
  luaL_checklstring,
  luaL_error,
  luaL_gsub,
  luaL_loadbuffer,
  luaL_loadstring,
  luaL_newstate,
  luaL_ref,
  luaL_traceback,
  luaL_unref,
} from '../../src/lua/lauxlib.js'
import {
  LUA_ERRRUN,
  LUA_GCCOLLECT,
  LUA_OK,
  LUA_REGISTRYINDEX,
  LUA_RIDX_GLOBALS,
  LUA_RIDX_MAINTHREAD,
  LUA_TNIL,
  LUA_TNONE,
  LUA_YIELD,
  LuaError,
  type lua_CFunction,
  lua_call,
  lua_checkstack,
  lua_close,
  lua_closethread,
  lua_concat,
  lua_copy,
  lua_createtable,
  lua_error,
  lua_gc,
  lua_getfield,
  lua_getglobal,
  lua_geti,
  lua_gettop,
  lua_newtable,
  lua_newthread,
  lua_next,
  lua_pcall,
  lua_pop,
  lua_pushcclosure,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  lua_pushnumber,
  lua_pushstring,
  lua_pushvalue,
  lua_rawequal,
  lua_rawgeti,
  lua_rawlen,
  lua_rawseti,
  lua_recover,
  lua_remove,
  lua_replace,
  lua_resume,
  lua_rotate,
  type lua_State,
  lua_setfield,
  lua_seti,
  lua_setmetatable,
  lua_settop,
  lua_tointegerx,
  lua_tolstring,
  lua_tostring,
  lua_type,
  lua_typename,
  lua_upvalueindex,
  lua_xmove,
  lua_yieldk,
} from '../../src/lua/lua.js'

function state(t: Test): lua_State {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  return L
}

/** Calls `f` as a C function in protected mode. Returns its error's message, or null; the stack is as before. */
function raised(L: lua_State, f: lua_CFunction): string | null {
  const top = lua_gettop(L)
  lua_pushcfunction(L, f)
  const status = lua_pcall(L, 0, 0, 0)
  const message = status === LUA_OK ? null : lua_tostring(L, -1)
  lua_settop(L, top)
  return message
}

const wrong = (value: unknown) => value as never

t.test('what a C function returns is the number of its results', async (t) => {
  const L = state(t)
  for (const [returned, message] of [
    [1000, "the C function 'f' returned 1000 results, with 2 values on its stack"],
    [3, "the C function 'f' returned 3 results, with 2 values on its stack"],
    [-1, "the C function 'f' returned -1, not the number of its results"],
    [1.5, "the C function 'f' returned 1.5, not the number of its results"],
    [Number.NaN, "the C function 'f' returned NaN, not the number of its results"],
    [2 ** 32, "the C function 'f' returned 4294967296 results, with 2 values on its stack"],
    [undefined, "the C function 'f' returned undefined, not the number of its results"],
    [null, "the C function 'f' returned null, not the number of its results"],
    ['1', `the C function 'f' returned "1", not the number of its results`],
    [true, "the C function 'f' returned true, not the number of its results"],
    [1n, "the C function 'f' returned 1, not the number of its results"],
    [
      Promise.reject(new Error('late')),
      "the C function 'f' returned a promise: one that waits returns lunatik_waitk(...)",
    ],
  ] as const) {
    const f = (L: lua_State) => {
      lua_pushinteger(L, 1)
      lua_pushinteger(L, 2)
      return wrong(returned)
    }
    t.equal(raised(L, f), message)
    t.equal(lua_gettop(L), 0)
  }
  t.equal(
    raised(L, () => 0),
    null,
  )
})

t.test('what a continuation returns is the number of its results', async (t) => {
  const L = state(t)
  const co = lua_newthread(L)
  lua_pushcfunction(co, (L) => lua_yieldk(L, 0, () => 7))
  t.equal(lua_resume(co, L, 0), LUA_YIELD)
  t.equal(lua_resume(co, L, 0), LUA_ERRRUN)
  t.match(lua_tostring(co, -1), /^the C function '.*' returned 7 results, with \d values? on its stack$/)
})

t.test('an async function is no C function: what it pushes late would be in another call', async (t) => {
  const L = state(t)
  const slow = async (L: lua_State) => {
    await null
    lua_pushinteger(L, 1)
    return 1
  }
  t.throws(
    () => lua_pushcfunction(L, wrong(slow)),
    /^lua_pushc\w+: the function slow is async: a C function that waits returns lunatik_waitk/,
  )
  t.throws(() => lua_pushcfunction(L, wrong(undefined)), /undefined is no function/)
  t.equal(lua_gettop(L), 0)
})

t.test('an error names the function that was called, and the place of who called it', async (t) => {
  const L = state(t)
  const l_read = () => lua_pushvalue(L, 0)
  t.throws(l_read, {
    message: /^lua_pushvalue: 0 is no index: 0 values are on the stack, at l_read \(.*border\.test\.[jt]s:\d+:\d+\)$/,
  })
  t.throws(() => lua_getfield(L, -3, 'x'), /^lua_getfield: -3 is no index/)
})

t.test('a state that is closed is dead, and so are its coroutines', async (t) => {
  const L = luaL_newstate() as lua_State
  const co = lua_newthread(L)
  lua_pushinteger(co, 1)
  const other = luaL_newstate() as lua_State
  lua_close(L)
  const later = luaL_newstate() as lua_State
  for (const dead of [L, co]) {
    for (const use of [
      () => lua_pushinteger(dead, 1),
      () => lua_gettop(dead),
      () => lua_settop(dead, 0),
      () => lua_tostring(dead, -1),
      () => lua_type(dead, 1),
      () => lua_getglobal(dead, 'x'),
      () => lua_newtable(dead),
      () => lua_pcall(dead, 0, 0, 0),
      () => lua_newthread(dead),
      () => lua_gc(dead, LUA_GCCOLLECT),
      () => luaL_loadstring(dead, 'return 1'),
      () => luaL_error(dead, 'x'),
      () => lua_close(dead),
    ])
      t.throws(use, /the runtime has been stopped/, String(use))
  }
  t.equal(lua_gettop(other), 0)
  t.equal(lua_gettop(later), 0)
  lua_close(other)
  lua_close(later)
})

t.test('indices are those of values, or of the stack, or pseudo-indices', async (t) => {
  const L = state(t)
  lua_pushinteger(L, 1)
  lua_pushinteger(L, 2)
  const ways: ((idx: number) => unknown)[] = [
    (idx) => lua_type(L, idx),
    (idx) => lua_tolstring(L, idx),
    (idx) => lua_pushvalue(L, idx),
    (idx) => lua_copy(L, 1, idx),
    (idx) => lua_replace(L, idx),
    (idx) => lua_remove(L, idx),
    (idx) => lua_rotate(L, idx, 1),
    (idx) => lua_rawgeti(L, idx, 1),
    (idx) => lua_next(L, idx),
    (idx) => lua_setfield(L, idx, 'x'),
    (idx) => lua_setmetatable(L, idx),
  ]
  for (const way of ways) {
    for (const idx of [0, -3, -100_000, 1.5, Number.NaN, undefined, null, '1', 2 ** 31, 2 ** 28 + 1, -(2 ** 40), {}]) {
      t.throws(() => way(wrong(idx)), /is no index/, `${way} ${idx}`)
    }
  }
  t.equal(lua_type(L, 3), LUA_TNONE, 'beyond the top there is no value')
  t.throws(() => lua_copy(L, 1, 3), /is no index/)
  t.throws(() => lua_copy(L, 1, lua_upvalueindex(1)), /no C function runs/)
  t.match(
    raised(L, (L) => {
      t.equal(lua_type(L, lua_upvalueindex(1)), LUA_TNONE)
      lua_pushnil(L)
      lua_replace(L, lua_upvalueindex(1))
      return 0
    }),
    /^lua_replace: the C function has no such upvalue/,
  )
  t.throws(() => lua_upvalueindex(wrong(undefined)), /is no number of an upvalue/)
  t.equal(lua_upvalueindex(0), LUA_REGISTRYINDEX)
  t.throws(() => lua_rotate(L, 1, 3), /fewer values/)
  t.throws(() => lua_settop(L, -4), /is no top/)
  t.throws(() => lua_settop(L, Number.NaN), /is no top/)
  t.throws(() => lua_pop(L, 3), /takes 3 from the stack/)
  t.throws(() => lua_concat(L, 3), /takes 3 from the stack/)
  t.throws(() => lua_call(L, 2, 0), /takes 3 from the stack/)
  t.throws(() => lua_pcall(L, 1, -2, 0), /no count and not LUA_MULTRET/)
  t.throws(() => lua_pcall(L, 1, 100, 0), /no room for/)
  t.throws(() => lua_pcall(L, 1, 0, 7), /is no index/)
  t.throws(() => lua_createtable(L, -1, 0), /narr is -1/)
  t.throws(() => lua_createtable(L, 0, 2 ** 40), /nrec is/)
  t.equal(lua_gettop(L), 2)
  t.equal(lua_tointegerx(L, 2), 2)
})

t.test('a push beyond the stack is refused, as long as nobody asks for more room', async (t) => {
  const L = state(t)
  const beside = state(t)
  lua_pushstring(beside, 'whole')
  const push = (n: number) => (L: lua_State) => {
    for (let i = 0; i < n; i++) lua_pushinteger(L, i)
    return 0
  }
  t.equal(raised(L, push(20)), null)
  t.match(raised(L, push(21)), /^lua_pushinteger: no room for 1 more on the stack: 20 values are there and 0 fit/)
  t.match(raised(L, push(100_000)), /no room/)
  for (const f of [
    (L: lua_State) => lua_pushnil(L),
    (L: lua_State) => lua_newtable(L),
    (L: lua_State) => lua_pushstring(L, 'x'),
    (L: lua_State) => void lua_getglobal(L, 'x'),
    (L: lua_State) => void lua_newthread(L),
    (L: lua_State) => lua_settop(L, 21),
  ])
    t.match(
      raised(L, (L) => {
        lua_settop(L, 20)
        f(L)
        return 0
      }),
      /no room/,
    )
  t.equal(
    raised(L, (L) => {
      t.equal(lua_checkstack(L, 1000), true)
      return push(1000)(L)
    }),
    null,
  )
  t.throws(() => lua_checkstack(L, -1), /n is -1/)
  t.equal(lua_tostring(beside, 1), 'whole')
})

t.test('upvalues are taken from the stack, and values go to threads of their own state', async (t) => {
  const L = state(t)
  const other = state(t)
  const f = () => 0
  lua_pushinteger(L, 1)
  t.throws(() => lua_pushcclosure(L, f, 2), /takes 2 from the stack/)
  t.throws(() => lua_pushcclosure(L, f, 255), /n is 255, not an integer from 0 to 254/)
  t.throws(() => lua_pushcclosure(L, f, wrong(undefined)), /n is undefined/)
  t.throws(() => lua_xmove(L, other, 1), /two states share no values/)
  t.throws(() => lua_xmove(L, other, 2), /takes 2 from the stack/)
  const co = lua_newthread(L)
  t.throws(() => lua_xmove(co, L, 1), /takes 1 from the stack/)
  t.equal(lua_gettop(other), 0)
})

t.test('a thread that runs is not closed, and one that has yielded is not called', async (t) => {
  const L = state(t)
  t.match(
    raised(L, (L) => lua_closethread(L, null)),
    /^lua_closethread: the thread runs/,
  )
  const co = lua_newthread(L)
  lua_pushcfunction(co, (L) => lua_yieldk(L, 0, null))
  t.equal(lua_resume(co, L, 0), LUA_YIELD)
  lua_pushcfunction(co, () => 0)
  t.throws(() => lua_call(co, 0, 0), /it is resumed, not called/)
  t.throws(() => lua_pcall(co, 0, 0, 0), /it is resumed, not called/)
  t.throws(() => lua_resume(co, L, 2), /takes 2 from the stack/)
})

t.test('an integer is one of 64 bits', async (t) => {
  const L = state(t)
  for (const n of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63, 2 ** 64, -(2 ** 64), 2n ** 63n, 2n ** 64n, '1'])
    t.throws(() => lua_pushinteger(L, wrong(n)), /^lua_pushinteger: .* is no integer of 64 bits/, String(n))
  t.throws(() => lua_pushinteger(L, wrong(undefined)), /undefined is no integer/)
  t.throws(() => lua_pushnumber(L, Number.NaN), /NaN is no integer/)
  t.equal(lua_gettop(L), 0)
  for (const n of [0, -1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1]) {
    lua_pushinteger(L, n)
    t.equal(lua_tointegerx(L, -1), n)
    t.equal(lua_tostring(L, -1), String(n))
    lua_pop(L, 1)
  }
  const wide = 2n ** 60n + 1n
  if (engine.integerBits === 64) {
    lua_pushinteger(L, wide)
    t.equal(lua_tointegerx(L, -1), wide)
    lua_pop(L, 1)
  } else {
    t.match(
      raised(L, (L) => {
        lua_pushinteger(L, wide)
        return 1
      }),
      /^integer overflow: 1152921504606846977 is no integer within 2\^53$/,
    )
  }
  lua_pushinteger(L, 1700000000123456)
  t.equal(lua_tostring(L, -1), '1700000000123456', 'all digits')
  lua_pushstring(L, 'abc')
  t.equal(lua_rawlen(L, -1), 3)
})

t.test('bytes come from whatever has bytes, and from nothing else', async (t) => {
  const L = state(t)
  const bytes = new Uint8Array([0, 97, 98, 255])
  const text = () => {
    const s = Buffer.from(lua_tolstring(L, -1) as Uint8Array).toString('latin1')
    lua_pop(L, 1)
    return s
  }
  for (const [given, s] of [
    [bytes, '\0ab\xff'],
    [bytes.buffer, '\0ab\xff'],
    [new DataView(bytes.buffer, 1, 2), 'ab'],
    [bytes.subarray(1, 3), 'ab'],
    ['é', '\xc3\xa9'],
  ] as const) {
    lua_pushlstring(L, wrong(given))
    t.equal(text(), s)
  }
  lua_pushlstring(L, bytes, 2)
  t.equal(text(), '\0a')
  t.throws(() => lua_pushlstring(L, bytes, 5), /len is 5, not an integer from 0 to 4/)
  for (const given of [null, undefined, 5, {}, [1, 2]]) t.throws(() => lua_pushlstring(L, wrong(given)), /has no bytes/)
  lua_pushstring(L, null)
  t.equal(lua_type(L, -1), LUA_TNIL)
  t.throws(() => lua_pushstring(L, wrong(5)), /5 is no string/)
  t.throws(() => lua_getglobal(L, wrong(null)), /null is no string/)
  t.throws(() => lua_setfield(L, LUA_REGISTRYINDEX, wrong(undefined)), /undefined is no string/)
})

t.test('the bytes of a string are the same as long as it is on the stack, also when memory grows', async (t) => {
  const L = state(t)
  lua_pushcfunction(L, (L) => {
    const s = luaL_checklstring(L, 1)
    const half = s.subarray(4)
    for (let i = 0; i < 6; i++) {
      lua_pushlstring(L, new Uint8Array(8 << 20).fill(i))
      lua_pop(L, 1)
    }
    lua_newtable(L)
    lua_pushlstring(L, new Uint8Array(40 << 20))
    lua_setfield(L, -2, 'held')
    lua_pushlstring(L, half)
    t.equal(Buffer.from(s).toString(), 'one,two')
    return 1
  })
  lua_pushstring(L, 'one,two')
  t.equal(lua_pcall(L, 1, 1, 0), LUA_OK)
  t.equal(lua_tostring(L, -1), 'two')
})

t.test('what Lua throws is an Error with its message', async (t) => {
  const L = state(t)
  let caught: unknown
  const message = raised(L, (L) => {
    try {
      luaL_error(L, 'boom')
    } catch (e) {
      caught = { isError: e instanceof Error, message: (e as Error).message }
      throw e
    }
  })
  t.equal(message, 'boom')
  t.strictSame(caught, { isError: true, message: 'boom' })
})

t.test('an error that is caught otherwise than by a protected call is raised again', async (t) => {
  const L = state(t)
  lua_pushcfunction(L, (L) => {
    lua_pushstring(L, 'from Lua')
    return lua_error(L)
  })
  lua_setfield(L, LUA_REGISTRYINDEX, 'error')
  const calls = (L: lua_State) => {
    lua_getfield(L, LUA_REGISTRYINDEX, 'error')
    lua_call(L, 0, 0)
  }
  let after = 0
  t.equal(
    raised(L, (L) => {
      try {
        calls(L)
      } catch {}
      lua_pushinteger(L, 1)
      after++
      return 1
    }),
    'from Lua',
    'by the next use',
  )
  t.equal(
    raised(L, (L) => {
      try {
        calls(L)
      } catch {}
      return 0
    }),
    'from Lua',
    'by the return',
  )
  t.equal(
    raised(L, (L) => {
      try {
        calls(L)
      } catch {
        throw new Error('another')
      }
      return 0
    }),
    'another',
    'unless another takes its place',
  )
  t.equal(
    raised(L, (L) => {
      lua_getfield(L, LUA_REGISTRYINDEX, 'error')
      t.equal(lua_pcall(L, 0, 0, 0), LUA_ERRRUN)
      t.equal(lua_tostring(L, -1), 'from Lua')
      lua_pushinteger(L, 1)
      return 1
    }),
    null,
    'a protected call catches it',
  )
  t.equal(after, 0)
})

t.test('outside of every protected call it is a LuaError, which can be caught', async (t) => {
  const L = state(t)
  t.throws(() => luaL_error(L, 'boom'), LuaError)
  lua_recover(L, 0)
  lua_pushinteger(L, 1)
  t.equal(lua_tointegerx(L, -1), 1)
})

t.test('a state is not closed by its own call', async (t) => {
  const L = state(t)
  const message = raised(L, (L) => {
    lua_close(L)
    return 0
  })
  t.match(message, /^lua_close: a call of the state runs, at /)
})

t.test('what JavaScript itself refuses names the function and the place as well', async (t) => {
  const L = state(t)
  for (const [f, message] of [
    [(L: lua_State) => lua_pushvalue(L, wrong(1n)), /^lua_pushvalue: Cannot mix BigInt .*, at .*border\.test/],
    [(L: lua_State) => lua_settop(L, wrong(Symbol('s'))), /^lua_settop: Cannot convert a Symbol .*, at .*border\.test/],
    [() => lua_settop(wrong(null), 0), /^lua_settop: .*null.*, at .*border\.test/],
    [() => lua_settop(wrong({}), 0), /, at .*border\.test|^this is no lua_State/],
    [(L: lua_State) => lua_rawgeti(L, 1, 1), /^lua_rawgeti: this is no table, at .*border\.test/],
    [(L: lua_State) => lua_next(L, 1), /^lua_next: this is no table, at .*border\.test/],
    [() => wrong(Symbol('result')) as number, /returned Symbol\(result\), not the number/],
  ] as const) {
    const called = (L: lua_State) => {
      lua_pushinteger(L, 1)
      return f(L) as number
    }
    t.match(raised(L, called), message, String(f))
  }
})

t.test('a typed array whose bytes are gone is no empty string', async (t) => {
  const L = state(t)
  const given = new Uint8Array(8)
  structuredClone(given.buffer, { transfer: [given.buffer] })
  t.throws(() => lua_pushlstring(L, given), /^lua_pushlstring: its bytes are gone/)
  lua_pushlstring(L, new Uint8Array())
  t.equal(lua_tostring(L, -1), '')
})

t.test('keys are integers of 64 bits, or what the engine can hold, and a table may be its own value', async (t) => {
  const L = state(t)
  lua_newtable(L)
  for (const key of [0, -1, 2 ** 31, -(2 ** 40), 2 ** 53 - 2, 7]) {
    lua_pushinteger(L, 5)
    lua_rawseti(L, 1, key)
    lua_pushvalue(L, 1)
    lua_seti(L, 1, key + 1)
    lua_rawgeti(L, 1, key)
    t.equal(lua_tointegerx(L, -1), 5)
    lua_geti(L, 1, key + 1)
    t.ok(lua_rawequal(L, 1, -1))
    lua_settop(L, 1)
  }
  // The value is the table that it goes to, at the top.
  lua_seti(L, 1, 3)
  t.equal(lua_gettop(L), 0)
  lua_pushnumber(L, wrong(7n))
  t.equal(lua_tointegerx(L, -1), 7)
})

t.test('a reference is given back once, and the registry keeps its own', async (t) => {
  const L = state(t)
  lua_pushinteger(L, 7)
  const ref = luaL_ref(L, LUA_REGISTRYINDEX)
  luaL_unref(L, LUA_REGISTRYINDEX, ref)
  t.throws(() => luaL_unref(L, LUA_REGISTRYINDEX, ref), /^luaL_unref: the reference \d+ is free already/)
  for (const own of [LUA_RIDX_MAINTHREAD, LUA_RIDX_GLOBALS])
    t.throws(() => luaL_unref(L, LUA_REGISTRYINDEX, own), /is the registry's own, no reference/)
  for (const n of [1, 2]) lua_pushinteger(L, n)
  const refs = [luaL_ref(L, LUA_REGISTRYINDEX), luaL_ref(L, LUA_REGISTRYINDEX)]
  t.not(refs[0], refs[1])
  for (const ref of refs) luaL_unref(L, LUA_REGISTRYINDEX, ref)
  t.equal(lua_gettop(L), 0)
})

t.test('texts and levels are such', async (t) => {
  const L = state(t)
  t.throws(() => luaL_traceback(L, L, wrong(5), 0), /5 is no string/)
  t.throws(() => luaL_traceback(L, L, null, wrong('0')), /level is "0"/)
  t.throws(() => luaL_gsub(L, 'a', 'a', wrong(null)), /null is no string/)
  t.throws(() => luaL_loadbuffer(L, 'return 1', wrong(8)), /8 is no string/)
  t.throws(() => lua_typename(L, wrong(null)), /is no type's number/)
  t.equal(lua_gettop(L), 0)
})
