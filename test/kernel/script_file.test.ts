// Scripts that are named by their files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import t from 'tap'
import { scriptFile, scriptName } from '../../src/kernel/script_file.js'

t.test('a path is one that begins as such, and leads to a file; all else is a name', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-unit-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  mkdirSync(join(dir, 'folder.lua'))
  writeFileSync(join(dir, 'sensor.lua'), '')
  const sensor = { folder: dir, name: 'sensor' }
  const here = `./${relative(process.cwd(), dir)}`
  for (const path of [`${dir}/sensor.lua`, `${dir}/sensor`, `${dir}/folder.lua/../sensor`, `${here}/sensor.lua`])
    t.strictSame(scriptFile(path), sensor, path)
  for (const name of ['sensor', 'sensor.lua', `${dir}/folder`, `${dir}/folder.lua`, `${dir}/none`, './none', ''])
    t.equal(scriptFile(name), null, name)
})

t.test('a name has neither ./ before it nor .lua behind it', async (t) => {
  for (const name of ['a/b', './a/b', '././/a/b.lua']) t.equal(scriptName(name), 'a/b', name)
})
