import t from 'tap'
import { Closings } from '../../src/fuse/fuse-native-closings.js'
import { vfs_mkdir } from '../../src/vfs/namei.js'
import { node } from '../vfs/device.js'

for (const name of ['a', 'b']) vfs_mkdir(name, 0o755)
const [a, b] = [node('a'), node('b')]

/** Closings, what opens a node, and what was opened so far. */
function begun() {
  const closings = new Closings()
  const opened: string[] = []
  return { closings, opened, open: (name: 'a' | 'b') => closings.before({ a, b }[name], () => opened.push(name)) }
}

t.test('an open waits for the release of what was closed before, of the same node alone', async (t) => {
  const { closings, opened, open } = begun()
  open('a')
  t.strictSame(opened, ['a'])
  closings.closed(1, a)
  closings.closed(2, a)
  open('a')
  open('b')
  t.strictSame(opened, ['a', 'b'])
  closings.over(2)
  closings.over(7)
  t.strictSame(opened, ['a', 'b'])
  closings.over(1)
  t.strictSame(opened, ['a', 'b', 'a'])
  open('a')
  t.equal(opened.length, 4)
})
t.test('a file that is closed again has another descriptor: who waited goes on, who comes then waits', async (t) => {
  const { closings, opened, open } = begun()
  closings.closed(1, a)
  open('a')
  closings.closed(1, a)
  t.strictSame(opened, ['a'])
  open('a')
  t.strictSame(opened, ['a'])
  closings.over(1)
  t.strictSame(opened, ['a', 'a'])
})
t.test('one that is never released holds up opens for a time, once', async (t) => {
  const { closings, opened, open } = begun()
  closings.closed(1, a)
  await new Promise<void>((resolve) => closings.before(a, resolve))
  open('a')
  t.strictSame(opened, ['a'])
})
t.test('at the end nobody waits', async (t) => {
  const { closings, opened, open } = begun()
  closings.closed(1, a)
  closings.closed(2, b)
  open('a')
  open('b')
  closings.endAll()
  t.strictSame(opened, ['a', 'b'])
})
