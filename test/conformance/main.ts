// `make conformance`: prints how many lines of each recording agree, and fails where fewer do than once.
//   --diff        print what differs, line by line, instead
//   --raise       raise the floor to what was reached
import { parseArgs } from 'node:util'
import { ENGINES } from '../../src/lua/api.js'
import { belowFloor, conformance, deviceShare, mountArgsOf, noConformance, raiseFloor } from './conformance.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    diff: { type: 'boolean', default: false },
    raise: { type: 'boolean', default: false },
  },
})

if (noConformance !== false) {
  console.log(`skipped: ${noConformance}`)
  process.exit(0)
}
const transport = process.env.TRANSPORT ?? 'dev-fuse'
const engine = process.env.ENGINE ?? ENGINES[0]
const key = `${transport}/${engine}`
const report = await conformance({ mountArgs: mountArgsOf(transport, engine), cases: positionals, diff: values.diff })
if (report !== null) {
  for (const { name, same, total } of report.results) {
    console.log(`${same === total ? 'ok  ' : 'part'} ${name} ${same}/${total}`)
  }
  console.log(`${key}: ${report.same} of ${report.total} lines agree`)
  if (positionals.length === 0) console.log(`of the devices' cases ${deviceShare(report).toFixed(1)}%`)
  const below = belowFloor(key, report)
  for (const line of below) console.error(line)
  if (values.raise) raiseFloor(key, report)
  process.exitCode = below.length > 0 && !values.raise ? 1 : 0
}
