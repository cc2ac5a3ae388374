// HID devices and their reports, for the drivers of scripts.
import { HID_GROUP_GENERIC, hid_device, hid_drivers_of, type Telling } from './hid_core.js'
import { type Fields, hexBytes, InjectError, integer, type Kind, text, texts } from './inject_event.js'

const BUS_USB = 3

/** The devices that stay connected, by their numbers. */
const connected = new Map<number, hid_device>()

/** What says which device one is, but for `id`. */
const identity = ['name', 'bus', 'vendor', 'product', 'version', 'group', 'descriptor']

/** The device that an event has: one that was kept, or a new one. */
function deviceOf(fields: Fields): hid_device {
  if (fields.id !== undefined) {
    const wrong = identity.find((name) => fields[name] !== undefined)
    if (wrong !== undefined) throw new InjectError(`'id' says which device it is: leave out '${wrong}'`)
    const id = integer(fields, 'id', 0, Number.MAX_SAFE_INTEGER)
    const known = connected.get(id)
    if (known === undefined) throw new InjectError(`there is no HID device ${id}: 'keep' has one stay`)
    return known
  }
  const of = {
    bus: integer(fields, 'bus', 0, 0xffff, BUS_USB),
    group: integer(fields, 'group', 0, 0xffff, HID_GROUP_GENERIC),
    vendor: integer(fields, 'vendor', 0, 0xffff_ffff),
    product: integer(fields, 'product', 0, 0xffff_ffff),
    version: integer(fields, 'version', 0, 0xffff_ffff, 0),
    name: text(fields, 'name', ''),
  }
  return new hid_device(of, hexBytes(text(fields, 'descriptor'), "the field 'descriptor'"))
}

/** Gives a device a report. Returns what came of it. */
async function input(hdev: hid_device, given: Uint8Array, to: Telling): Promise<Fields> {
  const data = new Uint8Array(given)
  const dropped = await hdev.input(data, to)
  const changed = Buffer.compare(given, data) !== 0
  return {
    ...(changed ? { changed: Buffer.from(data).toString('hex') } : null),
    ...(dropped === null ? null : { dropped }),
  }
}

export const hid: Kind = {
  fields: [...identity, 'reports', 'keep', 'id'],
  hooks: () => 0,
  inject: async (fields, task, deeds) => {
    const reports = texts(fields, 'reports').map((report, i) => hexBytes(report, `report ${i + 1}`))
    const hdev = deviceOf(fields)
    const to = { task, deeds }
    const hooks = hid_drivers_of(hdev.of).length
    await hdev.attach(to)
    const results: Fields[] = []
    for (const report of reports) results.push(await input(hdev, report, to))
    if (fields.keep === true) connected.set(hdev.number, hdev)
    else connected.delete(hdev.number)
    const fixed = Buffer.compare(hdev.rdesc, hdev.dev_rdesc) !== 0
    return {
      hooks,
      device: hdev.dev_name,
      ...(fields.keep === true ? { id: hdev.number } : null),
      driver: hdev.driverName,
      ...(fixed ? { descriptor: Buffer.from(hdev.rdesc).toString('hex') } : null),
      reports: results,
    }
  },
}
