// What the examples beside mydevice have in common: a device with mydevice's operations, on a runtime of the example's
// own.
import {
  default_llseek,
  type file,
  type inode,
  lunatik_getobject,
  type lunatik_object_t,
  MISC_DYNAMIC_MINOR,
  type miscdevice,
} from 'lunatik'
import { mydevice_read, mydevice_release, mydevice_write } from '../mydevice.js'

/** Where a module keeps its runtime: C's `static lunatik_object_t *runtime`. */
export interface runtime_pointer {
  value: lunatik_object_t | null
}

/** open(2): takes a reference on the runtime and keeps it with the open file, until mydevice_release puts it back. */
export const runtime_open =
  (runtime: runtime_pointer) =>
  (_inode: inode, f: file): number => {
    f.private_data = runtime.value
    lunatik_getobject(f.private_data as lunatik_object_t)
    return 0
  }

/** A device whose read and write call the functions myread and mywrite of the runtime's script. */
export const runtime_device = (name: string, runtime: runtime_pointer): miscdevice => ({
  minor: MISC_DYNAMIC_MINOR,
  name,
  fops: {
    open: runtime_open(runtime),
    release: mydevice_release,
    read: mydevice_read,
    read_fills: true, // it copies what it counts
    write: mydevice_write,
    llseek: default_llseek,
  },
  mode: 0o666,
})
