// The package's only entry: the C API, under its C names, for modules like those in devices/.

import './lib/libs.js'

export { errname } from './errname.js'
export * from './errno.js'
export { lunatik_env } from './lib/lunatik.js'
export * from './lua/lauxlib.js'
export * from './lua/lua.js'
export * from './lua/lualib.js'
export { luaopen_io } from './lunatik/liolib.js'
export * from './lunatik/lunatik_aux.js'
export { lunatik_conf } from './lunatik/lunatik_conf.js'
export {
  lunatik_getstate,
  lunatik_handle,
  type lunatik_handler,
  lunatik_isready,
  lunatik_newruntime,
  type lunatik_newruntime_t,
  type lunatik_result,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
} from './lunatik/lunatik_core.js'
export { lunatik_enomem } from './lunatik/lunatik_enomem.js'
export { lunatik_hash } from './lunatik/lunatik_hash.js'
export { LUNATIK_VERSION, luaL_openlibs } from './lunatik/lunatik_lib.js'
export { luaL_dofile, luaL_loadfile, luaL_loadfilex } from './lunatik/lunatik_load.js'
export { lunatik_lock, lunatik_trylock, lunatik_unlock } from './lunatik/lunatik_locking.js'
export {
  lunatik_allocated,
  lunatik_checkalloc,
  lunatik_checknull,
  lunatik_checkzalloc,
  lunatik_free,
  lunatik_malloc,
  lunatik_pushstring,
  lunatik_realloc,
} from './lunatik/lunatik_mem.js'
export * from './lunatik/lunatik_newlib.js'
export {
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_anyclass_t,
  type lunatik_class_t,
  lunatik_createobject,
  lunatik_getobject,
  lunatik_isexternal,
  lunatik_ishardirq,
  lunatik_isirq,
  lunatik_ismonitor,
  lunatik_issingle,
  lunatik_issoftirq,
  lunatik_ledger,
  type lunatik_ledger_t,
  type lunatik_newobject_t,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
  type lunatik_size_t,
} from './lunatik/lunatik_obj.js'
export * from './lunatik/lunatik_registry.js'
export { lunatik_tryk } from './lunatik/lunatik_tryk.js'
export {
  LUNATIK_OBJECTCHECKER,
  LUNATIK_PRIVATECHECKER,
  lunatik_checkobject,
  lunatik_checkruntime,
  lunatik_cloneobject,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
  lunatik_pushobject,
  lunatik_require,
  lunatik_setruntime,
  lunatik_testobject,
  lunatik_toobject,
} from './lunatik/lunatik_userdata.js'
export * from './lunatik/lunatik_val.js'
export { type lunatik_begin, type lunatik_continuation, lunatik_pcall, lunatik_waitk } from './lunatik/lunatik_wait.js'
export {
  type console_t,
  pr_debug,
  pr_err,
  pr_fmt,
  type pr_functions,
  pr_info,
  pr_warn,
  printk,
  type printk_level,
  printk_line,
  type printk_record,
  register_console,
} from './printk.js'
export * from './vfs/fs.js'
export { MISC_DYNAMIC_MINOR, misc_deregister, misc_register, type miscdevice } from './vfs/miscdevice.js'
export { default_llseek } from './vfs/read_write.js'
export { copy_from_user, copy_to_user } from './vfs/uaccess.js'
