import {
  LUA_TFUNCTION,
  LUA_TSTRING,
  lua_call,
  lua_gettop,
  lua_pushnil,
  type lua_State,
  luaL_loadstring,
  lunatik_checkfield,
  type lunatik_object_t,
  lunatik_optinteger,
  lunatik_setinteger,
  lunatik_setstring,
} from 'lunatik'
import t from 'tap'
import { inside, raised, runtime } from './states.js'

/** Pushes the table that a constructor describes. */
function pushTable(L: lua_State, fields: string): void {
  luaL_loadstring(L, `return {${fields}}`)
  lua_call(L, 0, 1)
}

/** Reads the table from above it and from below, with the same result, and leaves the stack as it was. */
function read<H>(r: lunatik_object_t, fields: string, f: (L: lua_State, idx: number) => H): H {
  return inside(r, (L) => {
    pushTable(L, fields)
    const idx = lua_gettop(L)
    const fromTop = f(L, -1)
    lua_pushnil(L)
    t.strictSame(f(L, idx), fromTop)
    t.equal(lua_gettop(L), idx + 1)
    return fromTop
  })
}

/** The message that reading from the table raises. */
const failed = (r: lunatik_object_t, fields: string, f: (L: lua_State) => unknown) =>
  raised(r, (L) => {
    pushTable(L, fields)
    f(L)
  })

t.test('"Reads a required integer field named field from the table at idx into hook->field"', async (t) => {
  const r = runtime(t)
  for (const [fields, n] of [
    ['f = 42', 42],
    ['f = -1', -1],
    ['f = 0', 0],
    ['f = tonumber("9007199254740991")', 2 ** 53 - 1],
    ['f = tonumber("-9007199254740991")', 1 - 2 ** 53],
  ] as const) {
    const hook = read(r, fields, (L, idx) => {
      const hook = { f: 99, other: 1 }
      lunatik_setinteger(L, idx, hook, 'f')
      return hook
    })
    t.strictSame(hook, { f: n, other: 1 }, fields)
  }
})

t.test('"Raises a Lua error if the field is missing or not a number", and changes nothing', async (t) => {
  const r = runtime(t)
  for (const [fields, got] of [
    ['', 'nil'],
    ['f = "42"', 'string'],
    ['f = true', 'boolean'],
    ['f = {}', 'table'],
    ['f = print', 'function'],
  ]) {
    const hook = { f: 99 }
    const message = failed(r, fields as string, (L) => lunatik_setinteger(L, -1, hook, 'f'))
    t.equal(message, `bad field 'f' (number expected, got ${got})`)
    t.equal(hook.f, 99)
  }
})

t.test('"Falls back to opt if the field is absent or nil", and for nothing else', async (t) => {
  const r = runtime(t)
  for (const [fields, n] of [
    ['', 7],
    ['f = nil', 7],
    ['f = 42', 42],
    ['f = 0', 0],
    ['f = "12"', 12],
    ['f = "x"', 0],
    ['f = false', 0],
    ['f = {}', 0],
    ['f = "1.5"', 0],
  ] as const) {
    const priv = read(r, fields, (L, idx) => {
      const priv = { f: 99 }
      lunatik_optinteger(L, idx, priv, 'f', 7)
      return priv
    })
    t.equal(priv.f, n, fields)
  }
})

t.test('"Reads a required string field ... truncated to maxlen bytes"', async (t) => {
  const r = runtime(t)
  for (const [fields, maxlen, s] of [
    ['f = "eth0"', 16, 'eth0'],
    ['f = "eth0"', 4, 'eth0'],
    ['f = "eth0"', 3, 'eth'],
    ['f = "eth0"', 0, ''],
    ['f = ""', 4, ''],
    ['f = "a\\0b"', 16, 'a'],
    ['f = "a\\xff\\xffb"', 4, 'a\ufffd'],
    ['f = "a\\xff\\xffb"', 3, 'a'],
    ['f = "é!"', 2, 'é'],
  ] as const) {
    const hook = read(r, fields, (L, idx) => {
      const hook = { f: 'before' }
      lunatik_setstring(L, idx, hook, 'f', maxlen)
      return hook
    })
    t.equal(hook.f, s, `${fields} to ${maxlen}`)
  }
})

t.test('"truncated to maxlen bytes", in the middle of a character', async (t) => {
  const hook = read(runtime(t), 'f = "aé"', (L, idx) => {
    const hook = { f: '' }
    lunatik_setstring(L, idx, hook, 'f', 2)
    return hook
  })
  t.ok(Buffer.byteLength(hook.f) <= 2, 'no more bytes than maxlen')
})

t.test('"Reads a required string field": all of it, a byte order mark too', async (t) => {
  const hook = read(runtime(t), 'f = "\\xEF\\xBB\\xBFa"', (L, idx) => {
    const hook = { f: '' }
    lunatik_setstring(L, idx, hook, 'f', 16)
    return hook
  })
  t.equal(hook.f, '\uFEFFa', 'the mark is there')
})

t.test("a field that is a Uint8Array is C's char[]: up to a NUL, the rest of maxlen zeroed", async (t) => {
  const r = runtime(t)
  for (const [fields, maxlen, bytes] of [
    ['f = "ab"', 4, [97, 98, 0, 0, 9, 9]],
    ['f = "abcdefgh"', 4, [97, 98, 99, 100, 9, 9]],
    ['f = "abcdefgh"', 100, [97, 98, 99, 100, 101, 102]],
    ['f = "a\\0b"', 4, [97, 0, 0, 0, 9, 9]],
    ['f = ""', 6, [0, 0, 0, 0, 0, 0]],
    ['f = "ab"', 0, [9, 9, 9, 9, 9, 9]],
    ['f = "\\xff\\xfe"', 3, [255, 254, 0, 9, 9, 9]],
  ] as const) {
    const hook = read(r, fields, (L, idx) => {
      const hook: { f: Uint8Array } = { f: new Uint8Array(6).fill(9) }
      lunatik_setstring(L, idx, hook, 'f', maxlen)
      return hook
    })
    t.strictSame([...hook.f], bytes, `${fields} to ${maxlen}`)
  }
})

t.test('"Raises a Lua error if the field is missing or not a string", and changes nothing', async (t) => {
  const r = runtime(t)
  for (const [fields, got] of [
    ['', 'nil'],
    ['f = 42', 'number'],
    ['f = true', 'boolean'],
    ['f = {}', 'table'],
  ]) {
    const hook = { f: 'before' }
    const message = failed(r, fields as string, (L) => lunatik_setstring(L, -1, hook, 'f', 8))
    t.equal(message, `bad field 'f' (string expected, got ${got})`)
    t.equal(hook.f, 'before')
  }
})

t.test('lunatik_checkfield pushes a field of the type, else raises', async (t) => {
  const r = runtime(t)
  inside(r, (L) => {
    pushTable(L, 'f = "x"')
    const top = lua_gettop(L)
    lunatik_checkfield(L, -1, 'f', LUA_TSTRING)
    t.equal(lua_gettop(L), top + 1)
  })
  t.equal(
    failed(r, 'f = 1', (L) => lunatik_checkfield(L, -1, 'f', LUA_TFUNCTION)),
    "bad field 'f' (function expected, got number)",
  )
})
