// A second device with the operations of mydevice: its script, lua/mybuffer.lua, gives back what was written, so that
// a read ends and `cat` returns.
import { lunatik_runtime, lunatik_stop, misc_deregister, misc_register } from 'lunatik'
import { runtime_device, type runtime_pointer } from './common/runtime_device.js'

/** `--device mybuffer,script=NAME`: another script. */
export const module_param = { script: 'mybuffer' }

const runtime: runtime_pointer = { value: null }

const mybuffer = runtime_device('mybuffer', runtime)

function mybuffer_init(): number {
  let ret = lunatik_runtime(runtime, module_param.script, true)
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
