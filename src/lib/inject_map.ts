// Maps of BPF, as a BPF program or bpftool would make, write and read them.
import { posix } from 'node:path'
import {
  type bpf_hash,
  bpf_isqueue,
  type bpf_map,
  bpf_map_create,
  bpf_map_get,
  bpf_map_types,
  bpf_map_unpin,
} from './bpf_map.js'
import { type Fields, hexBytes, InjectError, integer, type Kind, text, texts } from './inject_event.js'

const maxEntries = 1 << 20
const maxValue = 1 << 16
const maxKey = 512
/** How large a map may be, and what an entry takes beside its key and its value, in bytes. */
const mapBytes = 64 << 20
const entryBytes = 64

const names = Object.keys(bpf_map_types)

/** The map that an event makes. */
function make(path: string, fields: Fields): bpf_map {
  const map_type = text(fields, 'type')
  if (!names.includes(map_type)) throw new InjectError(`no map of type '${map_type}': ${names.join(', ')}`)
  if (bpf_map_get(path) !== null) throw new InjectError(`there is a map at ${path}: 'unpin' takes it away`)
  const keyless = map_type === 'queue' || map_type === 'stack'
  const fixed = keyless ? 0 : map_type === 'array' ? 4 : null
  const key_size = fixed ?? integer(fields, 'key', 1, maxKey)
  if (fixed !== null && fields.key !== undefined && integer(fields, 'key', 0, maxKey) !== fixed)
    throw new InjectError(`the keys of a map of type ${map_type} have ${fixed} bytes`)
  const value_size = integer(fields, 'value', 1, maxValue)
  const max_entries = integer(fields, 'entries', 1, maxEntries)
  if ((key_size + value_size + entryBytes) * max_entries > mapBytes)
    throw new InjectError('a map of more than 64 MiB is too large')
  return bpf_map_create(path, { map_type, key_size, value_size, max_entries })
}

/** Bytes of a map, of hexadecimal digits. */
function bytesOf(given: string, size: number, what: string): string {
  const bytes = hexBytes(given, what)
  if (bytes.length !== size) throw new InjectError(`${what} of this map has ${size} bytes, not ${bytes.length}`)
  return bytes.toString('latin1')
}

/** Does one of `set`: `KEY=VALUE`, or for a queue `VALUE`. */
function set({ of, key_size, value_size }: bpf_map, given: string): void {
  if (bpf_isqueue(of)) {
    if (of.push(bytesOf(given, value_size, 'a value'), 0) < 0) throw new InjectError('the map is full')
    return
  }
  const [key, value, ...more] = given.split('=')
  if (key === undefined || value === undefined || more.length > 0)
    throw new InjectError(`an entry is KEY=VALUE, both in hexadecimal digits, not ${given}`)
  const ret = of.update(bytesOf(key, key_size, 'a key'), bytesOf(value, value_size, 'a value'), 0)
  if (ret < 0) throw new InjectError('the map is full, or has no such index')
}

const hex = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('hex')

/** A map's entries: of an array those that are not zero. */
function* entries(of: bpf_hash, isArray: boolean): Generator<string> {
  for (let key = of.next(null); key !== null; key = of.next(key)) {
    const value = of.lookup(key, false)
    if (value !== null && !(isArray && /^\0*$/.test(value))) yield `${hex(key)}=${hex(value)}`
  }
}

export const map: Kind = {
  fields: ['path', 'type', 'key', 'value', 'entries', 'set', 'delete', 'unpin'],
  // No hook hears of a map: it is there for them.
  hooks: () => 1,
  inject: async (fields) => {
    const path = posix.normalize(text(fields, 'path'))
    if (!path.startsWith('/')) throw new InjectError(`a map has a path from the root on, as /sys/fs/bpf/${path}`)
    const made = fields.type === undefined ? bpf_map_get(path) : make(path, fields)
    if (made === null) throw new InjectError(`there is no map at ${path}: its 'type' makes one`)
    const { of, map_type, key_size, value_size, max_entries } = made
    for (const given of texts(fields, 'set')) set(made, given)
    for (const key of texts(fields, 'delete')) {
      if (bpf_isqueue(of)) throw new InjectError('a queue has no keys to delete')
      if (of.delete(bytesOf(key, key_size, 'a key')) < 0) throw new InjectError(`the key ${key} can't be deleted`)
    }
    if (fields.unpin === true) bpf_map_unpin(path)
    const all = bpf_isqueue(of) ? of.all().map(hex) : [...entries(of, map_type === 'array')]
    return { path, type: map_type, key: key_size, value: value_size, entries: max_entries, has: all }
  },
}
