// The kernel's recordings, as a floor that only rises: `make conformance` tells more.
// variants: default (fengari fuse-native)
// process: its own
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ENGINES } from '../src/lua/api.js'
import {
  belowFloor,
  caseNames,
  conformance,
  hasNetwork,
  mountArgsOf,
  noConformance,
} from './conformance/conformance.js'

const transport = process.env.TRANSPORT ?? 'dev-fuse'
const engine = process.env.LUNATIK_ENGINE ?? ENGINES[0]

const key = `${transport}/${engine}`
const isDefault = transport === 'dev-fuse' && engine === ENGINES[0]
const all = isDefault && process.env.USUAL === undefined

/** Cases that are left out. */
const leftOut = [
  // They start the command line tool some 60 times: no transport and no engine makes a difference there.
  ...(all ? [] : ['lunatik_cli', 'spawn_stop_list']),
  // They are about pauses of tens of milliseconds, which slower variants and machines don't keep beside other tests.
  ...(all ? [] : ['linux_schedule', 'open_during_load']),
  // Its ports are others' as well, and in TIME_WAIT for a minute after it was played.
  ...(hasNetwork() ? [] : ['lib_socket_inet']),
  // Signals don't end its waits there, which takes two minutes.
  ...(transport === 'fuse-native' ? ['comp_wait_signal'] : []),
]

/** How often a case is played at the most: recordings have pauses, which a busy machine makes too short. */
const attempts = 6

t.test('as many lines agree with the kernel as ever', { skip: noConformance }, async (t) => {
  const names = caseNames().filter((name) => !leftOut.includes(name))
  t.ok(names.length > 40)
  const mountArgs = mountArgsOf(transport, engine)
  let below = names
  const part = new Set<string>()
  for (let attempt = 1; attempt <= attempts && below.length > 0; attempt++) {
    const report = await conformance({ mountArgs, cases: below, diff: false })
    if (report === null) return
    for (const { name, same, total } of report.results) if (same < total) part.add(name)
    const complaints = belowFloor(key, report)
    for (const complaint of complaints) t.comment(`${complaint} (attempt ${attempt})`)
    below = complaints.map((complaint) => complaint.split(':')[0] ?? '')
  }
  t.strictSame(below, [])

  const reasons = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  t.strictSame(
    [...part].filter((name) => !new RegExp(`\\b${name}\\b`).test(reasons)),
    [],
    'docs/conformance.md has a reason for each case that is not whole',
  )
})
