// The example of the document "Lunatik C API", function for function and in its order: a character device whose read(2)
// and write(2) are the Lua functions myread(len, off) and mywrite(buf, off) of lua/mydevice.lua. Beside it open(2)
// takes a reference on the runtime, which the open file keeps, and the last close(2) puts it back.
import {
  copy_from_user,
  copy_to_user,
  default_llseek,
  ECANCELED,
  EFAULT,
  type file,
  type inode,
  LUA_OK,
  type loff_ref,
  lua_getglobal,
  lua_pushinteger,
  type lua_State,
  lua_tolstring,
  lua_tostring,
  luaL_Buffer,
  luaL_buffinitsize,
  luaL_optinteger,
  luaL_pushresultsize,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_pcall,
  lunatik_putobject,
  type lunatik_result,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  MISC_DYNAMIC_MINOR,
  misc_deregister,
  misc_register,
  type miscdevice,
  pr_fmt,
} from 'lunatik'

const { pr_err } = pr_fmt('mydevice')

const runtime: { value: lunatik_object_t | null } = { value: null }

function mydevice_init(): number {
  let ret = lunatik_runtime(runtime, 'mydevice', true)
  if (ret === 0) ret = misc_register(mydevice)
  if (ret < 0) mydevice_exit()
  return ret
}

/** Undoes what mydevice_init has done, as far as it came. */
function mydevice_exit(): void {
  misc_deregister(mydevice)
  if (runtime.value !== null) lunatik_stop(runtime.value)
  runtime.value = null
}

// C calls lua_pcall, behind which a callback can't sleep here: lunatik_pcall gives what comes after it as a function.
function l_read(L: lua_State, buf: Uint8Array, len: number, off: loff_ref): lunatik_result {
  lua_getglobal(L, 'myread')
  lua_pushinteger(L, len)
  lua_pushinteger(L, off.value)
  /* calls myread(len, off) */
  return lunatik_pcall(L, 2, 2, (L, status) => {
    if (status !== LUA_OK) {
      pr_err(lua_tostring(L, -1))
      return -ECANCELED
    }

    const lbuf = lua_tolstring(L, -2) ?? new Uint8Array()
    const llen = Math.min(len, lbuf.length)
    if (copy_to_user(buf, lbuf, llen) !== 0) return -EFAULT

    off.value = Number(luaL_optinteger(L, -1, off.value + llen))
    return llen
  })
}

export function mydevice_read(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  const runtime = f.private_data as lunatik_object_t
  return lunatik_run(runtime, l_read, buf, len, off)
}

function l_write(L: lua_State, buf: Uint8Array, len: number, off: loff_ref): lunatik_result {
  const B = new luaL_Buffer()
  lua_getglobal(L, 'mywrite')
  const lbuf = luaL_buffinitsize(L, B, len)
  if (copy_from_user(lbuf, buf, len) !== 0) {
    luaL_pushresultsize(B, 0)
    return -EFAULT
  }
  luaL_pushresultsize(B, len)
  lua_pushinteger(L, off.value)
  /* calls mywrite(buf, off) */
  return lunatik_pcall(L, 2, 2, (L, status) => {
    if (status !== LUA_OK) {
      pr_err(lua_tostring(L, -1))
      return -ECANCELED
    }

    // A negative number is a huge size_t in C: all was written.
    const written = Number(luaL_optinteger(L, -2, len))
    const llen = written < 0 ? len : Math.min(len, written)
    off.value = Number(luaL_optinteger(L, -1, off.value + llen))
    return llen
  })
}

export function mydevice_write(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  const runtime = f.private_data as lunatik_object_t
  return lunatik_run(runtime, l_write, buf, len, off)
}

function mydevice_open(_inode: inode, f: file): number {
  const held = runtime.value as lunatik_object_t
  f.private_data = held
  lunatik_getobject(held)
  return 0
}

export function mydevice_release(_inode: inode, f: file): number {
  lunatik_putobject(f.private_data as lunatik_object_t)
  return 0
}

const mydevice: miscdevice = {
  minor: MISC_DYNAMIC_MINOR,
  name: 'mydevice',
  fops: {
    open: mydevice_open,
    release: mydevice_release,
    read: mydevice_read,
    write: mydevice_write,
    llseek: default_llseek,
  },
  mode: 0o666,
}

export { mydevice_exit as cleanup_module, mydevice_init as init_module }
