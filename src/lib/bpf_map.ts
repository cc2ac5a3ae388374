// linux/bpf.h: maps, which a BPF program and scripts share. No program runs here: whoever injects makes them, writes and
// reads them (inject_map.ts). A map has a name as if it were pinned in a file system of type bpf.
import { E2BIG, EEXIST, EINVAL, ENOENT } from '../errno.js'

const BPF_NOEXIST = 1
const BPF_EXIST = 2

/** The types that scripts can open, by their names in bpftool: linux.bpf's numbers. */
export const bpf_map_types: Readonly<Record<string, number>> = { hash: 1, array: 2, lru_hash: 9, queue: 22, stack: 23 }

/** What a map is like. */
export interface bpf_attr {
  readonly map_type: string
  readonly key_size: number
  readonly value_size: number
  readonly max_entries: number
}

/** Keys and values as strings of bytes (latin1), so that a Map finds them. */
type Bytes = string

/** A map with keys. */
export interface bpf_hash {
  /**
   * The value; null for none.
   * @param uses whether it is the last that an LRU drops then, by default true
   */
  lookup(key: Bytes, uses?: boolean): Bytes | null
  /** Returns 0; -EINVAL for other flags, -EEXIST, -ENOENT as they ask for, -E2BIG. */
  update(key: Bytes, value: Bytes, flags: number): number
  /** Returns 0, -ENOENT; -EINVAL where nothing can be deleted. */
  delete(key: Bytes): number
  /** Whether `lookup` and `delete` can be done at once. */
  readonly removes: boolean
  /** The key after one, the first for null or one that isn't there; null for none. */
  next(key: Bytes | null): Bytes | null
}

/** A map without keys. */
export interface bpf_queue {
  /** Returns 0; -EINVAL for other flags than EXIST, -E2BIG where it is full. */
  push(value: Bytes, flags: number): number
  /** The next value, which stays; null for none. */
  peek(): Bytes | null
  pop(): Bytes | null
  /** All values, the next one first. */
  all(): readonly Bytes[]
}

/** Whether an update's flags are none of its own. */
const wrongFlags = (flags: number): boolean => flags < 0 || flags > BPF_EXIST || !Number.isInteger(flags)

class Hash implements bpf_hash {
  readonly removes = true
  readonly #values = new Map<Bytes, Bytes>()
  readonly #max: number
  readonly #lru: boolean
  /** Goes through the keys, and the one that it gave last. */
  #keys: Iterator<Bytes> | null = null
  #last: Bytes | null = null

  constructor({ max_entries, map_type }: bpf_attr) {
    this.#max = max_entries
    this.#lru = map_type === 'lru_hash'
  }

  lookup(key: Bytes, uses = true): Bytes | null {
    const value = this.#values.get(key) ?? null
    if (this.#lru && uses && value !== null) this.#use(key, value)
    return value
  }

  /** Has it be the last that is dropped. */
  #use(key: Bytes, value: Bytes): void {
    this.#values.delete(key)
    this.#values.set(key, value)
  }

  update(key: Bytes, value: Bytes, flags: number): number {
    if (wrongFlags(flags)) return -EINVAL
    const known = this.#values.has(key)
    if (known && flags === BPF_NOEXIST) return -EEXIST
    if (!known && flags === BPF_EXIST) return -ENOENT
    if (!known && this.#values.size >= this.#max) {
      const [oldest] = this.#values.keys()
      if (!this.#lru || oldest === undefined) return -E2BIG
      this.#values.delete(oldest)
    }
    if (this.#lru) this.#use(key, value)
    else this.#values.set(key, value)
    return 0
  }

  delete(key: Bytes): number {
    return this.#values.delete(key) ? 0 : -ENOENT
  }

  next(key: Bytes | null): Bytes | null {
    if (this.#keys === null || key !== this.#last || key === null) {
      this.#keys = this.#values.keys()
      if (key !== null && this.#values.has(key)) while (this.#keys.next().value !== key);
    }
    const { value, done } = this.#keys.next()
    this.#last = done ? null : value
    if (done) this.#keys = null
    return this.#last
  }
}

/** An array: each index is a key of 4 bytes, and has a value from the beginning. */
class Indexed implements bpf_hash {
  readonly removes = false
  readonly #values: Bytes[]

  constructor({ max_entries, value_size }: bpf_attr) {
    this.#values = new Array<Bytes>(max_entries).fill('\0'.repeat(value_size))
  }

  #index(key: Bytes): number {
    return Buffer.from(key, 'latin1').readUInt32LE()
  }

  lookup(key: Bytes): Bytes | null {
    return this.#values[this.#index(key)] ?? null
  }

  update(key: Bytes, value: Bytes, flags: number): number {
    if (wrongFlags(flags)) return -EINVAL
    const index = this.#index(key)
    if (index >= this.#values.length) return -E2BIG
    if (flags === BPF_NOEXIST) return -EEXIST
    this.#values[index] = value
    return 0
  }

  delete(): number {
    return -EINVAL
  }

  next(key: Bytes | null): Bytes | null {
    const index = key === null ? -1 : this.#index(key)
    const next = index >= this.#values.length ? 0 : index + 1
    if (next >= this.#values.length) return null
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(next)
    return bytes.toString('latin1')
  }
}

class Queue implements bpf_queue {
  readonly #values: Bytes[] = []
  readonly #max: number
  readonly #lifo: boolean

  constructor({ max_entries, map_type }: bpf_attr) {
    this.#max = max_entries
    this.#lifo = map_type === 'stack'
  }

  push(value: Bytes, flags: number): number {
    if (wrongFlags(flags) || flags === BPF_NOEXIST) return -EINVAL
    if (this.#values.length >= this.#max) {
      if (flags !== BPF_EXIST) return -E2BIG
      this.#values.shift()
    }
    this.#values.push(value)
    return 0
  }

  peek(): Bytes | null {
    return this.#values.at(this.#lifo ? -1 : 0) ?? null
  }

  pop(): Bytes | null {
    return (this.#lifo ? this.#values.pop() : this.#values.shift()) ?? null
  }

  all(): readonly Bytes[] {
    return this.#lifo ? this.#values.toReversed() : this.#values
  }
}

/** A map. */
export interface bpf_map extends bpf_attr {
  readonly of: bpf_hash | bpf_queue
}

/** Whether a map has no keys. */
export const bpf_isqueue = (of: bpf_hash | bpf_queue): of is bpf_queue => of instanceof Queue

/** The maps that are pinned, by their paths. */
const pinned = new Map<string, bpf_map>()

/** The map that is pinned at a path, or null. */
export const bpf_map_get = (path: string): bpf_map | null => pinned.get(path) ?? null

/** Makes a map and pins it at a path. Who holds one that was there keeps it. */
export function bpf_map_create(path: string, attr: bpf_attr): bpf_map {
  const classes = { array: Indexed, queue: Queue, stack: Queue } as const
  const cls = classes[attr.map_type as keyof typeof classes] ?? Hash
  const map: bpf_map = { ...attr, of: new cls(attr) }
  pinned.set(path, map)
  return map
}

/** Takes a map's pin away. Returns whether there was one. */
export const bpf_map_unpin = (path: string): boolean => pinned.delete(path)
