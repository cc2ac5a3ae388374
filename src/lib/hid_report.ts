// drivers/hid/hid-core.c: what a device's report descriptor says of its reports (USB HID 1.11, 6.2.2).

export const HID_INPUT_REPORT = 0

const HID_MAX_USAGES = 12288
const HID_MAX_FIELDS = 256
const HID_GLOBAL_STACK_SIZE = 4
const maxReportBits = (16384 - 1) << 3
const HID_COLLECTION_APPLICATION = 1

/** A report. */
export interface hid_report {
  readonly id: number
  /** 0 input, 1 output, 2 feature. */
  readonly type: number
  /** In bits, without its number. */
  size: number
  /** The usage of its application, as 0x10002 for a mouse. */
  readonly application: number
  /** How many fields it has. */
  maxfield: number
}

/** The reports of a type. */
export interface hid_report_enum {
  /** Whether each begins with its number. */
  numbered: boolean
  readonly reports: Map<number, hid_report>
}

interface Item {
  readonly long: boolean
  readonly size: number
  readonly type: number
  readonly tag: number
  readonly udata: number
  readonly sdata: number
  /** Where the next one is. */
  readonly next: number
}

/** The item at an offset; null where the bytes end within it. */
function fetch_item(rdesc: Uint8Array, at: number): Item | null {
  const head = rdesc[at]
  if (head === undefined) return null
  const type = (head >> 2) & 3
  const tag = head >> 4
  if (tag === 15) {
    const [size, long] = [rdesc[at + 1], rdesc[at + 2]]
    if (size === undefined || long === undefined || at + 3 + size > rdesc.length) return null
    return { long: true, size, type, tag: long, udata: 0, sdata: 0, next: at + 3 + size }
  }
  const size = [0, 1, 2, 4][head & 3] as number
  const next = at + 1 + size
  if (next > rdesc.length) return null
  let udata = 0
  for (let i = size; i > 0; i--) udata = udata * 256 + (rdesc[at + i] as number)
  const sdata = size === 0 ? 0 : (udata << (32 - 8 * size)) >> (32 - 8 * size)
  return { long: false, size, type, tag, udata, sdata, next }
}

interface Global {
  usage_page: number
  logical_minimum: number
  logical_maximum: number
  report_size: number
  report_id: number
  report_count: number
}

class Parser {
  readonly report_enum: hid_report_enum[] = [0, 1, 2].map(() => ({ numbered: false, reports: new Map() }))
  #global: Global = {
    usage_page: 0,
    logical_minimum: 0,
    logical_maximum: 0,
    report_size: 0,
    report_id: 0,
    report_count: 0,
  }
  readonly #stack: Global[] = []
  readonly #collections: { readonly type: number; readonly usage: number }[] = []
  /** What is told since the last main item: its first usage with the size of that, and how many there are. */
  #usage = 0
  #usageSize = 0
  #usages = 0
  #usageMinimum = 0
  #branches = 0
  delimiters = 0

  get openCollections(): number {
    return this.#collections.length
  }

  /** Takes an item. Returns what is wrong with it, or null. */
  take(item: Item): string | null {
    switch (item.type) {
      case 0: {
        const wrong = this.#main(item)
        this.#usage = this.#usageSize = this.#usages = this.#usageMinimum = this.#branches = this.delimiters = 0
        return wrong
      }
      case 1:
        return this.#setGlobal(item)
      case 2:
        return this.#local(item)
      default:
        return null
    }
  }

  /** The first usage, of the page that was told last where it has none. */
  #firstUsage(): number {
    if (this.#usages === 0) return 0
    const page = this.#usageSize <= 2 ? this.#global.usage_page * 0x10000 : 0
    return page + this.#usage
  }

  #main({ tag, udata }: Item): string | null {
    switch (tag) {
      case 8:
      case 9:
      case 11:
        return this.#field({ 8: 0, 9: 1, 11: 2 }[tag] as number)
      case 10:
        this.#collections.push({ type: udata & 0xff, usage: this.#firstUsage() })
        return null
      case 12:
        return this.#collections.pop() === undefined ? 'collection stack underflow' : null
      default:
        return null
    }
  }

  #field(type: number): string | null {
    const { logical_minimum: min, logical_maximum: max, report_size, report_count, report_id: id } = this.#global
    const report = this.#report(type, id)
    if (min < 0 ? max < min : max >>> 0 < min)
      return `logical range invalid 0x${(min >>> 0).toString(16)} 0x${(max >>> 0).toString(16)}`
    report.size += report_size * report_count
    if (report.size > maxReportBits) return 'report is too long'
    // What has no usage fills up.
    if (this.#usages > 0 && report.maxfield < HID_MAX_FIELDS) report.maxfield++
    return null
  }

  #report(type: number, id: number): hid_report {
    const of = this.report_enum[type] as hid_report_enum
    const known = of.reports.get(id)
    if (known !== undefined) return known
    const application =
      this.#collections.findLast((collection) => collection.type === HID_COLLECTION_APPLICATION)?.usage ?? 0
    const report: hid_report = { id, type, size: 0, application, maxfield: 0 }
    of.reports.set(id, report)
    if (id !== 0) of.numbered = true
    return report
  }

  #setGlobal({ tag, udata, sdata }: Item): string | null {
    const global = this.#global
    switch (tag) {
      case 0:
        global.usage_page = udata
        return null
      case 1:
        global.logical_minimum = sdata
        return null
      case 2:
        global.logical_maximum = global.logical_minimum < 0 ? sdata : udata
        return null
      case 3:
      case 4:
      case 5:
      case 6:
        return null
      case 7:
        global.report_size = udata
        return udata > 256 ? `invalid report_size ${udata}` : null
      case 8:
        global.report_id = udata
        return udata === 0 || udata > 255 ? `report_id ${udata} is invalid` : null
      case 9:
        global.report_count = udata
        return udata > HID_MAX_USAGES ? `invalid report_count ${udata}` : null
      case 10:
        if (this.#stack.length === HID_GLOBAL_STACK_SIZE) return 'global environment stack overflow'
        this.#stack.push({ ...global })
        return null
      case 11: {
        const popped = this.#stack.pop()
        if (popped === undefined) return 'global environment stack underflow'
        this.#global = popped
        return null
      }
      default:
        return `unknown global tag 0x${tag.toString(16)}`
    }
  }

  #local({ tag, udata, size }: Item): string | null {
    // Of alternatives the first counts.
    if (tag !== 10 && this.#branches > 1) return null
    switch (tag) {
      case 0:
        return this.#addUsages(udata, size, 1)
      case 1:
        this.#usageMinimum = udata
        return null
      case 2:
        return this.#addUsages(this.#usageMinimum, size, udata - this.#usageMinimum + 1)
      case 10:
        if (udata !== 0) {
          if (this.delimiters !== 0) return 'nested delimiters'
          this.delimiters++
          this.#branches++
        } else {
          if (this.delimiters < 1) return 'bogus close delimiter'
          this.delimiters--
        }
        return null
      default:
        return null
    }
  }

  #addUsages(first: number, size: number, n: number): string | null {
    if (n <= 0) return null
    if (this.#usages >= HID_MAX_USAGES - 1) return 'usage index exceeded'
    if (this.#usages === 0) {
      this.#usage = first
      this.#usageSize = size
    }
    this.#usages = Math.min(this.#usages + n, HID_MAX_USAGES - 1)
    return null
  }
}

/**
 * Parses a report descriptor: hid_open_report.
 * @returns the reports by type, or what the kernel logs against it, a line or two
 */
export function hid_open_report(rdesc: Uint8Array): readonly hid_report_enum[] | readonly string[] {
  const parser = new Parser()
  for (let at = 0; ; ) {
    const item = fetch_item(rdesc, at)
    if (item === null) return [`item fetching failed at offset ${at}/${rdesc.length}`]
    if (item.long) return ['unexpected long global item']
    const wrong = parser.take(item)
    if (wrong !== null) return [wrong, `item 0 ${item.size} ${item.type} ${item.tag} parsing failed`]
    at = item.next
    if (at < rdesc.length) continue
    if (parser.openCollections > 0) return ['unbalanced collection at end of report description']
    if (parser.delimiters > 0) return ['unbalanced delimiter at end of report description']
    return parser.report_enum
  }
}
