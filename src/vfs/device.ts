// drivers/base/core.c: the devices of the system by name. Two devices never have one name, wherever their nodes are.
import { EEXIST, EINVAL } from '../errno.js'
import { pr_fmt } from '../printk.js'
import { deviceNames, devtmpfs_create_node, devtmpfs_delete_node } from './namei.js'

const { pr_warn } = pr_fmt('devtmpfs')

/** Devices by their names as sysfs has them, with `!` for `/`. */
const names = new Set<string>()

const sysfsName = (name: string) => deviceNames(name).join('!')

/** What takes an example's device away, by its name. */
const examples = new Map<string, () => void>()

/** Has a device of this name give way to another that wants the name: `remove` takes it away. The kernel has none. */
export function device_example(name: string, remove: () => void): void {
  examples.set(sysfsName(name), remove)
}

/**
 * Registers a device's name. Linux: `device_add`, as far as names go.
 * @param name `/` and `!` in it make folders
 * @returns 0; -EINVAL for an empty name, -EEXIST where a device has it
 */
export function device_add(name: string): number {
  const key = sysfsName(name)
  if (key === '') return -EINVAL
  const example = names.has(key) ? examples.get(key) : undefined
  examples.delete(key)
  example?.()
  if (names.has(key)) return -EEXIST
  names.add(key)
  return 0
}

/** Takes a device's name away. Linux: `device_del`. */
export function device_del(name: string): void {
  names.delete(sysfsName(name))
}

/**
 * Registers a device and makes its node. As on Linux a device may live without a node, where that can't be made: the
 * log has a line then.
 * @param mode permission bits; 0 means 0600
 * @returns as {@link device_add}
 */
export function device_create(name: string, dev: number, mode: number): number {
  const ret = device_add(name)
  if (ret < 0) return ret
  const node = devtmpfs_create_node(name, dev, mode)
  if (node < 0) pr_warn(`${JSON.stringify(name)}: no node could be made (${node})`)
  return 0
}

/** Takes a device and its node away. */
export function device_destroy(name: string, dev: number): void {
  device_del(name)
  devtmpfs_delete_node(name, dev)
}
