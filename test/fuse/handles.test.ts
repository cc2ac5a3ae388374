import t from 'tap'
import { HandleTable } from '../../src/fuse/handles.js'

t.test('what is open has a handle that nothing else has, and never 0', async (t) => {
  const table = new HandleTable<string>()
  const handles = ['a', 'b', 'c'].map((entry) => table.add(entry))
  t.equal(new Set(handles).size, 3)
  t.notOk(handles.includes(0))
  t.strictSame(
    handles.map((handle) => table.get(handle)),
    ['a', 'b', 'c'],
  )
  t.strictSame(table.handles(), handles)
})
t.test('a handle that was taken back is given again, and means nothing until then', async (t) => {
  const table = new HandleTable<string>()
  const [a, b] = [table.add('a'), table.add('b')]
  t.equal(table.remove(a), 'a')
  t.equal(table.remove(a), null)
  t.equal(table.get(a), null)
  t.strictSame(table.handles(), [b])
  t.equal(table.add('c'), a)
  t.equal(table.get(a), 'c')
})
t.test('any number may be asked for', async (t) => {
  const table = new HandleTable<string>()
  table.add('a')
  for (const handle of [0, -1, 2, 1.5, 2 ** 63, Number.NaN]) {
    t.equal(table.get(handle), null, `${handle}`)
    t.equal(table.remove(handle), null, `${handle}`)
  }
})
