// lauxlib.h: tracebacks.
import { checkInt, checkName } from './border.js'
import { globalfuncname } from './lauxlib_errors.js'
import { lua_checkstack, type lua_Debug, lua_getinfo, lua_getstack, lua_pushstring, type lua_State } from './lua.js'

/** How a traceback names the function of a call: by its name in the code first, as Lua 5.5 does. */
function funcname(L: lua_State, ar: lua_Debug): string {
  if (ar.namewhat !== '') return `${ar.namewhat} '${ar.name}'`
  if (ar.what === 'main') return 'main chunk'
  const global = globalfuncname(L, ar)
  if (global !== null) return `function '${global}'`
  return ar.what === 'C' ? '?' : `function <${ar.short_src}:${ar.linedefined}>`
}

/** Calls at both ends of a traceback that is too long to show whole. */
const LEVELS1 = 10
const LEVELS2 = 11

/** What naming a function takes of the stack. */
const tracebackSlots = 8

/** The deepest level of L1's calls. Each look counts its way down, so that there may be but few of them. */
function lastlevel(L1: lua_State): number {
  let below = 1
  while (lua_getstack(L1, below) !== null) below *= 2
  let last = Math.floor(below / 2)
  while (last + 1 < below) {
    const middle = Math.floor((last + below) / 2)
    if (lua_getstack(L1, middle) === null) below = middle
    else last = middle
  }
  return last
}

/** A line of a traceback. */
function traceLine(L1: lua_State, level: number): string {
  const ar = lua_getstack(L1, level)
  if (ar === null) return ''
  lua_getinfo(L1, 'Slnt', ar)
  const place = ar.currentline > 0 ? `${ar.short_src}:${ar.currentline}` : ar.short_src
  const tail = ar.istailcall ? '\n\t(...tail calls...)' : ''
  return `\n\t${place}: in ${funcname(L1, ar)}${tail}`
}

/**
 * Pushes a traceback of the calls of L1 from `level` on, with `msg` and a newline before it unless that is null. What
 * the caller of it all is, no engine shows: it ends at the outermost call. [-0, +1, m]
 */
export function luaL_traceback(L: lua_State, L1: lua_State, msg: string | null, level: number): void {
  if (msg !== null) checkName(msg)
  checkInt('level', level)
  const last = level >= 0 && lua_checkstack(L1, tracebackSlots) ? lastlevel(L1) : -1
  const skipped = last - level - LEVELS1 - LEVELS2
  let text = `${msg === null ? '' : `${msg}\n`}stack traceback:`
  for (let at = last < 0 ? 0 : level; at <= last; at++) {
    if (skipped > 0 && at === level + LEVELS1) {
      text += `\n\t...\t(skipping ${skipped} levels)`
      at += skipped
    } else text += traceLine(L1, at)
  }
  lua_pushstring(L, text)
}
