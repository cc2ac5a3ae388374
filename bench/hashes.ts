// What a hash costs a script: the module crypto beside a C program in which liblua calls OpenSSL.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  LUA_OK,
  lua_getglobal,
  lua_pcall,
  lua_pushinteger,
  type lua_State,
  lua_tostring,
  lunatik_conf,
  type lunatik_object_t,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
} from 'lunatik'
import { buildSha256 } from './native.js'
import { type Comparison, compare } from './stats.js'

/** SHA-256 from Lua, or why there is nothing to compare it with. */
export type Hashes =
  | { readonly size: number; readonly times: Comparison<'c' | 'crypto'> }
  | { readonly skipped: string }

const size = 65536
const count = 500

/** A handler for lunatik_run: `count` digests. */
function digests(L: lua_State): number {
  lua_getglobal(L, 'digests')
  lua_pushinteger(L, size)
  lua_pushinteger(L, count)
  if (lua_pcall(L, 2, 1, 0) !== LUA_OK) throw new Error(lua_tostring(L, -1) ?? '')
  return 0
}

/** The nanoseconds of one digest here. */
function time(runtime: lunatik_object_t): number {
  const start = process.hrtime.bigint()
  if (lunatik_run(runtime, digests) !== 0) throw new Error('the digests have failed')
  return Number(process.hrtime.bigint() - start) / count
}

/** Compares the two. */
export async function runHashes(rounds: number, warmups: number): Promise<Hashes> {
  const built = buildSha256()
  if ('skipped' in built) return built
  const made: { value: lunatik_object_t | null } = { value: null }
  lunatik_conf.root = [fileURLToPath(new URL('../../bench/lua', import.meta.url))]
  lunatik_runtime(made, 'sha256', true)
  const runtime = made.value
  if (runtime === null) throw new Error('no runtime')
  try {
    const times = await compare(rounds, warmups, 'c', {
      c: () => Number(execFileSync(built.program, [`${size}`, `${count}`], { encoding: 'utf8' })),
      crypto: () => time(runtime),
    })
    return { size, times }
  } finally {
    lunatik_stop(runtime)
  }
}
