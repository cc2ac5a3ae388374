// The benchmark's devices, `bench`, `buffer`, `checksum` and `compute`: mydevice's operations on the scripts of those
// names.
import { lunatik_runtime, lunatik_stop, misc_deregister, misc_register, type miscdevice } from 'lunatik'
import { runtime_device, type runtime_pointer } from '../devices/common/runtime_device.js'

function device(name: string): { runtime: runtime_pointer; misc: miscdevice } {
  const runtime: runtime_pointer = { value: null }
  return { runtime, misc: runtime_device(name, runtime) }
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
