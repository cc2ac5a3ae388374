import { truncateSync } from 'node:fs'
import t from 'tap'
import { lunatik_readfile } from '../../src/lunatik/lunatik_readfile.js'
import { scripts } from './states.js'

t.test('a file is read whole, what is no regular file not at all', async (t) => {
  const dir = scripts(t, { 'script.lua': 'return 1\n' })
  t.equal(Buffer.from(lunatik_readfile(`${dir}/script.lua`) ?? []).toString(), 'return 1\n')
  for (const path of ['none.lua', '.', 'script.lua/']) t.equal(lunatik_readfile(`${dir}/${path}`), null)
  t.equal(lunatik_readfile('/dev/zero'), null)
})

t.test('a file of more than 64 MiB is none', async (t) => {
  const dir = scripts(t, { 'script.lua': '' })
  const path = `${dir}/script.lua`
  // It has holes and takes no room.
  truncateSync(path, 64 << 20)
  t.equal(lunatik_readfile(path)?.length, 64 << 20)
  truncateSync(path, (64 << 20) + 1)
  t.ok(lunatik_readfile(path) === null)
})
