// The kernel's recordings, as a floor that only rises: `make conformance` tells more.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ENGINES } from '../src/lua/api.js'
import { belowFloor, conformance, mountArgsOf, noConformance } from './conformance/conformance.js'

const transport = process.env.TRANSPORT ?? 'dev-fuse'
const engine = process.env.LUNATIK_ENGINE ?? ENGINES[0]

t.test('as many lines agree with the kernel as ever', { skip: noConformance, timeout: 600_000 }, async (t) => {
  const report = await conformance({ mountArgs: mountArgsOf(transport, engine), cases: [], diff: false })
  t.ok(report !== null && report.results.length > 40)
  if (report === null) return
  t.strictSame(belowFloor(`${transport}/${engine}`, report), [])

  const reasons = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  const part = report.results.filter(({ same, total }) => same < total).map(({ name }) => name)
  t.strictSame(
    part.filter((name) => !new RegExp(`\\b${name}\\b`).test(reasons)),
    [],
    'docs/conformance.md has a reason for each case that is not whole',
  )
})
