// Runtimes and logs for unit tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { ECANCELED } from '../../src/errno.js'
import { LUA_OK, lua_getglobal, lua_pcall, lua_pushinteger, type lua_State, lua_tointeger } from '../../src/lua/lua.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_runtime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import type { lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { register_console } from '../../src/printk.js'

/** Collects the log's texts until the test ends. */
export function logged(t: Test): string[] {
  const texts: string[] = []
  t.teardown(register_console(({ level, text }) => level !== 'debug' && texts.push(text)))
  return texts
}

/** Makes a folder of scripts the only root, until the test ends. Returns its path. */
export function scripts(t: Test, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-unit-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  const { root, deadline } = lunatik_conf
  lunatik_conf.root = [dir]
  t.teardown(() => {
    Object.assign(lunatik_conf, { root, deadline })
    rmSync(dir, { recursive: true })
  })
  return dir
}

/** A runtime of a script with this text; stopped when the test ends, unless the test has done so. */
export function runtime(t: Test, text: string, sleep: boolean | number = true): lunatik_object_t {
  scripts(t, { 'script.lua': text })
  const pruntime: { value: lunatik_object_t | null } = { value: null }
  const ret = lunatik_runtime(pruntime, 'script', sleep)
  if (ret !== 0 || pruntime.value === null) throw new Error(`lunatik_runtime: ${ret}`)
  const object = pruntime.value
  t.teardown(() => object.private !== null && lunatik_stop(object))
  return object
}

/** Calls the global `f` with one integer. */
export function callF(L: lua_State, n: number): number {
  lua_getglobal(L, 'f')
  lua_pushinteger(L, n)
  if (lua_pcall(L, 1, 1, 0) !== LUA_OK) return -ECANCELED
  return lua_tointeger(L, -1)
}
