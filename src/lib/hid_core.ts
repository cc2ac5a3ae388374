// linux/hid.h: the bus of HID devices, and the drivers of scripts. Devices are injected, and so are their reports.
import { EINVAL } from '../errno.js'
import { printk } from '../printk.js'
import type { task_struct } from '../sched.js'
import { HID_INPUT_REPORT, hid_open_report, type hid_report, type hid_report_enum } from './hid_report.js'
import type { Deed } from './hooks.js'

export const HID_BUS_ANY = 0xffff
export const HID_GROUP_ANY = 0
export const HID_GROUP_GENERIC = 1
export const HID_ANY_ID = 0xffff_ffff

/** An entry of a driver's id_table. One whose bus is 0 ends the table. */
export interface hid_device_id {
  bus: number
  group: number
  vendor: number
  product: number
  driver_data: number | bigint
}

/** Which device one is. */
export interface hid_identity {
  readonly bus: number
  readonly group: number
  readonly vendor: number
  readonly product: number
  readonly version: number
  readonly name: string
}

/** Whom a callback is for, and where it tells what it did. */
export interface Telling {
  readonly task: task_struct
  readonly deeds: Deed[]
}

/** A driver. Its callbacks return 0, or a negative errno. */
export interface hid_driver {
  readonly name: string
  readonly id_table: readonly hid_device_id[]
  probe(hdev: hid_device, id: hid_device_id, to: Telling): Promise<number>
  /** Changes the descriptor's bytes in place. */
  report_fixup(hdev: hid_device, rdesc: Uint8Array, to: Telling): Promise<number>
  /** Changes the report's bytes in place. */
  raw_event(hdev: hid_device, report: hid_report, data: Uint8Array, to: Telling): Promise<number>
}

/** The driver that takes what no other wants. */
const hid_generic = 'hid-generic'

const drivers: hid_driver[] = []
/** One more with each driver that comes or goes: then devices may get another. */
let generation = 0

/** Returns whether there was none of this name. */
export function hid_register_driver(driver: hid_driver): boolean {
  if (driver.name === hid_generic || drivers.some(({ name }) => name === driver.name)) return false
  drivers.push(driver)
  generation++
  return true
}

export function hid_unregister_driver(driver: hid_driver): void {
  const at = drivers.indexOf(driver)
  if (at >= 0) drivers.splice(at, 1)
  generation++
}

/** The entry that a driver has for a device. */
function hid_match_id(of: hid_identity, { id_table }: hid_driver): hid_device_id | null {
  for (const id of id_table) {
    if (id.bus === 0) break
    if (
      (id.bus === HID_BUS_ANY || id.bus === of.bus) &&
      (id.group === HID_GROUP_ANY || id.group === of.group) &&
      (id.vendor === HID_ANY_ID || id.vendor === of.vendor) &&
      (id.product === HID_ANY_ID || id.product === of.product)
    )
      return id
  }
  return null
}

/** The drivers that want a device, the oldest first. */
export const hid_drivers_of = (of: hid_identity): hid_driver[] =>
  drivers.filter((driver) => hid_match_id(of, driver) !== null)

const hex4 = (n: number) => n.toString(16).toUpperCase().padStart(4, '0')

let lastId = 0

/** A device that is connected. */
export class hid_device {
  /** Its number in its name, `0003:2717:5014.0001`. */
  readonly number = ++lastId
  /** The driver that has it; null for none. */
  driver: hid_driver | typeof hid_generic | null = null
  /** The descriptor, as its driver has fixed it. */
  rdesc: Uint8Array
  #report_enum: readonly hid_report_enum[] = []
  #generation = -1

  constructor(
    readonly of: hid_identity,
    readonly dev_rdesc: Uint8Array,
  ) {
    this.rdesc = dev_rdesc
  }

  get driverName(): string | null {
    return typeof this.driver === 'string' ? this.driver : (this.driver?.name ?? null)
  }

  get dev_name(): string {
    const { bus, vendor, product } = this.of
    return `${hex4(bus)}:${hex4(vendor)}:${hex4(product)}.${hex4(this.number)}`
  }

  /** Logs an error: hid_err. */
  err(message: string): void {
    printk('err', `${this.driverName ?? 'hid'} ${this.dev_name}: ${message}`)
  }

  /** Gives it a driver, where it has none that stays: the first whose probe takes it. */
  async attach(to: Telling): Promise<void> {
    if (this.#generation === generation) return
    this.#generation = generation
    if (this.driver !== null && this.driver !== hid_generic && drivers.includes(this.driver as hid_driver)) return
    const wanted = hid_drivers_of(this.of)
    for (const driver of wanted) {
      this.driver = driver
      const ret = await this.#probe(driver, hid_match_id(this.of, driver) as hid_device_id, to)
      if (ret === 0) return
      this.driver = null
      printk('warn', `${driver.name}: probe of ${this.dev_name} failed with error ${ret}`)
    }
    this.driver = wanted.length === 0 ? hid_generic : null
    if (this.driver !== null && this.#open(this.dev_rdesc) !== 0) this.driver = null
  }

  async #probe(driver: hid_driver, id: hid_device_id, to: Telling): Promise<number> {
    const ret = await driver.probe(this, id, to)
    if (ret !== 0) return ret
    const rdesc = new Uint8Array(this.dev_rdesc)
    await driver.report_fixup(this, rdesc, to)
    return this.#open(rdesc)
  }

  #open(rdesc: Uint8Array): number {
    this.rdesc = rdesc
    const parsed = hid_open_report(rdesc)
    const [first] = parsed
    if (typeof first !== 'string') {
      this.#report_enum = parsed as readonly hid_report_enum[]
      return 0
    }
    for (const line of parsed) this.err(line as string)
    return -EINVAL
  }

  /**
   * Takes a report from the device, whose bytes its driver may change: hid_input_report.
   * @returns why it goes no further, or null
   */
  async input(data: Uint8Array, to: Telling): Promise<string | null> {
    const { driver } = this
    if (driver === null) return 'the device has no driver'
    const { numbered, reports } = this.#report_enum[HID_INPUT_REPORT] as hid_report_enum
    const id = numbered ? (data[0] ?? 0) : 0
    const report = reports.get(id)
    if (report === undefined)
      return numbered ? `the descriptor has no input report ${id}` : 'the descriptor has no input report'
    if (typeof driver === 'string') return null
    const ret = await driver.raw_event(this, report, data, to)
    return ret < 0 ? 'its driver failed' : null
  }
}
