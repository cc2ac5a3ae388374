// How the states of the engine wasm share their memory.
// variants: default
// process: its own
import t, { type Test } from 'tap'
import { engine } from '../../src/lua/engine.js'
import { luaL_loadbufferx, luaL_newstate, luaL_requiref } from '../../src/lua/lauxlib.js'
import {
  LUA_GCCOLLECT,
  LUA_OK,
  lua_close,
  lua_gc,
  lua_pcall,
  lua_pop,
  lua_pushlstring,
  type lua_State,
  lua_setpool,
  lua_setreserved,
  lua_settop,
  lua_tostring,
  lua_total,
  lua_used,
} from '../../src/lua/lua.js'
import { luaopen_base, luaopen_string, luaopen_table } from '../../src/lua/lualib.js'

const skip = engine.name !== 'wasm' && 'this is about the engine wasm'
const MiB = 1 << 20

function newstate(): lua_State {
  const L = luaL_newstate() as lua_State
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['string', luaopen_string],
    ['table', luaopen_table],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  return L
}

function state(t: Test): lua_State {
  const L = newstate()
  t.teardown(() => lua_close(L))
  return L
}

/** Runs a chunk; its result or its message. */
function run(L: lua_State, chunk: string): string | null {
  const status = luaL_loadbufferx(L, Buffer.from(chunk), '=chunk', null) || lua_pcall(L, 0, 1, 0)
  const result = lua_tostring(L, -1)
  lua_settop(L, 0)
  return status === LUA_OK ? result : `error: ${result}`
}

/** The global `kept` holds strings of 1000 bytes until there is no more memory. */
const fill = 'kept = {} while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end'
const full = 'error: not enough memory'

t.test('what all states use is known, and is nothing when they are closed', { skip }, async (t) => {
  const before = lua_total()
  const states = Array.from({ length: 10 }, newstate)
  for (const L of states) {
    run(
      L,
      `local t = {}
       for i = 1, 20000 do
         t[i % 100 + 1] = ("x"):rep(i % 300) .. i
         if i % 1000 == 0 then t = {coroutine = coroutine, [i] = function() return t end} end
       end
       kept = t`,
    )
  }
  const used = states.reduce((sum, L) => sum + lua_used(L), 0)
  t.ok(lua_total() - before > used, 'the allocator adds to what they ask for')
  t.ok(lua_total() - before < 2 * used)
  for (const L of states) lua_close(L)
  t.equal(lua_total(), before)
})

t.test('who has much gets no more when all together have the pool; who has little does', { skip }, async (t) => {
  lua_setpool(16 * MiB, 8 * MiB)
  t.teardown(() => lua_setpool(Number.POSITIVE_INFINITY, 0))
  const [a, b] = [state(t), state(t)]
  t.equal(run(a, 'kept = ("x"):rep(8000000)'), null)
  t.equal(run(b, fill), full)
  t.ok(lua_total() <= 16 * MiB)
  t.ok(lua_total() > 15 * MiB)
  t.equal(run(a, 'more = ("x"):rep(1000000)'), full)
  const small = state(t)
  t.equal(run(small, 'kept = ("x"):rep(500000) return #kept'), '500000', 'the reserve')
  t.equal(run(small, 'more = ("x"):rep(700000) return #more'), full, 'no more than 1 MiB of it')
  run(b, 'kept = nil')
  lua_gc(b, LUA_GCCOLLECT)
  t.equal(run(a, 'more = ("x"):rep(1000000) return #more'), '1000000', 'what is freed is there again')
})

t.test('those that have little leave a part of the reserve to a state that it is kept for', { skip }, async (t) => {
  lua_setpool(8 * MiB, 8 * MiB)
  t.teardown(() => lua_setpool(Number.POSITIVE_INFINITY, 0))
  const control = state(t)
  lua_setreserved(control)
  t.equal(run(state(t), fill), full)
  const held = []
  for (let i = 0; i < 20; i++) {
    const L = state(t)
    held.push(run(L, 'kept = ("x"):rep(900000) return #kept'))
  }
  t.ok(held.filter((result) => result === '900000').length >= 5)
  t.equal(held.at(-1), full)
  t.ok(lua_total() <= 14 * MiB)
  t.equal(run(control, 'kept = ("x"):rep(3000000) return #kept'), '3000000')
})

t.test('outside of protected calls nothing is refused, as nothing could catch the error', { skip }, async (t) => {
  lua_setpool(1, 0)
  t.teardown(() => lua_setpool(Number.POSITIVE_INFINITY, 0))
  const L = state(t)
  lua_pushlstring(L, new Uint8Array(3 * MiB))
  t.equal(run(L, 'return {}'), full)
})

// It makes the memory of this process as large as it can be.
t.test("the memory's end is for those that have little, and for JavaScript", { skip }, async (t) => {
  const memory = await import('../../src/lua/wasm-load.js')
  const { heapMax, lua } = memory
  const { poolWords } = await import('../../src/lua/wasm-calls.js')
  const words = lua.malloc(12)
  const blocks: number[] = []
  t.teardown(() => blocks.forEach((block) => void lua.free(block)))
  /** Whether a state with these words gets so many bytes. */
  const asks = (state: number[], bytes: number) => {
    memory.u32.set(state, words >> 2)
    poolWords.asking.value = words
    blocks.push(lua.malloc(bytes))
    poolWords.asking.value = 0
    return blocks.at(-1) !== 0
  }
  const much = [2 * MiB, 64 * MiB, MiB]
  const little = [0, 64 * MiB, MiB]
  const most = heapMax - memory.u8.length
  t.notOk(asks(much, most - 32 * MiB))
  t.ok(asks(much, most - 80 * MiB))
  t.ok(memory.u8.length <= heapMax - 64 * MiB, 'the memory grows by no more than is there for the state')
  t.notOk(asks(much, 30 * MiB))
  t.ok(asks(little, 30 * MiB))
  blocks.push(lua.malloc(10 * MiB))
  t.not(blocks.at(-1), 0)
})
