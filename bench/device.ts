// The benchmark's devices, `bench`, `buffer`, `checksum` and `compute`: mydevice's operations on the scripts of those names.
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
import { mydevice_read, mydevice_release, mydevice_write } from '../devices/mydevice.js'

type Runtime = { value: lunatik_object_t | null }

function device(name: string): { runtime: Runtime; misc: miscdevice } {
  const runtime: Runtime = { value: null }
  const open = (_inode: inode, f: file): number => {
    f.private_data = runtime.value
    lunatik_getobject(f.private_data as lunatik_object_t)
    return 0
  }
  const fops = {
    open,
    release: mydevice_release,
    read: mydevice_read,
    write: mydevice_write,
    llseek: default_llseek,
  }
  return { runtime, misc: { minor: MISC_DYNAMIC_MINOR, name, fops, mode: 0o666 } }
}

const devices = ['bench', 'buffer', 'checksum', 'compute'].map(device)

export function init_module(): number {
  for (const { runtime, misc } of devices) {
    let ret = lunatik_runtime(runtime, misc.name, true)
    if (ret >= 0) ret = misc_register(misc)
    if (ret < 0) {
      cleanup_module()
      return ret
    }
  }
  return 0
}

export function cleanup_module(): void {
  for (const { runtime, misc } of devices) {
    if (runtime.value === null) continue
    misc_deregister(misc)
    lunatik_stop(runtime.value)
    runtime.value = null
  }
}
