// luadevice.c: character device drivers in Lua. `device.new` takes a driver, a table with the device's name and its
// callbacks, and makes the device; each file operation calls the callback of its name with the runtime locked.
//
// Each `luadevice_fop_` function is the kernel's side, the `luadevice_do` function of its name the Lua side under the
// lock. What crashes or hangs a kernel is an error and a line in the log here: a result of write that is no number, a
// second result that is no integer.
import { ECANCELED, EEXIST, EFAULT, ENXIO, EOVERFLOW } from '../errno.js'
import { luaL_argcheck, luaL_checktype, luaL_error, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_getfield,
  lua_getmetatable,
  lua_insert,
  lua_isfunction,
  lua_isnoneornil,
  lua_isnumber,
  lua_newbuffer,
  lua_pop,
  lua_pushcfunction,
  lua_pushinteger,
  lua_pushlstring,
  lua_rawget,
  type lua_State,
  lua_settop,
  lua_tointeger,
  lua_tointegerx,
  lua_tolstring,
  lua_tostring,
} from '../lua/lua.js'
import { lunatik_checkfield } from '../lunatik/lunatik_aux.js'
import { lunatik_run, lunatik_toruntime } from '../lunatik/lunatik_core.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  type lunatik_class_t,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import { lunatik_registerobject, lunatik_unregisterobject } from '../lunatik/lunatik_registry.js'
import {
  lunatik_checkobject,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { lunatik_pcall, type lunatik_result } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { current } from '../sched.js'
import { stringOf } from '../surrogateescape.js'
import { alloc_chrdev, cdev_add, cdev_del } from '../vfs/chrdev.js'
import { device_create, device_destroy } from '../vfs/device.js'
import type { file, file_operations, inode, loff_ref } from '../vfs/fs.js'
import { lend_to_user, set_user_memory } from '../vfs/uaccess.js'
import { failed, type luadevice_file_t, type luadevice_t, pushCallback, pushOptional } from './luadevice_callback.js'
import { setCaller } from './luadevice_caller.js'
import { luadevice_fop_ioctl } from './luadevice_ioctl.js'
import { luadevice_fop_poll, luadevice_notify, wakePollers } from './luadevice_poll.js'

const { pr_err, pr_warn } = pr_fmt('luadevice')

set_user_memory(lua_newbuffer)

/** The devices that live, by number. */
const luadevices = new Map<number, luadevice_t>()

/**
 * The second result of read and write, on the top of the stack: the new position; without one, `pos`.
 * @returns null, logged, for what is no integer
 */
function checkOffset(L: lua_State, fop: string, pos: number): number | null {
  if (lua_isnoneornil(L, -1)) return pos
  const offset = lua_tointegerx(L, -1)
  if (offset !== null) return Number(offset)
  pr_err(`the new offset is no integer, which crashes a kernel: ${fop}`)
  return null
}

/**
 * Pushes the position as read's and write's last argument.
 * @returns 0; -EOVERFLOW, logged, for one that Lua's integers can't hold here: on a kernel they have 64 bits
 */
function pushOffset(L: lua_State, fop: string, pos: number): number {
  if (!Number.isSafeInteger(pos)) {
    pr_err(`the position ${pos} is past 2^53: ${fop}`)
    return -EOVERFLOW
  }
  lua_pushinteger(L, pos)
  return 0
}

function luadevice_doopen(L: lua_State, luadev: luadevice_t, fop: 'open' | 'release'): lunatik_result {
  // Most drivers have neither: nothing is called then.
  const ret = pushOptional(L, luadev, fop)
  if (ret <= 0) return ret
  return lunatik_pcall(L, 1, 0, (L, status) => (status === LUA_OK ? 0 : failed(L, fop, status)))
}

function luadevice_doread(
  L: lua_State,
  luadev: luadevice_t,
  buf: Uint8Array,
  len: number,
  off: loff_ref,
): lunatik_result {
  let ret = pushCallback(L, luadev, 'read')
  if (ret < 0) return ret
  lua_pushinteger(L, len)
  ret = pushOffset(L, 'read', off.value)
  if (ret < 0) return ret
  return lunatik_pcall(L, 3, 2, (L, status) => {
    if (status !== LUA_OK) return failed(L, 'read', status)
    const lbuf = lua_tolstring(L, -2)
    const llen = lbuf === null ? 0 : Math.min(lbuf.length, len)
    const pos = checkOffset(L, 'read', off.value + llen)
    if (pos === null) return -ECANCELED
    if (lbuf !== null && lend_to_user(buf, lbuf, llen) > 0) return -EFAULT
    off.value = pos
    return llen
  })
}

function luadevice_dowrite(
  L: lua_State,
  luadev: luadevice_t,
  buf: Uint8Array,
  len: number,
  off: loff_ref,
): lunatik_result {
  let ret = pushCallback(L, luadev, 'write')
  if (ret < 0) return ret
  if (buf.length < len) return -EFAULT // it has gone: vfs/uaccess.ts
  lua_pushlstring(L, buf.length === len ? buf : buf.subarray(0, len))
  ret = pushOffset(L, 'write', off.value)
  if (ret < 0) return ret
  return lunatik_pcall(L, 3, 2, (L, status) => {
    if (status !== LUA_OK) return failed(L, 'write', status)
    if (!lua_isnoneornil(L, -2) && !lua_isnumber(L, -2)) {
      pr_err('the result is neither nil nor a number, which crashes a kernel: write')
      return -ECANCELED
    }
    // A negative number is a huge size_t: all was written.
    const written = lua_isnoneornil(L, -2) ? len : lua_tointeger(L, -2)
    const llen = written < 0 ? len : Math.min(written, len)
    const pos = checkOffset(L, 'write', off.value + llen)
    if (pos === null) return -ECANCELED
    off.value = pos
    return llen
  })
}

/** Takes a reference on the runtime and keeps it with the file; -ENXIO while its script is loading. */
function luadevice_fop_open(inode: inode, f: file): lunatik_result {
  const luadev = luadevices.get(inode.i_rdev)
  if (luadev === undefined) return -ENXIO
  const { runtime } = luadev
  lunatik_getobject(runtime)
  current.flags = f.f_flags
  f.private_data = { luadev, runtime } satisfies luadevice_file_t
  const ret = lunatik_run(runtime, luadevice_doopen, luadev, 'open')
  // Nobody releases a file that was never opened.
  const end = (ret: number) => {
    if (ret < 0) lunatik_putobject(runtime)
    return ret
  }
  return ret instanceof Promise ? ret.then(end) : end(ret)
}

function luadevice_fop_read(f: file, buf: Uint8Array, len: number, off: loff_ref): lunatik_result {
  const { luadev, runtime } = f.private_data as luadevice_file_t
  current.flags = f.f_flags
  return lunatik_run(runtime, luadevice_doread, luadev, buf, len, off)
}

function luadevice_fop_write(f: file, buf: Uint8Array, len: number, off: loff_ref): lunatik_result {
  const { luadev, runtime } = f.private_data as luadevice_file_t
  current.flags = f.f_flags
  // Who waits for the lock comes when the bytes may be another program's.
  const bytes = runtime.lock.locked ? new Uint8Array(buf) : buf
  return lunatik_run(runtime, luadevice_dowrite, luadev, bytes, len, off)
}

/** On a kernel the reference on the runtime is leaked. */
function luadevice_fop_release(_inode: inode, f: file): lunatik_result {
  const { luadev, runtime } = f.private_data as luadevice_file_t
  luadev.pollers.delete(f)
  current.flags = f.f_flags
  const ret = lunatik_run(runtime, luadevice_doopen, luadev, 'release')
  const end = () => {
    lunatik_putobject(runtime)
    return 0
  }
  return ret instanceof Promise ? ret.then(end) : end()
}

const luadevice_fops: file_operations = {
  open: luadevice_fop_open,
  read: luadevice_fop_read,
  read_fills: true,
  write: luadevice_fop_write,
  write_copies: true,
  release: luadevice_fop_release,
}

/** The operations of a driver: poll and ioctl are absent, as on a kernel, where it has none. */
function fopsOf(L: lua_State): file_operations {
  const has = (name: string) => {
    lua_getfield(L, 1, name)
    const is = lua_isfunction(L, -1)
    lua_pop(L, 1)
    return is
  }
  const poll = has('poll') ? { poll: luadevice_fop_poll } : null
  const ioctl = has('ioctl') ? { unlocked_ioctl: luadevice_fop_ioctl } : null
  return poll === null && ioctl === null ? luadevice_fops : { ...luadevice_fops, ...poll, ...ioctl }
}

function luadevice_release(luadev: luadevice_t): void {
  const { name, devt } = luadev
  luadevices.delete(devt)
  cdev_del(devt)
  device_destroy(name, devt)
  wakePollers(luadev)
}

/**
 * `dev:stop()`: takes the device away. Files that are open on it get ENXIO. Does nothing for a device that was stopped.
 */
function luadevice_stop(L: lua_State): number {
  const object = lunatik_checkobject<luadevice_t | null>(L, 1)
  luaL_argcheck(L, object.class === luadevice_class, 1, 'invalid object')
  const { private: luadev } = object
  if (luadev === null) return 0
  lunatik_unregisterobject(L, object)
  luadevices.delete(luadev.devt)
  return lunatik_closeobject(L)
}

/** `dev[key]`: a method. `notify` is no field of the metatable, whose fields are those of a kernel's. */
function luadevice_index(L: lua_State): number {
  lua_settop(L, 2)
  if (lua_tostring(L, 2) === 'notify') {
    lua_pushcfunction(L, luadevice_notify)
    return 1
  }
  lua_getmetatable(L, 1)
  lua_insert(L, 2)
  lua_rawget(L, 2)
  return 1
}

const luadevice_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__index', func: luadevice_index },
  { name: 'stop', func: luadevice_stop },
]

const luadevice_class: lunatik_class_t<luadevice_t> = {
  name: 'device',
  methods: luadevice_mt,
  release: luadevice_release,
  opt: LUNATIK_OPT_SINGLE,
}

/** The permission bits of the driver's `mode`; 0 where it has none, or what is no number. */
function optMode(L: lua_State): number {
  lua_getfield(L, 1, 'mode')
  const mode = lua_isnumber(L, -1) ? Number(BigInt.asUintN(16, BigInt(lua_tointeger(L, -1)))) : 0
  lua_pop(L, 1)
  return mode
}

/** A name as the bytes that the script gave: what follows a NUL is no part of it. */
function deviceName(L: lua_State): string {
  lunatik_checkfield(L, 1, 'name', LUA_TSTRING)
  const bytes = lua_tolstring(L, -1) as Uint8Array
  const nul = bytes.indexOf(0)
  const name = stringOf(nul < 0 ? bytes : bytes.subarray(0, nul))
  lua_pop(L, 1)
  return name
}

/**
 * `device.new(driver)`: makes a device, whose callbacks are the driver's `open(self)`, `read(self, len, off)`,
 * `write(self, buf, off)` and `release(self)`. It lives until it is stopped, or its script is. In the callbacks
 * `self.caller` tells who calls. Beyond the kernel's a driver may have `poll(self)` and `ioctl(self, cmd, arg)`.
 *
 * A name with `%` is taken as it is; on a kernel it is a format.
 * @throws raises `bad argument #1 to 'new' (table expected, got U)`, `bad field 'name' (string expected, got U)`,
 *   `failed to create a new device (-17)` for a name in use and `(-22)` for an empty one, `'device': process-context
 *   class in interrupt-context runtime`
 */
function luadevice_new(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TTABLE)
  const name = deviceName(L)
  const mode = optMode(L)
  const devt = alloc_chrdev()
  const luadev: luadevice_t = { runtime: lunatik_toruntime(L), devt, name, pollers: new Map() }
  const object: lunatik_object_t<luadevice_t> = lunatik_newobject(L, luadevice_class, luadev, LUNATIK_OPT_NONE)
  luadevices.set(devt, luadev)
  cdev_add(devt, fopsOf(L))
  const ret = device_create(name, devt, mode)
  if (ret < 0) {
    // The object must not take away the device that has the name.
    object.private = null
    luadevices.delete(devt)
    cdev_del(devt)
    // The message is a kernel's, which logs the rest.
    if (ret === -EEXIST) pr_warn(`${name}: a device has this name already (EEXIST)`)
    luaL_error(L, `failed to create a new device (${ret})`)
  }
  setCaller(L)
  lunatik_registerobject(L, 1, object)
  return 1
}

const luadevice_lib: luaL_Reg[] = [{ name: 'new', func: luadevice_new }]

export const luaopen_device = LUNATIK_NEWLIB('device', luadevice_lib, LUNATIK_CLASSES('device', luadevice_class))
