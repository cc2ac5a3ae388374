// Not on a kernel: poll(2) of devices whose driver has `poll(self)`, which returns what is ready as a mask of
// linux.poll's bits, and `dev:notify()`, by which it tells that more may be.
import { LUA_OK, lua_isnoneornil, type lua_State, lua_tointegerx } from '../lua/lua.js'
import { lunatik_run } from '../lunatik/lunatik_core.js'
import { lunatik_pcall, type lunatik_result } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { current } from '../sched.js'
import { DEFAULT_POLLMASK, EPOLLERR, type file } from '../vfs/fs.js'
import { failed, luadevice_check, type luadevice_file_t, type luadevice_t, pushCallback } from './luadevice_callback.js'

const { pr_err } = pr_fmt('luadevice')

function luadevice_dopoll(L: lua_State, luadev: luadevice_t): lunatik_result {
  const ret = pushCallback(L, luadev, 'poll')
  if (ret < 0) return EPOLLERR
  return lunatik_pcall(L, 1, 1, (L, status) => {
    if (status !== LUA_OK) {
      failed(L, 'poll', status)
      return EPOLLERR
    }
    if (lua_isnoneornil(L, -1)) return DEFAULT_POLLMASK
    const mask = lua_tointegerx(L, -1)
    if (mask !== null && mask >= 0 && mask <= 0xffff) return Number(mask)
    pr_err('the result is no mask of linux.poll: poll')
    return EPOLLERR
  })
}

/** The operation poll of a driver that has the callback. */
export function luadevice_fop_poll(f: file, wake: (() => void) | null): lunatik_result {
  const { luadev, runtime } = f.private_data as luadevice_file_t
  current.flags = f.f_flags
  if (wake !== null) luadev.pollers.set(f, wake)
  const ret = lunatik_run(runtime, luadevice_dopoll, luadev)
  const end = (ret: number) => (ret < 0 ? EPOLLERR : ret)
  return ret instanceof Promise ? ret.then(end) : end(ret)
}

/** Has those who wait in poll(2) ask again. */
export function wakePollers({ pollers }: luadevice_t): void {
  const waiting = [...pollers.values()]
  pollers.clear()
  for (const wake of waiting) wake()
}

/** `dev:notify()`: more may be ready; who waits in poll(2) asks the driver again. */
export function luadevice_notify(L: lua_State): number {
  wakePollers(luadevice_check(L, 1))
  return 0
}
