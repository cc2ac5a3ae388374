// Whatever a binding calls with whatever arguments, and whatever a script finds and calls: an error at most, and the
// state beside it is whole.
// variants: (default fengari)
// process: its own
import t from 'tap'
import { Random } from '../../bench/random.js'
import * as lauxlib from '../../src/lua/lauxlib.js'
import * as lua from '../../src/lua/lua.js'
import { raised, run, state, taken } from './bare.js'

const seed = 1
const calls = 100_000
/** A state is given up after so many, as its stack and its globals fill. */
const callsOfState = 500

/** What takes all states' memory, a file's name, or the process's time, and what a test can't go on after. */
const leftOut = /^lua_(setpool|setlimit|setreserved|newstate|close|recover)$|^luaL_(newstate|loadfilex?|dofile)$/

const functions = [...Object.entries(lua), ...Object.entries(lauxlib)].filter(
  (entry): entry is [string, (...args: unknown[]) => unknown] =>
    /^luaL?_[a-z]/.test(entry[0]) && typeof entry[1] === 'function' && !leftOut.test(entry[0]),
)

t.test('exported functions, called with wrong values', async (t) => {
  const random = new Random(seed)
  const healthy = state(t)
  run(healthy, 'n = 0 function step() n = n + 1 return n .. ("x"):rep(10) end')
  const dead = lauxlib.luaL_newstate() as lua.lua_State
  lua.lua_close(dead)
  const values = (L: lua.lua_State): (() => unknown)[] => [
    () => L,
    () => dead,
    () => random.below(7) - 3,
    () => random.below(7) - 3,
    () =>
      random.pick([NaN, Infinity, 1.5, 2 ** 31, -(2 ** 31), 2 ** 53, 2 ** 64, 255, 1_000_001, lua.LUA_REGISTRYINDEX]),
    () => random.pick([5n, 2n ** 63n, -(2n ** 80n)]),
    () => random.pick(['', 'x', 'return ...', 'a\0b', 'y'.repeat(300), '%s %d', '__gc']),
    () => random.pick([null, undefined, true, false]),
    () => random.pick([{}, [], new Uint8Array(3), new ArrayBuffer(2), Symbol('s'), new Date(0)]),
    () => random.pick([() => 0, () => 1, () => -1, () => 1000, async () => 0, (L: lua.lua_State) => lua.lua_gettop(L)]),
  ]
  let made = 0
  const refusals = new Set<string>()
  while (made < calls) {
    const L = lauxlib.luaL_newstate() as lua.lua_State
    const makers = values(L)
    for (let i = 0; i < callsOfState; i++, made++) {
      const [name, f] = random.pick(functions)
      const args = Array.from({ length: random.below(6) }, () => random.pick(makers)())
      // The first is the state as a rule: else nothing beyond that check would be reached.
      if (random.below(8) > 0) args[0] = L
      try {
        const message = raised(L, (L) => {
          for (let n = random.below(4); n > 0; n--) lua.lua_pushinteger(L, n)
          f(...args)
          return 0
        })
        if (message !== null) refusals.add(name)
      } catch (e) {
        if (!(e instanceof Error) || e instanceof WebAssembly.RuntimeError) {
          t.fail(`${name}(${args.map(String).join(', ')}): ${e}`)
          return
        }
        refusals.add(name)
        // What the arguments have done to the state is theirs: another one is next.
        break
      }
    }
    try {
      lua.lua_close(L)
    } catch (e) {
      t.notMatch(e, WebAssembly.RuntimeError)
    }
    lua.lua_settop(healthy, 0)
    run(healthy, 'return step()')
    t.match(taken(healthy)[0], /^\d+x{10}$/) || t.bailout('the healthy state is not whole')
  }
  t.ok(refusals.size > functions.length / 2, `${refusals.size} of ${functions.length} have refused something`)
})
