// A second device with the operations of mydevice: its script, lua/mybuffer.lua, gives back what was written, so that
// a read ends and `cat` returns.
import {
  default_llseek,
  type file,
  type inode,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_runtime,
  lunatik_stop,
  MISC_DYNAMIC_MINOR,
  misc_deregister,
  misc_register,
  type miscdevice,
} from 'lunatik'
import { mydevice_read, mydevice_release, mydevice_write } from './mydevice.js'

const runtime: { value: lunatik_object_t | null } = { value: null }

function mybuffer_open(_inode: inode, f: file): number {
  f.private_data = runtime.value
  lunatik_getobject(f.private_data as lunatik_object_t)
  return 0
}

const mybuffer: miscdevice = {
  minor: MISC_DYNAMIC_MINOR,
  name: 'mybuffer',
  fops: {
    open: mybuffer_open,
    release: mydevice_release,
    read: mydevice_read,
    write: mydevice_write,
    llseek: default_llseek,
  },
  mode: 0o666,
}

function mybuffer_init(): number {
  let ret = lunatik_runtime(runtime, 'mybuffer', true)
  if (ret === 0) ret = misc_register(mybuffer)
  if (ret < 0) mybuffer_exit()
  return ret
}

/** Undoes what mybuffer_init has done, as far as it came. */
function mybuffer_exit(): void {
  misc_deregister(mybuffer)
  if (runtime.value !== null) lunatik_stop(runtime.value)
  runtime.value = null
}

export { mybuffer_exit as cleanup_module, mybuffer_init as init_module }
