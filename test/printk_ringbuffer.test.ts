import t from 'tap'
import { PrintkRingbuffer } from '../src/printk_ringbuffer.js'

/** A ring of at most `max` bytes with these lines. */
function ring(max: number, ...lines: string[]): PrintkRingbuffer {
  const rb = new PrintkRingbuffer(max)
  for (const line of lines) rb.store(Buffer.from(line))
  return rb
}

/** Up to `len` bytes at `pos`. */
function read(rb: PrintkRingbuffer, pos: number, len = 100): string {
  const buf = Buffer.alloc(len)
  return buf.toString('latin1', 0, rb.read(pos, buf))
}

t.test('an empty ring begins and ends at 0', async (t) => {
  const rb = ring(10)
  t.strictSame([rb.tail, rb.head, read(rb, 0)], [0, 0, ''])
})
t.test('a read begins and ends anywhere in the lines', async (t) => {
  const rb = ring(100, 'one\n', 'two\n', 'three\n')
  t.equal(read(rb, 0), 'one\ntwo\nthree\n')
  t.equal(read(rb, 2, 4), 'e\ntw')
  t.equal(read(rb, 4, 1), 't')
  t.equal(read(rb, 13), '\n')
  t.equal(read(rb, 14), '')
})
t.test('the oldest lines go, whole ones, and positions go on', async (t) => {
  const rb = ring(10, 'one\n', 'two\n', 'three\n')
  t.strictSame([rb.tail, rb.head, read(rb, 4)], [4, 14, 'two\nthree\n'])
})
t.test('a line longer than the ring is not kept', async (t) => {
  const rb = ring(10, 'one\n', 'twelve bytes')
  t.strictSame([rb.tail, rb.head, read(rb, 16)], [16, 16, ''])
})
t.test('many lines', async (t) => {
  const rb = ring(1000)
  for (let n = 0; n < 10_000; n++) rb.store(Buffer.from(`${String(n).padStart(9)}\n`))
  t.strictSame([rb.tail, rb.head], [99_000, 100_000])
  t.match(read(rb, rb.tail, 2000), /^ {5}9900\n(.*\n){98} {5}9999\n$/)
})
