import t from 'tap'
import { finds } from './checked.js'

t.test('more values at once than a kernel has room for', async (t) => {
  finds(t, [
    ['return table.unpack({}, 1, 200)', '1:8 warning stack-overflow'],
    ['local n = 158 return table.unpack({}, 1, n)', '1:22 warning stack-overflow'],
    [`return string.char(${Array(200).fill('65').join(',')})`, '1:8 warning stack-overflow'],
  ])
  finds(t, [
    ['return table.unpack({}, 1, 157), table.unpack({}, 1000, 1001), table.unpack({})'],
    [`return { ${Array(200).fill('65').join(',')} }`],
  ])
})
