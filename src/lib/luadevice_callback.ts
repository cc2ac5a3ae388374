// luadevice.c: a device's private data, and the call of a driver's callback that each file operation begins with.
import { ECANCELED, EINTR, ENXIO } from '../errno.js'
import { MAX_ERRNO } from '../limits.js'
import {
  LUA_TTABLE,
  LUA_YIELD,
  lua_getfield,
  lua_insert,
  lua_isfunction,
  lua_pop,
  lua_pushcfunction,
  lua_pushstring,
  lua_rawget,
  type lua_State,
  lua_tointegerx,
  lua_tostring,
  lua_type,
} from '../lua/lua.js'
import { lunatik_nop } from '../lunatik/lunatik_aux.js'
import type { lunatik_object_t } from '../lunatik/lunatik_obj.js'
import { lunatik_getregistry } from '../lunatik/lunatik_registry.js'
import { LUNATIK_PRIVATECHECKER } from '../lunatik/lunatik_userdata.js'
import { pr_fmt } from '../printk.js'
import type { file } from '../vfs/fs.js'

const { pr_err } = pr_fmt('luadevice')

/** A device's private data. */
export interface luadevice_t {
  readonly runtime: lunatik_object_t
  readonly devt: number
  readonly name: string
  /** What tells those of the driver's notice who wait in poll(2), by their open files. */
  readonly pollers: Map<file, () => void>
}

/** A file's private data: what its open found. */
export interface luadevice_file_t {
  readonly luadev: luadevice_t
  readonly runtime: lunatik_object_t
}

/** The private data of the device at a stack position. Raises for one that was stopped. */
export const luadevice_check = LUNATIK_PRIVATECHECKER<luadevice_t>('luadevice_check')

/**
 * Pushes the callback `fop` of the driver, and the driver.
 * @returns 1; 0 where it has none; -ENXIO, logged, where the device has been stopped
 */
export function pushOptional(L: lua_State, luadev: luadevice_t, fop: string): number {
  if (lunatik_getregistry(L, luadev) !== LUA_TTABLE) {
    pr_err(`${fop}: couldn't find driver`)
    return -ENXIO
  }
  lua_getfield(L, -1, fop)
  if (!lua_isfunction(L, -1)) return 0
  lua_insert(L, -2)
  return 1
}

/**
 * As {@link pushOptional}, with a callback that does nothing for none.
 * @returns 0; -ENXIO
 */
export function pushCallback(L: lua_State, luadev: luadevice_t, fop: string): number {
  const ret = pushOptional(L, luadev, fop)
  if (ret !== 0) return ret < 0 ? ret : 0
  lua_pop(L, 1)
  lua_pushcfunction(L, lunatik_nop)
  lua_insert(L, -2)
  return 0
}

/**
 * The errno that a driver has raised as `error{errno = N}`, negated; 0 for any other error. Not on a kernel, where it
 * is ECANCELED as any error is. [-0, +0, -]
 */
function raisedErrno(L: lua_State): number {
  if (lua_type(L, -1) !== LUA_TTABLE) return 0
  lua_pushstring(L, 'errno')
  lua_rawget(L, -2)
  const errno = lua_tointegerx(L, -1)
  lua_pop(L, 1)
  return errno !== null && errno >= 1 && errno <= MAX_ERRNO ? -Number(errno) : 0
}

/**
 * What a failed callback logs. Returns -ECANCELED; -EINTR for one that was given up as its program has gone; and the
 * errno that the driver wants the program to have, of which the log says nothing.
 */
export function failed(L: lua_State, fop: string, status: number): number {
  if (status === LUA_YIELD) return -EINTR
  const errno = raisedErrno(L)
  if (errno < 0) return errno
  pr_err(`${lua_tostring(L, -1) ?? '(null)'}: ${fop}`)
  return -ECANCELED
}
