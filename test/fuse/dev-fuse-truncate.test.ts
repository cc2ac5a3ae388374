import t from 'tap'
import { Truncations } from '../../src/fuse/dev-fuse-truncate.js'

t.test('a thread may set the size of what it has just opened, once, until it uses it', async (t) => {
  const truncations = new Truncations()
  truncations.used(1)
  t.notOk(truncations.isOpen(1, 5))
  truncations.opened(1, 5)
  truncations.opened(2, 6)
  t.notOk(truncations.isOpen(2, 5))
  t.ok(truncations.isOpen(1, 5))
  t.notOk(truncations.isOpen(1, 5))
  truncations.opened(1, 5)
  truncations.opened(1, 6)
  truncations.used(2)
  t.ok(truncations.isOpen(1, 6))
  truncations.opened(1, 5)
  truncations.used(1)
  t.notOk(truncations.isOpen(1, 5))
})
t.test('threads that are never heard of again are forgotten, the oldest first', async (t) => {
  const truncations = new Truncations()
  for (let thread = 1; thread <= 5000; thread++) truncations.opened(thread, 5)
  t.notOk(truncations.isOpen(1, 5))
  t.ok(truncations.isOpen(4999, 5))
})
