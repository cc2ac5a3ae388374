import t from 'tap'
import { decode_frames, encode_frames } from '../../src/lib/inject_frames.js'
import { framesOf } from '../../src/lib/inject_packet.js'

const hex = (frames: readonly Uint8Array[]) => frames.map((frame) => Buffer.from(frame).toString('hex'))

t.test('packets come out of a text as they went in', async (t) => {
  for (const frames of [[], [''], ['00'], ['45', '', 'ff00ff', 'ab'.repeat(70_000), '01']]) {
    const text = encode_frames(frames.map((frame) => Buffer.from(frame, 'hex')))
    t.strictSame(hex(decode_frames(text)), frames)
    t.strictSame(hex(framesOf({ frames: text }).frames), frames)
  }
  const text = encode_frames([Buffer.from('0102', 'hex')])
  t.equal(Buffer.from(text, 'base64').toString('hex'), '000000020102', 'each behind its length')
})

t.test('a text that ends within a packet says where', async (t) => {
  const text = (bytes: string) => Buffer.from(bytes, 'hex').toString('base64')
  for (const [bytes, at] of [
    ['00', 0],
    ['00000002ff', 0],
    ['00000001ff000000', 5],
    ['00000001ffffffffff', 5],
  ] as const)
    t.throws(() => decode_frames(text(bytes)), {
      name: 'InjectError',
      message: `the field 'frames' ends within a packet, at byte ${at}`,
    })
  t.throws(() => framesOf({ frames: ['x'] }), { message: /'frames' must be a string/ })
  t.throws(() => framesOf({ frames: '', hex: '00' }), { message: /give one packet/ })
})
