// Not on a kernel: ioctl(2) of devices whose driver has `ioctl(self, cmd, arg)`. cmd is a number of linux.ioctl's, arg
// the bytes that the program gives, or an integer for a command without a size. It returns the result and the bytes
// that the program gets; nil for a command that it doesn't know, which is ENOTTY.
import { ECANCELED, ENOTTY } from '../errno.js'
import { MAX_ERRNO } from '../limits.js'
import {
  LUA_OK,
  lua_isnoneornil,
  lua_pushinteger,
  lua_pushlstring,
  type lua_State,
  lua_tointegerx,
  lua_tolstring,
} from '../lua/lua.js'
import { lunatik_run } from '../lunatik/lunatik_core.js'
import { lunatik_pcall, type lunatik_result } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { current } from '../sched.js'
import type { file, ioctl_arg } from '../vfs/fs.js'
import { failed, type luadevice_file_t, type luadevice_t, pushCallback } from './luadevice_callback.js'

const { pr_err } = pr_fmt('luadevice')

function luadevice_doioctl(L: lua_State, luadev: luadevice_t, cmd: number, arg: number | ioctl_arg): lunatik_result {
  const ret = pushCallback(L, luadev, 'ioctl')
  if (ret < 0) return ret
  lua_pushinteger(L, cmd | 0)
  if (typeof arg === 'number') lua_pushinteger(L, arg)
  else lua_pushlstring(L, arg.in)
  return lunatik_pcall(L, 3, 2, (L, status) => {
    if (status !== LUA_OK) return failed(L, 'ioctl', status)
    if (lua_isnoneornil(L, -2)) return -ENOTTY
    const ret = lua_tointegerx(L, -2)
    if (ret === null || ret < -MAX_ERRNO || ret > 0x7fffffff) {
      pr_err('the result is neither nil nor an integer of 32 bits: ioctl')
      return -ECANCELED
    }
    const data = lua_tolstring(L, -1)
    if (data !== null && typeof arg === 'object') arg.out.set(data.subarray(0, arg.out.length))
    return Number(ret)
  })
}

/** The operation unlocked_ioctl of a driver that has the callback. */
export function luadevice_fop_ioctl(f: file, cmd: number, arg: number | ioctl_arg): lunatik_result {
  const { luadev, runtime } = f.private_data as luadevice_file_t
  current.flags = f.f_flags
  return lunatik_run(runtime, luadevice_doioctl, luadev, cmd, arg)
}
