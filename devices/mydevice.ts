// The example of the document "Lunatik C API", function for function: a character device whose read(2) and write(2)
// are the Lua functions myread(len, off) and mywrite(buf, off) of lua/mydevice.lua.
//
// What C doesn't say there and a module needs: open(2) takes a reference on the runtime and keeps it with the open
// file, the last close(2) puts it back.
import {
  copy_from_user,
  copy_to_user,
  default_llseek,
  ECANCELED,
  EFAULT,
  ENOTTY,
  type file,
  type file_operations,
  type inode,
  LUA_OK,
  LUNATIK_OPT_NONE,
  type loff_ref,
  lua_getglobal,
  lua_gettop,
  lua_pushinteger,
  type lua_State,
  lua_tolstring,
  lua_tostring,
  luaL_Buffer,
  luaL_buffinitsize,
  luaL_optinteger,
  luaL_pushresultsize,
  lunatik_getobject,
  lunatik_handle,
  lunatik_isready,
  type lunatik_object_t,
  lunatik_pcall,
  lunatik_putobject,
  type lunatik_result,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
  MISC_DYNAMIC_MINOR,
  misc_deregister,
  misc_register,
  type miscdevice,
  pr_fmt,
} from 'lunatik'

const { pr_err, pr_info } = pr_fmt('mydevice')

/** `--device mydevice,script=NAME,opt=N`: the script, and the runtime's LUNATIK_OPT flags. */
export const module_param = { script: 'mydevice', opt: LUNATIK_OPT_NONE }

const runtime: { value: lunatik_object_t | null } = { value: null }
/** The runtime, once mydevice_init has made it. */
const held = () => runtime.value as lunatik_object_t
let stopped = false

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

    off.value = luaL_optinteger(L, -1, off.value + llen)
    return llen
  })
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
    const written = luaL_optinteger(L, -2, len)
    const llen = written < 0 ? len : Math.min(len, written)
    off.value = luaL_optinteger(L, -1, off.value + llen)
    return llen
  })
}

function mydevice_open(_inode: inode, f: file): number {
  f.private_data = held()
  lunatik_getobject(held())
  return 0
}

export function mydevice_release(_inode: inode, f: file): number {
  lunatik_putobject(f.private_data as lunatik_object_t)
  return 0
}

export function mydevice_read(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  const runtime = f.private_data as lunatik_object_t
  return lunatik_run(runtime, l_read, buf, len, off)
}

export function mydevice_write(f: file, buf: Uint8Array, len: number, off: loff_ref) {
  const runtime = f.private_data as lunatik_object_t
  return lunatik_run(runtime, l_write, buf, len, off)
}

/* ioctl 1: lunatik_stop, with an extra reference held so that the object outlives it; ioctl 2: lunatik_isready;
 * ioctl 3: handler that itself calls lunatik_handle; ioctl 4: lua_gettop as the handler sees it */
const l_top = (L: lua_State) => lua_gettop(L)

function l_handle(L: lua_State): number {
  const rt = lunatik_toruntime(L)

  lua_pushinteger(L, 1)
  lua_pushinteger(L, 2)
  const ret = lunatik_handle(rt, l_top)
  const same = Number(rt === held())
  pr_info(`nested lunatik_handle: same runtime ${same}, top seen ${ret}, top after ${lua_gettop(L)}`)
  return lua_gettop(L)
}

const l_isready = (L: lua_State) => Number(lunatik_isready(L))

function mydevice_ioctl(_f: file, cmd: number) {
  switch (cmd) {
    case 1: {
      lunatik_getobject(held())
      const ret = lunatik_stop(held())
      stopped = true
      pr_info(`lunatik_stop (one extra reference) = ${ret}`)
      return ret
    }
    case 2:
      return lunatik_run(held(), l_isready)
    case 3:
      return lunatik_run(held(), l_handle)
    case 4:
      return lunatik_run(held(), l_top)
  }
  return -ENOTTY
}

const mydevice_fops: file_operations = {
  open: mydevice_open,
  release: mydevice_release,
  read: mydevice_read,
  write: mydevice_write,
  unlocked_ioctl: mydevice_ioctl,
  llseek: default_llseek,
}

const mydevice: miscdevice = { minor: MISC_DYNAMIC_MINOR, name: 'mydevice', fops: mydevice_fops, mode: 0o666 }

function mydevice_init(): number {
  const { script, opt } = module_param
  // `true` (sleep) of the document is LUNATIK_OPT_NONE.
  let ret = lunatik_runtime(runtime, script, opt)

  pr_info(`lunatik_runtime("${script}", ${opt}) = ${ret}`)
  if (ret < 0) return ret
  ret = misc_register(mydevice)
  if (ret < 0) mydevice_exit()
  return ret
}

/** Undoes what mydevice_init has done, as far as it came. */
function mydevice_exit(): void {
  misc_deregister(mydevice)
  if (stopped) pr_info(`lunatik_putobject = ${lunatik_putobject(held())}`)
  else pr_info(`lunatik_stop = ${lunatik_stop(held())}`)
  runtime.value = null
  stopped = false
}

export { mydevice_exit as cleanup_module, mydevice_init as init_module }
