// Random scripts that compute, sleep, raise and are stopped, all at once and each suspended hundreds of times, give
// what each gives alone. SEED=n begins with another mix.
// variants: (default fengari)
// process: its own
import t, { type Test } from 'tap'
import { ENXIO } from '../../src/errno.js'
import { LUA_INTEGER_BITS, lua_getglobal, type lua_State, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_pcall } from '../../src/lunatik/lunatik_wait.js'
import { drive_turns, nr_preempted, nr_woken, run_preempted, run_woken } from '../../src/runqueue.js'
import { scripts } from './states.js'
import '../../src/lib/lualinux.js'

const isWasm = LUA_INTEGER_BITS === 64
const mixes = isWasm ? 200 : 20
/** The hook of wasm counts jumps alone, so that scripts have to do more for as many slices. */
const most = isWasm ? 96 : 24
const seed = Number(process.env.SEED ?? 1)

/** Numbers from 0 to `n` - 1, the same for the same seed. */
function random(seed: number): (n: number) => number {
  let state = seed * 2654435761
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) % n
  }
}

/** What a script may do, `n` times; `mix` makes a number of all that it is given. */
const statements: ((n: number) => string)[] = [
  (n) => `for i = 1, ${n * 40} do mix(i) end`,
  (n) => `local t = {} for i = 1, ${n * 4} do t[i] = i * 7919 % 1009 end
    table.sort(t, function(a, b) mix(a) return a < b end) for i = 1, #t do mix(t[i]) end`,
  (n) => `mix(#(("abc"):rep(${n * 4}):gsub("%w", function(c) mix(c:byte()) return c .. c end)))`,
  (n) => `local _, e = pcall(function() for i = 1, ${n * 20} do mix(i) end error({code = ${n}}) end) mix(e.code)`,
  (n) => `local _, e = xpcall(function() error("x") end, function(e) for i = 1, ${n * 20} do mix(i) end return #e end)
    mix(e)`,
  (
    n,
  ) => `local co = coroutine.wrap(function(a) for i = 1, ${n * 5} do a = a + coroutine.yield(i) mix(a) end return 0 end)
    for i = 1, ${n * 5} do mix(co(i)) end`,
  (n) => `local function spin(v) for i = 1, 60 do mix(i) end return v end
    local o = setmetatable({}, {__index = function(_, k) return spin(k) end, __add = function() return spin(1) end,
      __lt = function() return spin(true) end, __concat = function() return spin("c") end, __len = function() return spin(2) end,
      __call = function(_, a) return spin(a) end, __tostring = function() return spin("o") end})
    for i = 1, ${n} do mix(o[i] + (o + i) + #o + o(i) + (o < o and 1 or 0)) mix(#(o .. i) + #tostring(o)) end`,
  (n) => `local function sum(...) local s = 0 for _, v in ipairs({...}) do s = s + v end return s end
    for i = 1, ${n * 5} do mix(sum(i, i + 1, i + 2, table.unpack({i, i}))) end`,
  (n) => `local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end mix(fib(${9 + (n % 5)}))`,
  (n) => `local s = "" for i = 1, ${n * 8} do s = s .. i % 10 end for w in s:gmatch("1(%d)") do mix(tonumber(w)) end`,
  (n) => `for i = 1, ${n} do local f = load("local a = ... return a * " .. i) mix(f(3)) end`,
  (n) => `linux.schedule(${n % 3}) mix(${n})`,
]
if (isWasm) {
  statements.push(
    (n) =>
      `do local c <close> = setmetatable({}, {__close = function() for i = 1, ${n * 20} do mix(i) end end}) mix(3) end`,
    (n) => `for i = 1, ${n} do setmetatable({}, {__gc = function() for i = 1, 100 do end end}) end collectgarbage()`,
  )
}

function script(pick: (n: number) => number): string {
  const body = Array.from(
    { length: 8 + pick(8) },
    () => `do ${statements[pick(statements.length)]?.(4 + pick(most))} end`,
  )
  const end = pick(5) === 0 ? 'error("failed with " .. h)' : 'return h'
  return `local linux, h = require("linux"), ${pick(1000)}
    local function mix(v) h = (h * 31 + v) % 1000003 end
    function f() ${body.join('\n')} ${end} end`
}

async function start(name: string): Promise<lunatik_object_t> {
  const { runtime, message } = await lunatik_newruntime(name, LUNATIK_OPT_NONE)
  if (runtime === null) throw new Error(`${message}`)
  return runtime
}

/** Calls `f`. Resolves with what it has returned or raised. */
async function call(runtime: lunatik_object_t): Promise<string> {
  let result = ''
  const ret = await lunatik_run(runtime, (L: lua_State) => {
    lua_getglobal(L, 'f')
    return lunatik_pcall(L, 0, 1, (L, status) => {
      result = `${status} ${lua_tostring(L, -1)}`
      return 0
    })
  })
  return ret === 0 ? result : String(ret)
}

/** How many slices there have been. */
let slices = 0

function turn(): void {
  run_woken()
  if (nr_preempted() > 0) slices++
  run_preempted()
  if (nr_woken() + nr_preempted() > 0) setImmediate(turn)
  else driven = false
}
let driven = false
drive_turns(() => {
  if (!driven) setImmediate(turn)
  driven = true
})

async function compare(t: Test, seed: number): Promise<void> {
  const pick = random(seed)
  const names = Array.from({ length: 3 + pick(4) }, (_, n) => `s${n}`)
  scripts(t, Object.fromEntries(names.map((name) => [`${name}.lua`, script(pick)])))
  lunatik_conf.slice = 0
  const alone: string[] = []
  for (const name of names) {
    const runtime = await start(name)
    alone.push(await call(runtime))
    lunatik_stop(runtime)
  }
  lunatik_conf.slice = 0.0001
  const runtimes = await Promise.all(names.map(start))
  const stopped = pick(2) === 0 ? pick(names.length) : -1
  const before = slices
  const calls = runtimes.map(call)
  if (stopped >= 0) {
    for (let n = pick(40); n > 0; n--) await new Promise((resolve) => setImmediate(resolve))
    lunatik_stop(runtimes[stopped] as lunatik_object_t)
  }
  const together = await Promise.all(calls)
  for (const [n, runtime] of runtimes.entries()) if (n !== stopped) lunatik_stop(runtime)
  const expected = alone.map((result, n) => (n === stopped && together[n] === String(-ENXIO) ? String(-ENXIO) : result))
  t.strictSame(together, expected, `SEED=${seed}`)
  t.ok(slices - before > names.length, 'they were suspended')
}

t.test(`${mixes} mixes, from SEED=${seed} on`, async (t) => {
  for (let n = 0; n < mixes; n++) await compare(t, seed + n)
  const each = slices / (mixes * 5)
  t.ok(each > 100, `${Math.round(each)} slices for each script`)
  t.comment(`${Math.round(each)} slices for each script`)
})
