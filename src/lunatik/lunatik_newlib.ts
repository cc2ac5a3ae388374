// LUNATIK_CLASSES and LUNATIK_NEWLIB of lunatik.h: how a binding defines a module.

import { luaL_error, type luaL_Reg, luaL_setfuncs } from '../lua/lauxlib.js'
import { type lua_CFunction, lua_createtable } from '../lua/lua.js'
import type { lunatik_anyclass_t } from './lunatik_obj.js'
import { lunatik_addopener, lunatik_declare, lunatik_opener } from './lunatik_openers.js'
import { lunatik_newclass } from './lunatik_userdata.js'

/**
 * Declares the classes of a module: C's array `lua<name>_classes` with its NULL at the end.
 *
 * Document: "LUNATIK_CLASSES".
 * @param _name the module's name, as in the companion LUNATIK_NEWLIB
 * @param classes one or more classes, of any contexts
 * @returns the array, which ends with null
 */
export function LUNATIK_CLASSES(
  _name: string,
  ...classes: [lunatik_anyclass_t, ...lunatik_anyclass_t[]]
): readonly (lunatik_anyclass_t | null)[] {
  return [...classes, null]
}

/**
 * The function `luaopen_<libname>` that LUNATIK_NEWLIB defines, now or later: for the `opener` of a class, which comes
 * before it. Upstream: `LUNATIK_OPENER`, which declares it.
 * @returns a function that raises `module 'libname' not found` as long as there is none
 */
export function LUNATIK_OPENER(libname: string): lua_CFunction {
  const open: lua_CFunction = (L) => (lunatik_opener(libname) ?? luaL_error(L, "module '%s' not found", libname))(L)
  return Object.defineProperty(open, 'name', { value: `luaopen_${libname}` })
}

/** The classes before the first null. */
function terminated(classes: readonly (lunatik_anyclass_t | null)[]): lunatik_anyclass_t[] {
  const end = classes.indexOf(null)
  return (end < 0 ? classes : classes.slice(0, end)) as lunatik_anyclass_t[]
}

/**
 * Defines a module: `require(libname)` opens it in any runtime, and registers the metatables of all of its classes
 * there, whatever their contexts.
 *
 * Document: "LUNATIK_NEWLIB".
 * @param libname the module's name
 * @param funcs the functions of the module's table
 * @param classes an array of classes, which may end with null, or null if the module defines no object type
 * @returns the function `luaopen_<libname>`
 */
export function LUNATIK_NEWLIB(
  libname: string,
  funcs: readonly luaL_Reg[],
  classes: readonly (lunatik_anyclass_t | null)[] | null,
): lua_CFunction {
  const own = terminated(classes ?? [])
  const open: lua_CFunction = (L) => {
    for (const cls of own) lunatik_newclass(L, cls)
    lua_createtable(L, 0, funcs.length)
    luaL_setfuncs(L, funcs, 0)
    return 1
  }
  for (const cls of own) lunatik_declare(cls)
  Object.defineProperty(open, 'name', { value: `luaopen_${libname}` })
  lunatik_addopener(libname, open)
  for (const name of new Set(own.map((cls) => cls.name))) if (name !== libname) lunatik_addopener(name, open)
  return open
}
