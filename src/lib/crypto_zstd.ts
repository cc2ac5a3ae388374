// RFC 8878's frames of zstd, of which Node takes the part that there is for the whole.

const magic = 0xfd2fb528
/** Frames of other programs' data, which are left out. */
const skippable = 0x184d2a50
/** How many bytes the content's size and the dictionary's number have, by their flags. */
const sizes = [0, 2, 4, 8]
const dictionaries = [0, 1, 2, 4]
/** The type of a block that is one byte, repeated. */
const repeated = 1

/** Where the frame at `at` ends; -1 where it doesn't, or there is none. */
function frameEnd(data: Buffer, at: number): number {
  if (at + 5 > data.length) return -1
  const first = data.readUInt32LE(at)
  if ((first & ~0xf) >>> 0 === skippable) return at + 8 > data.length ? -1 : at + 8 + data.readUInt32LE(at + 4)
  if (first !== magic) return -1
  const flags = data[at + 4] as number
  const single = (flags & 0x20) !== 0
  const size = single ? Math.max(1, sizes[flags >> 6] as number) : (sizes[flags >> 6] as number)
  let end = at + 5 + (single ? 0 : 1) + (dictionaries[flags & 3] as number) + size
  for (let last = false; !last; ) {
    if (end + 3 > data.length) return -1
    const header = data.readUIntLE(end, 3)
    last = (header & 1) === 1
    end += 3 + (((header >> 1) & 3) === repeated ? 1 : header >> 3)
  }
  return flags & 4 ? end + 4 : end
}

/** Whether data are whole frames, at least one, and nothing else. */
export function zstd_is_whole(bytes: Uint8Array): boolean {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let end = 0
  do end = frameEnd(data, end)
  while (end >= 0 && end < data.length)
  return end === data.length
}
