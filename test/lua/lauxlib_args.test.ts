import t from 'tap'
import {
  luaL_checkinteger,
  luaL_checknumber,
  luaL_checkoption,
  luaL_opt,
  luaL_optinteger,
  luaL_optlstring,
  luaL_optnumber,
  luaL_optstring,
} from '../../src/lua/lauxlib.js'
import { lua_register, type lua_State } from '../../src/lua/lua.js'
import { wide } from '../engine.js'
import { run, state } from './bare.js'

/** What `f` gives, called by a chunk as `f`. */
function called<T>(L: lua_State, args: string, f: (L: lua_State) => T): T {
  let result: T | undefined
  lua_register(L, 'f', (L) => {
    result = f(L)
    return 0
  })
  run(L, `f(${args})`)
  return result as T
}

t.test('luaL_checknumber and luaL_optnumber', async (t) => {
  const L = state(t)
  t.equal(
    called(L, '7', (L) => luaL_checknumber(L, 1)),
    7,
  )
  t.equal(
    called(L, '"0x10"', (L) => luaL_checknumber(L, 1)),
    16,
  )
  t.throws(() => called(L, '{}', (L) => luaL_checknumber(L, 1)), {
    message: /bad argument #1 to 'f' \(number expected, got table\)$/,
  })
  t.throws(() => called(L, '', (L) => luaL_checknumber(L, 1)), { message: /number expected, got no value\)$/ })
  t.equal(
    called(L, 'nil', (L) => luaL_optnumber(L, 1, 5)),
    5,
  )
  t.equal(
    called(L, '6', (L) => luaL_optnumber(L, 1, 5)),
    6,
  )
  t.throws(() => called(L, 'true', (L) => luaL_optnumber(L, 1, 5)), { message: /number expected, got boolean\)$/ })
})

t.test('luaL_optlstring, luaL_optstring and luaL_opt have defaults, which may be null', async (t) => {
  const L = state(t)
  t.equal(
    called(L, '', (L) => luaL_optlstring(L, 1, null)),
    null,
  )
  t.same(
    called(L, '"ab"', (L) => [...(luaL_optlstring(L, 1, null) ?? [])]),
    [0x61, 0x62],
  )
  t.same(
    called(L, 'nil', (L) => [...luaL_optlstring(L, 1, Uint8Array.of(9))]),
    [9],
  )
  t.throws(() => called(L, '{}', (L) => luaL_optlstring(L, 1, null)), { message: /string expected, got table\)$/ })
  t.equal(
    called(L, 'nil', (L) => luaL_optstring(L, 1, null)),
    null,
  )
  t.equal(
    called(L, '3', (L) => luaL_opt(L, luaL_checkinteger, 1, 'none')),
    3,
  )
  t.equal(
    called(L, 'nil', (L) => luaL_opt(L, luaL_checkinteger, 1, 'none')),
    'none',
  )
})

t.test('luaL_checkoption gives the place of an option', async (t) => {
  const L = state(t)
  const options = ['red', 'green', 'blue', null]
  t.equal(
    called(L, '"green"', (L) => luaL_checkoption(L, 1, null, options)),
    1,
  )
  t.equal(
    called(L, '', (L) => luaL_checkoption(L, 1, 'blue', options)),
    2,
  )
  t.throws(() => called(L, '"grey"', (L) => luaL_checkoption(L, 1, 'blue', options)), {
    message: /bad argument #1 to 'f' \(invalid option 'grey'\)$/,
  })
  t.throws(() => called(L, '', (L) => luaL_checkoption(L, 1, null, options)), {
    message: /string expected, got no value\)$/,
  })
})

t.test(
  'luaL_checkinteger and luaL_optinteger are exact: bigints beyond 2^53',
  { skip: !wide && 'no such integers' },
  async (t) => {
    const L = state(t)
    for (const [text, value] of [
      ['9007199254740991', 2 ** 53 - 1],
      ['9007199254740993', 2n ** 53n + 1n],
      ['-9223372036854775807 - 1', -(2n ** 63n)],
      ['"9007199254740993"', 2n ** 53n + 1n],
    ] as const) {
      t.equal(
        called(L, text, (L) => luaL_checkinteger(L, 1)),
        value,
      )
      t.equal(
        called(L, text, (L) => luaL_optinteger(L, 1, 0)),
        value,
      )
    }
  },
)
