// The control device `lunatik`, which every mount has: the script lua/lunatik/driver.lua in a runtime of its own.
//
// A chunk that is written to a mailbox runs until a read, so far behind its mailbox that it is no other's, interrupts
// it: that takes no lock, and no write, which libfuse would hold back. The chunk's write gives ECANCELED then, as EINTR
// has Node write it again.
import { ECANCELED, EINVAL } from '../errno.js'
import { lunatik_newruntime, lunatik_stop } from '../lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../lunatik/lunatik_obj.js'
import { lunatik_reserve } from '../lunatik/lunatik_oom.js'
import { unpreempted } from '../lunatik/lunatik_wait.js'
import { pr_fmt } from '../printk.js'
import { current, interrupt_task, type task_struct } from '../sched.js'
import { cdev_add, cdev_del, cdev_get } from '../vfs/chrdev.js'
import type { file_operations } from '../vfs/fs.js'
import { lookup } from '../vfs/namei.js'

const { pr_err } = pr_fmt('lunatik')

let runtime: lunatik_object_t | null = null

/** Where the mailboxes begin, and how far behind a mailbox the read is that interrupts its chunk. */
const mailboxes = 2 ** 40
const interrupts = 2 ** 47

/** What interrupts the chunks that run or wait, by their mailboxes. */
const chunks = new Map<number, () => void>()

/** Has the chunk in a mailbox end early where it takes its time. */
function interruptible(mailbox: number, task: task_struct, written: Promise<number>): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = () => chunks.delete(mailbox)
    chunks.set(mailbox, () => {
      resolve(-ECANCELED)
      interrupt_task(task, true)
    })
    written.finally(end).then(resolve, reject)
  })
}

/** The file operations of the control device's script, with the interrupt. */
const withInterrupts = ({ read, write, ...rest }: file_operations): file_operations => ({
  ...rest,
  read: (file, buf, len, off) => {
    if (off.value < mailboxes + interrupts) return read?.(file, buf, len, off) ?? -EINVAL
    chunks.get(off.value - interrupts)?.()
    return 0
  },
  write: (file, buf, len, off) => {
    const mailbox = off.value
    const task = current
    const written = write?.(file, buf, len, off) ?? -EINVAL
    return mailbox >= mailboxes && written instanceof Promise ? interruptible(mailbox, task, written) : written
  },
})

/** Puts the interrupt before the device that the script has made. */
function addInterrupts(): void {
  const node = lookup('/lunatik')
  const fops = typeof node === 'number' ? node : cdev_get(node.i_rdev)
  if (typeof node === 'number' || typeof fops === 'number') return
  cdev_del(node.i_rdev)
  cdev_add(node.i_rdev, withInterrupts(fops))
}

/** Makes the control device. Returns 0; -ENOMEM or -EINVAL, logged, where the script doesn't run. */
export function driver_start(): number {
  const made = unpreempted(() => lunatik_newruntime('lunatik/driver', LUNATIK_OPT_NONE))
  if (made instanceof Promise) {
    pr_err('lunatik/driver: the script of the control device may not sleep while it loads')
    return -EINVAL
  }
  if (made.ret < 0) pr_err(made.message)
  runtime = made.runtime
  if (runtime !== null) {
    lunatik_reserve(runtime)
    addInterrupts()
  }
  return made.ret
}

/** Takes the control device away. May be called again. */
export function driver_stop(): void {
  if (runtime !== null) lunatik_stop(runtime)
  runtime = null
}
