// Who looks for which files, and what is told of it.
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import '../../src/lib/libs.js'
import { runner_restart, runner_run, runner_shutdown } from '../../src/lib/lunatik_runner.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_look, lunatik_tell } from '../../src/lunatik/lunatik_search.js'
import { runtime, scripts } from './states.js'

/** Notes what is told until the test ends: by whom, and what was found of what. */
function told(t: Test): string[] {
  const lines: string[] = []
  const short = (path: string) => path.replace(`${lunatik_conf.root[0]}/`, '').replace(/^\/.*\//, '.../')
  lunatik_tell({
    searched: (user, { paths, found, digest }) => {
      const names = paths.map((path, i) => (i === found ? `[${short(path)}]` : short(path)))
      lines.push(`${user}: ${names.join(' ')}${digest === '' ? '' : ' #'}`)
    },
    required: (user, name) => lines.push(`${user} requires ${name}`),
  })
  t.teardown(() => {
    lunatik_tell(null)
    runner_shutdown()
  })
  return lines
}

t.test('each look is told, with the script for which a runtime is', async (t) => {
  const dir = scripts(t, { 'lib/init.lua': 'return 1', 'deep.lua': 'x = 1' })
  const lines = told(t)
  writeFileSync(`${dir}/child.lua`, `dofile("${dir}/deep.lua")`)
  writeFileSync(
    `${dir}/one.lua`,
    `local lunatik = require("lunatik")
     require("lib")
     require("fifo")
     pcall(require, "none")
     loadfile("${dir}/none.lua")
     child = lunatik.runtime("child")`,
  )
  t.same(await runner_run('one', 'process'), { ok: true })
  t.same(lines, [
    'one: [one.lua] #',
    'one: lib.lua [lib/init.lua] #',
    'one: fifo.lua fifo/init.lua',
    'one requires fifo',
    'one: none.lua none/init.lua',
    'one requires none',
    'one: none.lua',
    'one: [child.lua] #',
    'one: [deep.lua] #',
  ])
})

t.test("a module's runtimes have no user", async (t) => {
  const lines = told(t)
  runtime(t, 'package.searchpath("x", "a/?.lua;b/?.lua")')
  t.same(lines, ['null: [script.lua] #', 'null: a/x.lua b/x.lua'])
})

t.test('another content has another digest', async (t) => {
  const dir = scripts(t, { 'a.lua': '1', 'b.lua': '1' })
  const [a, b, none] = [`${dir}/a.lua`, `${dir}/b.lua`, `${dir}/none.lua`]
  const before = lunatik_look([none, a, b])
  t.match(before, { paths: [none, a, b], found: 1 })
  t.equal(lunatik_look([b]).digest, before.digest)
  writeFileSync(a, '2')
  t.not(lunatik_look([a]).digest, before.digest)
  t.same(lunatik_look([none]), { paths: [none], found: -1, digest: '' })
})

t.test('a script that runs again keeps its name', async (t) => {
  scripts(t, { 'one.lua': '' })
  const lines = told(t)
  await runner_run('one.lua', 'process')
  await runner_restart('one')
  t.same(lines, ['one: [one.lua] #', 'one: [one.lua] #'])
})
