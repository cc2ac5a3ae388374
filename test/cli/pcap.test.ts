// Files of captured packets, classic and pcapng, in both byte orders.
// variants: default
import t from 'tap'
import { pcapHeader, pcapRecord, readPcap } from '../../src/cli/pcap.js'

const read = (file: Buffer) =>
  [...readPcap(file, 'f')].map(({ linktype, time, bytes }) => [linktype, time, Buffer.from(bytes).toString('hex')])

/** Words of 32 bits and bytes as hexadecimal digits, in a byte order. */
const words = (big: boolean, ...parts: (number | string)[]) =>
  Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'hex')
      const word = Buffer.alloc(4)
      if (big) word.writeUInt32BE(part)
      else word.writeUInt32LE(part)
      return word
    }),
  )

/** A block of pcapng. */
const block = (big: boolean, type: number, ...parts: (number | string)[]) => {
  const body = words(big, ...parts)
  return Buffer.concat([words(big, type, body.length + 12), body, words(big, body.length + 12)])
}

t.test('pcap', async (t) => {
  const written = Buffer.concat([
    pcapHeader(101),
    pcapRecord(1_500_000_001n, Buffer.from('aabbcc', 'hex')),
    pcapRecord(0n, Buffer.alloc(0)),
  ])
  t.strictSame(read(written), [
    [101, 1_500_000_001n, 'aabbcc'],
    [101, 0n, ''],
  ])
  for (const big of [true, false]) {
    const file = words(big, 0xa1b2c3d4, big ? '00020004' : '02000400', 0, 0, 65535, 1, 7, 3, 2, 9, 'beef')
    t.strictSame(read(file), [[1, 7_000_003_000n, 'beef']])
    t.throws(() => read(file.subarray(0, -1)), { message: 'f: it ends within a packet, at byte 24' })
    t.throws(() => read(file.subarray(0, 30)), { message: 'f: it ends within a packet, at byte 24' })
    t.throws(() => read(file.subarray(0, 10)), { message: /ends within/ })
  }
})

t.test('pcapng', async (t) => {
  for (const big of [true, false]) {
    const order = words(big, 0x1a2b3c4d)
    const shb = Buffer.concat([
      words(big, 0x0a0d0d0a, 28),
      order,
      words(big, big ? '00010000' : '01000000', 'ffffffffffffffff', 28),
    ])
    const ethernet = block(big, 1, big ? '00010000' : '01000000', 0)
    const nano = block(big, 1, big ? '00650000' : '65000000', 0, big ? '0009000109000000' : '0900010009000000', 0)
    const file = Buffer.concat([
      shb,
      ethernet,
      nano,
      block(big, 6, 0, 0, 5, 3, 3, 'aabbcc00'),
      block(big, 6, 1, 1, 0, 2, 2, 'dddd0000'),
      block(big, 0x0bad, 'ffffffff'),
      block(big, 3, 4, '01020304'),
    ])
    t.strictSame(read(file), [
      [1, 5000n, 'aabbcc'],
      [101, 0x1_0000_0000n, 'dddd'],
      [1, 0n, '01020304'],
    ])
    t.throws(() => read(Buffer.concat([shb, block(big, 6, 0, 0, 0, 0, 0)])), { message: /a packet of no interface/ })
    t.throws(() => read(Buffer.concat([shb, ethernet, block(big, 6, 0, 0, 0, 99, 99, '00000000')])), {
      message: /ends within/,
    })
    t.throws(() => read(Buffer.concat([shb, words(big, 1, 3, 3)])), { message: /a pcapng block of 3 bytes/ })
    t.throws(() => read(Buffer.concat([shb, words(big, 1, 400, 3)])), { message: /ends within/ })
    t.throws(() => read(Buffer.concat([shb, block(big, 1)])), { message: /ends within/ })
  }
  t.throws(() => read(Buffer.from('0a0d0d0a1c00000000000000', 'hex')), { message: /no pcapng section/ })
})

t.test('what is neither, and any bytes', async (t) => {
  t.throws(() => read(Buffer.from('hello')), { message: 'f: no pcap and no pcapng file, by its first bytes' })
  t.throws(() => read(Buffer.alloc(0)), { message: /no pcap/ })
  const seed = Buffer.concat([pcapHeader(1), pcapRecord(1n, Buffer.alloc(20))])
  for (let i = 0; i < seed.length; i++) {
    for (const value of [0, 255]) {
      const changed = Buffer.from(seed)
      changed[i] = value
      try {
        read(changed)
      } catch (e) {
        t.equal((e as Error).name, 'UserError', `byte ${i}`)
      }
    }
  }
})
