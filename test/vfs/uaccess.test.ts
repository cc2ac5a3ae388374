import t from 'tap'
import {
  borrow,
  copy_from_user,
  copy_to_user,
  lend_to_user,
  set_user_memory,
  take_lent,
  user_memory,
} from '../../src/vfs/uaccess.js'

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

t.test('memory that threads share is copied as other memory is, in pieces of whatever length', async (t) => {
  const shared = new Uint8Array(new SharedArrayBuffer(20_000))
  const plain = new Uint8Array(20_000)
  for (let i = 0; i < 5300; i += 7) {
    const n = i + 1
    shared.fill(1)
    plain.fill(2)
    copy_to_user(plain.subarray(i), shared, n)
    if (plain.indexOf(1) !== i || plain.lastIndexOf(1) !== i + n - 1) t.fail(`${i}: from it`)
    plain.fill(3, 0, n)
    copy_from_user(shared.subarray(i), plain, n)
    if (shared.indexOf(3) !== i || shared.lastIndexOf(3) !== i + n - 1) t.fail(`${i}: to it`)
  }
  for (let i = 0; i < shared.length; i++) shared[i] = i >> 3
  const before = shared.slice(0, 10_000)
  copy_to_user(shared.subarray(4), shared, 10_000)
  t.strictSame(shared.subarray(4, 10_004), before, 'onto themselves')
})
t.test('a driver lends to the transport that borrows, and copies for others', async (t) => {
  const buf = bytes(9, 9, 9)
  t.equal(lend_to_user(buf, bytes(1, 2), 2), 0)
  t.strictSame(buf, bytes(1, 2, 9), 'nobody borrows')
  borrow(buf)
  const other = bytes(9, 9, 9)
  lend_to_user(other, bytes(3, 4), 2)
  t.strictSame(other, bytes(3, 4, 9), 'another buffer')
  const from = bytes(5, 6, 7)
  t.equal(lend_to_user(buf, from, 2), 0)
  t.strictSame(buf, bytes(1, 2, 9))
  const lent = take_lent()
  t.strictSame(lent, bytes(5, 6))
  t.equal(lent?.buffer, from.buffer, 'the bytes themselves')
  t.equal(take_lent(), null)
  t.equal(lend_to_user(buf, from, 3), 0)
  t.strictSame(buf, from, 'it was taken before')
})
t.test('what can’t be copied isn’t lent, nor are no bytes', async (t) => {
  const buf = bytes(9)
  borrow(buf)
  t.equal(lend_to_user(buf, bytes(1, 2), 2), 2)
  t.equal(lend_to_user(buf, bytes(), 1), 1)
  t.equal(lend_to_user(buf, bytes(1), 0), 0)
  t.not(lend_to_user(buf, bytes(1), NaN), 0)
  t.equal(take_lent(), null)
  t.strictSame(buf, bytes(9))
})
t.test('a transport’s memory is what the drivers’ language gives, or any', async (t) => {
  t.teardown(() => set_user_memory(() => null))
  t.strictSame(user_memory(3), bytes(0, 0, 0))
  const own = bytes(1, 2)
  set_user_memory((size) => (size === 2 ? own : null))
  t.equal(user_memory(2), own)
  t.equal(user_memory(5).length, 5)
})
