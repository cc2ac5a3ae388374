// linux/netdevice.h: the network devices that scripts see. They are the machine's own, of sysfs, and those that were
// injected, which no other program sees.
import { readdirSync, readFileSync } from 'node:fs'

/** A network device. */
export interface net_device {
  readonly name: string
  readonly ifindex: number
  /** The hardware address. */
  readonly addr: Uint8Array
  /** Whether it is up. */
  up: boolean
}

const net = '/sys/class/net'
const IFF_UP = 1

/** Those that were injected, by name, in the order of their coming. */
const injected = new Map<string, net_device>()
/** What the machine's own were set to by injected events: whether they are up. */
const changed = new Map<string, boolean>()
/** Those of the machine's own that an injected event has taken away. */
const gone = new Set<string>()

function attribute(name: string, file: string): string {
  try {
    return readFileSync(`${net}/${name}/${file}`, 'latin1').trim()
  } catch {
    return ''
  }
}

/** Whether the machine has a device of this name; a file of sysfs as bonding_masters is none. */
const isOwn = (name: string): boolean => dev_valid_name(name) && !gone.has(name) && attribute(name, 'ifindex') !== ''

function own(name: string): net_device {
  const flags = Number(attribute(name, 'flags') || 0)
  return {
    name,
    ifindex: Number(attribute(name, 'ifindex')),
    addr: Buffer.from(attribute(name, 'address').replaceAll(':', ''), 'hex'),
    up: changed.get(name) ?? (flags & IFF_UP) !== 0,
  }
}

function ownNames(): string[] {
  try {
    return readdirSync(net).filter(isOwn)
  } catch {
    return []
  }
}

/** All network devices, by their indices. */
export const for_each_netdev = (): net_device[] =>
  [...ownNames().map(own), ...injected.values()].sort((a, b) => a.ifindex - b.ifindex)

/** The network device of a name, or null. */
export const dev_get_by_name = (name: string): net_device | null =>
  injected.get(name) ?? (isOwn(name) ? own(name) : null)

/** Whether a device was injected, so that no other program sees it. */
export const isInjected = (ifindex: number): boolean => ifindex >= firstIndex && dev_get_by_index(ifindex) !== null

/** The network device of an index, or null. */
export const dev_get_by_index = (ifindex: number): net_device | null =>
  for_each_netdev().find((dev) => dev.ifindex === ifindex) ?? null

/** Where the indices of injected devices begin: beyond those that a machine has by then. */
const firstIndex = 1000
let lastIndex = firstIndex - 1

/** Adds a device of a name that is free. Its address is a locally administered one. */
export function register_netdevice(name: string): net_device {
  const ifindex = ++lastIndex
  const addr = Uint8Array.of(0x02, 0, 0, 0, (ifindex >> 8) & 0xff, ifindex & 0xff)
  const dev = { name, ifindex, addr, up: false }
  injected.set(name, dev)
  return dev
}

/** Takes a device away. One of the machine's own is hidden from scripts alone. */
export function unregister_netdevice(name: string): void {
  if (!injected.delete(name)) gone.add(name)
  changed.delete(name)
}

/** Sets whether a device is up. */
export function dev_setup(dev: net_device, up: boolean): void {
  dev.up = up
  if (!injected.has(dev.name)) changed.set(dev.name, up)
}

/** Whether a name may be a network device's: dev_valid_name. */
export const dev_valid_name = (name: string): boolean =>
  name !== '' && Buffer.byteLength(name) < 16 && name !== '.' && name !== '..' && !/[/:\s\0]/.test(name)
