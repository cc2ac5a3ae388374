import t from 'tap'
import type { FileUse, Use } from '../../src/kernel/use.js'
import { UseReport } from '../../src/kernel/uses.js'

const user = { kind: 'module', name: 'mine' } as const
const file = (digest: string): FileUse => ({ paths: ['/a.lua', '/b.lua'], found: 1, digest })

t.test('what a user has found first is told, until it begins to load again', async (t) => {
  const told: Use[] = []
  const report = new UseReport([], (use) => told.push(use))
  t.teardown(() => report.close())
  report.loading(user)
  report.file(user, file('old'))
  report.loaded(user, 'runs', [])
  report.file(user, file('new'))
  report.file(null, file('new'))
  report.loading(user)
  report.file(user, file('new'))
  t.same(told, [
    { type: 'starts', user },
    { type: 'file', user, file: file('old') },
    { type: 'runs', user },
    { type: 'starts', user },
    { type: 'file', user, file: file('new') },
  ])
})
