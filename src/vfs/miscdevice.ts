// drivers/char/misc.c: character devices that need one minor number and a node.
import { EBUSY, EINVAL } from '../errno.js'
import { cdev_add, cdev_del, MKDEV } from './chrdev.js'
import { device_add, device_del, device_destroy } from './device.js'
import type { file_operations } from './fs.js'
import { devtmpfs_create_node } from './namei.js'

export const MISC_MAJOR = 10
/** For {@link miscdevice.minor}: any free number. */
export const MISC_DYNAMIC_MINOR = 255
/** The first of the dynamic minors, as in Linux 6. */
const firstDynamicMinor = 256
const minorsEnd = 1 << 20

/** A device to be registered: Linux's struct of that name. */
export interface miscdevice {
  /** A fixed number from 0 to 254, or MISC_DYNAMIC_MINOR, which misc_register replaces. */
  minor: number
  /** The node's name; `/` and `!` in it make folders. */
  readonly name: string
  readonly fops: file_operations
  /** Permission bits of the node; 0 or absent means 0600. */
  readonly mode?: number
}

const devices = new Map<number, miscdevice>()
let lastDynamicMinor = firstDynamicMinor - 1

/** The next free dynamic minor. Numbers are not used again soon, so that an old node never meets a new device. */
function dynamicMinor(): number | null {
  for (let tries = firstDynamicMinor; tries < minorsEnd; tries++) {
    lastDynamicMinor = lastDynamicMinor + 1 < minorsEnd ? lastDynamicMinor + 1 : firstDynamicMinor
    if (!devices.has(lastDynamicMinor)) return lastDynamicMinor
  }
  return null
}

const isFixedMinor = (minor: number) => Number.isInteger(minor) && minor >= 0 && minor < MISC_DYNAMIC_MINOR

/**
 * Registers a device and makes its node. On an error nothing is left of it.
 * @param misc its minor is set where it was MISC_DYNAMIC_MINOR
 * @returns 0; -EBUSY where the minor is taken or the device is registered already; -EEXIST where a device or a node
 *   has the name; -EINVAL for an empty name or any other minor; -ENOTDIR, -ENAMETOOLONG
 */
export function misc_register(misc: miscdevice): number {
  const wanted = misc.minor
  if (devices.get(wanted) === misc) return -EBUSY
  if (!(wanted === MISC_DYNAMIC_MINOR || isFixedMinor(wanted))) return -EINVAL
  const minor = wanted === MISC_DYNAMIC_MINOR ? dynamicMinor() : wanted
  if (minor === null || devices.has(minor)) return -EBUSY
  const dev = MKDEV(MISC_MAJOR, minor)
  let ret = device_add(misc.name)
  if (ret < 0) return ret
  ret = cdev_add(dev, misc.fops)
  if (ret === 0) {
    ret = devtmpfs_create_node(misc.name, dev, misc.mode ?? 0)
    if (ret < 0) cdev_del(dev)
  }
  if (ret < 0) {
    device_del(misc.name)
    return ret
  }
  misc.minor = minor
  devices.set(minor, misc)
  return 0
}

/**
 * Takes a device and its node away. Files open on it keep its operations.
 * @returns 0; -EINVAL for a device that isn't registered
 */
export function misc_deregister(misc: miscdevice): number {
  if (devices.get(misc.minor) !== misc) return -EINVAL
  const dev = MKDEV(MISC_MAJOR, misc.minor)
  devices.delete(misc.minor)
  cdev_del(dev)
  device_destroy(misc.name, dev)
  if (misc.minor >= firstDynamicMinor) misc.minor = MISC_DYNAMIC_MINOR
  return 0
}

/** The names of all devices, in the order of their registration. */
export const misc_names = () => [...devices.values()].map(({ name }) => name)
