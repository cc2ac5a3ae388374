// fengari's debug interface: its records, and what a lua_Debug shows of them.
import { lua_Debug, type lua_Hook, type lua_State } from './api.js'
import { type Debug, lua, name, native, opaque, type State, text } from './fengari-load.js'

/** fengari's own record behind a lua_Debug. */
const records = new WeakMap<lua_Debug, Debug>()

function recordOf(ar: lua_Debug): Debug {
  let record = records.get(ar)
  if (record === undefined) {
    record = new lua.lua_Debug()
    records.set(ar, record)
  }
  return record
}

function debug(record: Debug): lua_Debug {
  const result = new lua_Debug()
  result.i_ci = record.i_ci
  records.set(result, record)
  return result
}

export function lua_getinfo(L: lua_State, what: string, result: lua_Debug): void {
  const ar = recordOf(result)
  lua.lua_getinfo(native(L), name(what), ar)
  if (what.includes('S')) {
    result.source = text(ar.source) ?? ''
    result.srclen = ar.source?.length ?? 0
    result.short_src =
      text(ar.short_src)
        ?.replace(/\0$/, '')
        .replace(/^\[JS\]$/, '[C]') ?? ''
    result.linedefined = ar.linedefined
    result.lastlinedefined = ar.lastlinedefined
    // fengari calls a C function one of JavaScript: `J`.
    result.what = text(ar.what)?.replace(/^JS?$/, 'C') ?? ''
  }
  if (what.includes('l')) result.currentline = ar.currentline
  if (what.includes('n')) {
    result.name = text(ar.name)
    result.namewhat = text(ar.namewhat) ?? ''
  }
  if (what.includes('u')) {
    result.nups = ar.nups
    result.nparams = ar.nparams
    result.isvararg = Boolean(ar.isvararg)
  }
  if (what.includes('t')) result.istailcall = Boolean(ar.istailcall)
}

export function lua_getstack(L: lua_State, level: number): lua_Debug | null {
  const ar = new lua.lua_Debug()
  return lua.lua_getstack(native(L), level, ar) === 1 ? debug(ar) : null
}

/** lua_iscalling of api.ts. */
export function lua_iscalling(L: lua_State, { i_ci }: lua_Debug): boolean {
  const state = native(L)
  for (let ci: State['ci'] | null = state.ci; ci !== null && ci !== state.base_ci; ci = ci.previous) {
    if (ci === i_ci) return true
  }
  return false
}

export const lua_getlocal = (L: lua_State, ar: lua_Debug | null, n: number): string | null =>
  text(lua.lua_getlocal(native(L), ar === null ? null : recordOf(ar), n))

export const lua_setlocal = (L: lua_State, ar: lua_Debug, n: number): string | null =>
  text(lua.lua_setlocal(native(L), recordOf(ar), n))

type Hook = (L: State, ar: Debug) => void

/** What fengari calls, and the hook that it stands for. */
const hooks = new WeakMap<Hook, lua_Hook>()

/** A hook that takes no record is called without one: none is made. */
const callable = (hook: lua_Hook): Hook =>
  hook.length < 2
    ? (hook as unknown as Hook)
    : (L, ar) => {
        const result = debug(ar)
        result.event = ar.event
        result.currentline = ar.currentline
        hook(opaque(L), result)
      }

export function lua_sethook(L: lua_State, hook: lua_Hook | null, mask: number, count: number): void {
  if (hook === null) lua.lua_sethook(native(L), null, 0, 0)
  else {
    const called = callable(hook)
    hooks.set(called, hook)
    lua.lua_sethook(native(L), called, mask, count)
  }
}

export function lua_gethook(L: lua_State): lua_Hook | null {
  const hook = lua.lua_gethook(native(L))
  return hook === null ? null : (hooks.get(hook) ?? null)
}
