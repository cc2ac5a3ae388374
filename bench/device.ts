// The benchmark's device: mydevice's operations on a script, lua/bench.lua, that gives as many bytes as one asks for.
import {
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

const runtime: { value: lunatik_object_t | null } = { value: null }

function bench_open(_inode: inode, f: file): number {
  f.private_data = runtime.value
  lunatik_getobject(f.private_data as lunatik_object_t)
  return 0
}

const bench: miscdevice = {
  minor: MISC_DYNAMIC_MINOR,
  name: 'bench',
  fops: { open: bench_open, release: mydevice_release, read: mydevice_read, write: mydevice_write },
  mode: 0o666,
}

export function init_module(): number {
  const ret = lunatik_runtime(runtime, 'bench', true)
  return ret < 0 ? ret : misc_register(bench)
}

export function cleanup_module(): void {
  misc_deregister(bench)
  lunatik_stop(runtime.value as lunatik_object_t)
}
