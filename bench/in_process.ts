// The part without a mount: what lunatik_run and the count hook add to a call into Lua.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  LUA_MASKCOUNT,
  LUA_OK,
  lua_close,
  lua_getglobal,
  lua_pcall,
  lua_pop,
  lua_pushinteger,
  type lua_State,
  lua_sethook,
  lua_settop,
  lua_tolstring,
  lua_tostring,
  luaL_loadbufferx,
  luaL_newstate,
  luaL_requiref,
  luaopen_string,
  lunatik_conf,
  type lunatik_object_t,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  register_console,
} from 'lunatik'
import { type Comparison, compare } from './stats.js'

/** What a Lua function gave: called bare, bare with a count hook, and by lunatik_run, whose states have the hook. */
export interface InProcessResult {
  readonly name: string
  /** How many nanoseconds lunatik_run may add to a bare call, or null. */
  readonly goal: number | null
  readonly times: Comparison<'bare' | 'hook' | 'run'>
}

const scripts = fileURLToPath(new URL('../../bench/lua', import.meta.url))

/** VM instructions between two calls of the hook: a runtime's. */
const hookInstructions = 1000

/** A state with the benchmark's script and no hook. */
function newState(): lua_State {
  const L = luaL_newstate()
  if (L === null) throw new Error('no memory for a Lua state')
  luaL_requiref(L, 'string', luaopen_string, true)
  lua_pop(L, 1)
  const script = readFileSync(join(scripts, 'bench.lua'))
  if (luaL_loadbufferx(L, script, '@bench.lua', null) !== LUA_OK || lua_pcall(L, 0, 0, 0) !== LUA_OK)
    throw new Error(lua_tostring(L, -1) ?? '')
  return L
}

function newRuntime(): lunatik_object_t {
  const runtime: { value: lunatik_object_t | null } = { value: null }
  const unregister = register_console(({ text }) => console.error(text))
  lunatik_conf.root = [scripts]
  lunatik_runtime(runtime, 'bench', true)
  unregister()
  if (runtime.value === null) throw new Error('no runtime')
  return runtime.value
}

/** Calls the Lua function `name` with two integers and takes its string: a handler for lunatik_run. */
function callLua(L: lua_State, name: string, a: number, b: number): number {
  lua_getglobal(L, name)
  lua_pushinteger(L, a)
  lua_pushinteger(L, b)
  if (lua_pcall(L, 2, 1, 0) !== LUA_OK) throw new Error(lua_tostring(L, -1) ?? '')
  return lua_tolstring(L, -1)?.length ?? 0
}

/** The nanoseconds of one of `count` calls. */
function time(count: number, call: () => number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < count; i++) if (call() !== 2) throw new Error('a call into Lua has failed')
  return Number(process.hrtime.bigint() - start) / count
}

function bareCall(L: lua_State, name: string, a: number): number {
  const n = callLua(L, name, a, 0)
  lua_settop(L, 0)
  return n
}

/** Compares the three ways to call each function. */
export async function runInProcess(rounds: number, warmups: number): Promise<InProcessResult[]> {
  const bare = newState()
  const hooked = newState()
  const runtime = newRuntime()
  lua_sethook(hooked, () => {}, LUA_MASKCOUNT, hookInstructions)
  const ways = (count: number, name: string, a: number) =>
    compare(rounds, warmups, 'bare', {
      bare: () => time(count, () => bareCall(bare, name, a)),
      hook: () => time(count, () => bareCall(hooked, name, a)),
      run: () => time(count, () => lunatik_run(runtime, callLua, name, a, 0) as number),
    })
  try {
    return [
      { name: 'trivial callback', goal: 1000, times: await ways(50000, 'trivial', 1) },
      { name: 'compute, 1e5 steps', goal: null, times: await ways(10, 'compute', 1e5) },
    ]
  } finally {
    lua_close(bare)
    lua_close(hooked)
    lunatik_stop(runtime)
  }
}
