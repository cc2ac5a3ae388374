import t from 'tap'
import { copy_from_user, copy_to_user } from '../../src/vfs/uaccess.js'

const bytes = (...values: number[]) => Uint8Array.from(values)

/** A request's buffer after the request was answered. */
function detached(): Uint8Array {
  const buf = bytes(1, 2, 3)
  structuredClone(buf, { transfer: [buf.buffer] })
  return buf
}

t.test('n bytes are copied, the others stay', async (t) => {
  const to = bytes(9, 9, 9)
  t.equal(copy_to_user(to, bytes(1, 2, 3, 4), 2), 0)
  t.strictSame(to, bytes(1, 2, 9))
  t.equal(copy_from_user(to, bytes(5, 6, 7), 3), 0)
  t.strictSame(to, bytes(5, 6, 7))
  t.equal(copy_to_user(to, bytes(8), 0), 0)
  t.strictSame(to, bytes(5, 6, 7))
})
t.test('a shorter source may fill the front of a longer target', async (t) => {
  const to = bytes(9, 9, 9)
  t.equal(copy_to_user(to, bytes(1, 2), 2), 0)
  t.strictSame(to, bytes(1, 2, 9))
})
t.test('a byte more than either side has copies nothing, and counts all', async (t) => {
  const to = bytes(9, 9)
  t.equal(copy_to_user(to, bytes(1, 2, 3), 3), 3)
  t.equal(copy_from_user(to, bytes(1), 2), 2)
  t.strictSame(to, bytes(9, 9))
})
t.test('a buffer whose request was answered is a bad pointer, on both sides', async (t) => {
  t.equal(copy_to_user(detached(), bytes(1, 2), 2), 2)
  const to = bytes(9)
  t.equal(copy_from_user(to, detached(), 1), 1)
  t.strictSame(to, bytes(9))
})
t.test('no bytes are copied from and to anything', async (t) => {
  t.equal(copy_to_user(detached(), bytes(), 0), 0)
  t.equal(copy_to_user(detached(), bytes(1), 0), 0)
  t.equal(copy_from_user(bytes(), detached(), 0), 0)
})
t.test('what is no count copies nothing, and is no success', async (t) => {
  for (const n of [-1, -Infinity, Infinity, NaN]) {
    const to = bytes(9, 9)
    t.not(copy_to_user(to, bytes(1, 2), n), 0, `${n}`)
    t.strictSame(to, bytes(9, 9))
  }
})
