// Many packets as one text, for events: their bytes one after another, each behind its length, a word of 32 bits in
// network byte order; all in base64. To encode each by itself takes as long as a short filter.
import { InjectError } from './inject_event.js'

const WORD = 4

/** Where the text's bytes are put together. */
let room = Buffer.alloc(0)

/** Makes the text. */
export function encode_frames(frames: readonly Uint8Array[]): string {
  const size = frames.reduce((sum, { length }) => sum + WORD + length, 0)
  if (room.length < size) room = Buffer.alloc(2 * size)
  const all = room
  let at = 0
  for (const frame of frames) {
    at = all.writeUInt32BE(frame.length, at)
    all.set(frame, at)
    at += frame.length
  }
  return all.toString('base64', 0, at)
}

/** The packets of such a text. Throws an InjectError for one that ends within a packet. */
export function decode_frames(text: string): Uint8Array[] {
  const { buffer, byteOffset, length } = Buffer.from(text, 'base64')
  const words = new DataView(buffer, byteOffset, length)
  const frames = []
  for (let at = 0; at < length; ) {
    const size = at + WORD <= length ? words.getUint32(at) : length
    if (size > length - at - WORD) throw new InjectError(`the field 'frames' ends within a packet, at byte ${at}`)
    frames.push(new Uint8Array(buffer, byteOffset + at + WORD, size))
    at += WORD + size
  }
  return frames
}
