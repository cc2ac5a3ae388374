// Runtimes, logs and protected calls, made of what the package exports, for the tests of the document's sentences.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  LUA_OK,
  lua_pcall,
  lua_pushcfunction,
  type lua_State,
  lua_tostring,
  luaL_loadstring,
  lunatik_conf,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  register_console,
} from 'lunatik'
import type { Test } from 'tap'

/** Collects the log's texts until the test ends. */
export function logged(t: Test): string[] {
  const texts: string[] = []
  t.teardown(register_console(({ level, text }) => level !== 'debug' && texts.push(text)))
  return texts
}

/** Makes a folder of scripts the only root, and restores all settings when the test ends. Returns its path. */
export function scripts(t: Test, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-document-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  const saved = { ...lunatik_conf }
  lunatik_conf.root = [dir]
  t.teardown(() => {
    Object.assign(lunatik_conf, saved)
    rmSync(dir, { recursive: true })
  })
  return dir
}

/** A runtime of a script with this text; stopped when the test ends, unless the test has done so. */
export function runtime(t: Test, text = '', sleep: boolean | lunatik_opt_t = true): lunatik_object_t {
  scripts(t, { 'script.lua': text })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  const ret = lunatik_runtime(pruntime, 'script', sleep)
  if (ret !== 0 || pruntime.value === null) throw new Error(`lunatik_runtime: ${ret}`)
  const object = pruntime.value
  t.teardown(() => object.private !== null && lunatik_stop(object))
  return object
}

/** Runs `f` as a handler and gives what it gives. */
export function inside<T>(r: lunatik_object_t, f: (L: lua_State) => T): T {
  const results: T[] = []
  const ret = lunatik_run(r, (L) => {
    results.push(f(L))
    return 0
  })
  if (ret !== 0 || results.length !== 1) throw new Error(`lunatik_run: ${ret}`)
  return results[0] as T
}

/** Calls `f` in protected mode in the runtime. Returns the message of the error that it raised, or null. */
export const raised = (r: lunatik_object_t, f: (L: lua_State) => unknown): string | null =>
  inside(r, (L) => {
    lua_pushcfunction(L, (L) => {
      f(L)
      return 0
    })
    return lua_pcall(L, 0, 0, 0) === LUA_OK ? null : lua_tostring(L, -1)
  })

/** Runs a chunk in the runtime. Returns its result, or the message of the error, as text. */
export const lua = (r: lunatik_object_t, chunk: string): string | null =>
  inside(r, (L) => {
    if (luaL_loadstring(L, chunk) === LUA_OK) lua_pcall(L, 0, 1, 0)
    return lua_tostring(L, -1)
  })

let classes = 0

/** A name that no other class or module of this process has: what LUNATIK_NEWLIB defines is there to stay. */
export const unique = (stem: string) => `${stem}${++classes}`
