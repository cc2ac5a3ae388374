import t from 'tap'
import { zstd_is_whole } from '../../src/lib/crypto_zstd.js'

// 100 alphabets, as zstdCompressSync of Node 22 gives them; and 150,000 times 'x' as its stream does, with a checksum.
const sized = Buffer.from(
  '28b52ffd602809150100d06162636465666768696a6b6c6d6e6f707172737475767778797a01002ea8fd3906',
  'hex',
)
const checked = Buffer.from('28b52ffd04585400001078780100fbff39c002834f0278cb58c394', 'hex')
const skipped = Buffer.from('502a4d1803000000616263', 'hex')

t.test('a frame is whole with its last block and its checksum', async (t) => {
  const frames = [sized, checked, skipped]
  for (const frame of frames) {
    t.ok(zstd_is_whole(frame))
    for (let n = 0; n < frame.length; n++) t.notOk(zstd_is_whole(frame.subarray(0, n)), `${n} of ${frame.length} bytes`)
    t.notOk(zstd_is_whole(Buffer.concat([frame, Buffer.from('junk')])))
  }
  t.ok(zstd_is_whole(Buffer.concat(frames)))
  t.notOk(zstd_is_whole(Buffer.from('no frame')))
})
