// Devices for a test: registered on the tree that a mount would show, and gone when the test ends.
import type { Test } from 'tap'
import { type file, type file_operations, type inode, O_RDWR } from '../../src/vfs/fs.js'
import { MISC_DYNAMIC_MINOR, misc_deregister, misc_register, type miscdevice } from '../../src/vfs/miscdevice.js'
import { lookup } from '../../src/vfs/namei.js'
import { vfs_open } from '../../src/vfs/open.js'

/** The node at `path`; throws where there is none. */
export function node(path: string): inode {
  const found = lookup(path)
  if (typeof found === 'number') throw new Error(`${path}: ${found}`)
  return found
}

/** A device that isn't registered yet; the test's end takes it away if it then is. */
export function device(t: Test, name: string, fops: file_operations = {}, more: Partial<miscdevice> = {}): miscdevice {
  const misc = { minor: MISC_DYNAMIC_MINOR, name, fops, ...more }
  t.teardown(() => misc_deregister(misc))
  return misc
}

/** A registered device. */
export function registered(...args: Parameters<typeof device>): miscdevice {
  const misc = device(...args)
  const ret = misc_register(misc)
  if (ret !== 0) throw new Error(`${misc.name}: ${ret}`)
  return misc
}

/** An open file of a new device. */
export function opened(t: Test, fops: file_operations, flags = O_RDWR): file {
  registered(t, 'opened', fops)
  const file = vfs_open(node('opened'), flags)
  if (typeof file === 'number' || file instanceof Promise) throw new Error(`not opened: ${file}`)
  return file
}
