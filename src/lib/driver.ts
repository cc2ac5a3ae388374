// The control device `lunatik`, which every mount has: the script lua/lunatik/driver.lua in a runtime of its own.
import { EINVAL } from '../errno.js'
import { lunatik_newruntime, lunatik_stop } from '../lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../lunatik/lunatik_obj.js'
import { lunatik_reserve } from '../lunatik/lunatik_oom.js'
import { unpreempted } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'

const { pr_err } = pr_fmt('lunatik')

let runtime: lunatik_object_t | null = null

/** Makes the control device. Returns 0; -ENOMEM or -EINVAL, logged, where the script doesn't run. */
export function driver_start(): number {
  const made = unpreempted(() => lunatik_newruntime('lunatik/driver', LUNATIK_OPT_NONE))
  if (made instanceof Promise) {
    pr_err('lunatik/driver: the script of the control device may not sleep while it loads')
    return -EINVAL
  }
  if (made.ret < 0) pr_err(made.message)
  runtime = made.runtime
  if (runtime !== null) lunatik_reserve(runtime)
  return made.ret
}

/** Takes the control device away. May be called again. */
export function driver_stop(): void {
  if (runtime !== null) lunatik_stop(runtime)
  runtime = null
}
