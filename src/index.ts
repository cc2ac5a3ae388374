// The package's only entry: the C API, under its C names, for modules like those in devices/.

export { errname } from './errname.js'
export * from './errno.js'
export * from './lua/lauxlib.js'
export * from './lua/lua.js'
export { lunatik_conf } from './lunatik/lunatik_conf.js'
export {
  lunatik_handle,
  type lunatik_handler,
  lunatik_isready,
  type lunatik_result,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_toruntime,
} from './lunatik/lunatik_core.js'
export {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_getobject,
  type lunatik_object_t,
  type lunatik_opt_t,
  lunatik_putobject,
} from './lunatik/lunatik_obj.js'
export {
  type console_t,
  pr_fmt,
  type pr_functions,
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
