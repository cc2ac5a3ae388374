// lua.h: the debug interface. The notation [-n, +n, e] is explained in lua_stack.ts.
import type { lua_Debug, lua_Hook, lua_State } from './api.js'
import { checkFunction, checkInt, checkRoom, checkRoom1, checkValues, misuse, show } from './border.js'
import { engine } from './engine.js'
import { LUA_TFUNCTION } from './lua_numbers.js'

/**
 * Sets the hook; null, or a mask of 0, takes it away. Coroutines inherit it when they are made. [-0, +0, -]
 *
 * A runtime's own hook keeps its deadline and its memory: this one takes its place in L.
 * @param mask LUA_MASKCALL, LUA_MASKRET, LUA_MASKLINE and LUA_MASKCOUNT, together
 * @param count how many instructions; an engine may count only those at which a loop or a call can't but come by
 */
export function lua_sethook(L: lua_State, hook: lua_Hook | null, mask: number, count: number): void {
  if (hook !== null) checkFunction(hook as never)
  checkInt('mask', mask)
  checkInt('count', count)
  engine.lua_gettop(L)
  engine.lua_sethook(L, mask === 0 ? null : hook, mask, count)
}

/** The hook, or null. [-0, +0, -] */
export function lua_gethook(L: lua_State): lua_Hook | null {
  engine.lua_gettop(L)
  return engine.lua_gethook(L)
}

/** The hook's mask; 0 where there is none. [-0, +0, -] */
export function lua_gethookmask(L: lua_State): number {
  engine.lua_gettop(L)
  return engine.lua_gethookmask(L)
}

/** The hook's count. [-0, +0, -] */
export function lua_gethookcount(L: lua_State): number {
  engine.lua_gettop(L)
  return engine.lua_gethookcount(L)
}

/** The call at `level`, to be given to lua_getinfo; null beyond the outermost. [-0, +0, -] */
export function lua_getstack(L: lua_State, level: number): lua_Debug | null {
  if ((level | 0) !== level) misuse(`${show(level)} is no level`)
  engine.lua_gettop(L)
  return level < 0 ? null : engine.lua_getstack(L, level)
}

/** A record whose call goes on. */
function checkCalling(L: lua_State, ar: lua_Debug): void {
  if (ar.i_ci === null) misuse('the record is of no call: lua_getstack gives one that is')
  if (!engine.lua_iscalling(L, ar)) misuse('the call of the record is over')
}

/**
 * Fills in `ar`. [-(0|1), +(0|1|2), m]
 * @param what C's letters: each asks for the fields that lua_Debug names it at, `f` pushes the function, and `L` a
 *   table whose keys are the lines with code, nil for a C function. After `>` they are about the function on the top,
 *   which is popped, and `ar` may be a new one
 * @param ar what lua_getstack or a hook gave, while its call goes on
 * @returns 1
 */
export function lua_getinfo(L: lua_State, what: string, ar: lua_Debug): number {
  if (typeof what !== 'string' || !/^>?[SlnrutfL]*$/.test(what)) misuse(`${show(what)} has no such letter`)
  if (what.startsWith('>')) {
    checkValues(L, 1)
    if (engine.lua_type(L, -1) !== LUA_TFUNCTION) misuse('no function is on the top')
    if (what.includes('f') && what.includes('L')) checkRoom1(L)
  } else {
    checkCalling(L, ar)
    if (/[fL]/.test(what)) checkRoom(L, what.includes('f') && what.includes('L') ? 2 : 1)
  }
  engine.lua_getinfo(L, what, ar)
  return 1
}

/**
 * Pushes the `n`-th local variable of a call and returns its name. [-0, +(0|1), -]
 *
 * The first are the parameters; what has no name, as what a C function has on its stack, has one in parentheses.
 * Negative numbers are the arguments beyond the parameters.
 * @param ar the call's; null for the function on the top, whose parameters' names are given and of which nothing is
 *   pushed
 * @returns the name; null, with nothing pushed, for none
 */
export function lua_getlocal(L: lua_State, ar: lua_Debug | null, n: number): string | null {
  checkInt('n', n)
  if (ar === null) {
    checkValues(L, 1)
    if (engine.lua_type(L, -1) !== LUA_TFUNCTION) misuse('no function is on the top')
  } else {
    checkRoom1(L)
    checkCalling(L, ar)
  }
  return engine.lua_getlocal(L, ar, n)
}

/**
 * Pops a value into the `n`-th local variable of a call, as lua_getlocal counts them. [-(0|1), +0, -]
 * @returns the name; null, with nothing popped, for none
 */
export function lua_setlocal(L: lua_State, ar: lua_Debug, n: number): string | null {
  checkInt('n', n)
  checkValues(L, 1)
  checkCalling(L, ar)
  return engine.lua_setlocal(L, ar, n)
}
