// fs/char_dev.c: the registry of character devices, by number.
import { EBUSY, ENXIO } from '../errno.js'
import type { file_operations } from './fs.js'

const minorBits = 20

/** linux/kdev_t.h: a device number of 12 bits of major and 20 of minor. */
export const MKDEV = (major: number, minor: number) => major * 2 ** minorBits + minor
export const MAJOR = (dev: number) => Math.floor(dev / 2 ** minorBits)
export const MINOR = (dev: number) => dev % 2 ** minorBits

/** The first of the majors that Linux gives out by itself. */
const DYNAMIC_MAJOR = 234
let lastMinor = -1

/**
 * A device number of its own. Linux: `alloc_chrdev_region`. None is used again, so that no old node meets a new device.
 */
export const alloc_chrdev = () => MKDEV(DYNAMIC_MAJOR, ++lastMinor)

const cdevs = new Map<number, file_operations>()

/**
 * Registers a driver under a device number.
 * @returns 0; -EBUSY where the number is taken
 */
export function cdev_add(dev: number, fops: file_operations): number {
  if (cdevs.has(dev)) return -EBUSY
  cdevs.set(dev, fops)
  return 0
}

/** Takes a driver away. Files open on it keep its operations. */
export function cdev_del(dev: number): void {
  cdevs.delete(dev)
}

/** The driver of a device number: what chrdev_open looks up. -ENXIO where there is none. */
export const cdev_get = (dev: number): file_operations | number => cdevs.get(dev) ?? -ENXIO
