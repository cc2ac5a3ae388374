// The kernel's standard libraries are those that it was recorded with.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { instead, isKernelModule, loadedModules, standardLibraries } from '../../src/check/stdlib.js'
import { definitions, root } from './checked.js'

const recorded = readFileSync(`${root}test/conformance/cases/dialect_globals/expected.txt`, 'utf8')
/** `keys` is the recording's own. */
const keys = (table: string) => new RegExp(`keys\\(${table}\\)  =>  "(.*)"`).exec(recorded)?.[1]?.replace(' keys ', ' ')

t.test('members', async (t) => {
  for (const [name, members] of standardLibraries) t.equal(members.join(' '), keys(name), name)
  t.equal([...definitions.globals.keys()].sort().join(' '), keys('_G'))
  for (const library of ['math', 'io']) {
    t.equal([...(definitions.globals.get(library)?.shape?.members.keys() ?? [])].sort().join(' '), keys(library))
  }
})

t.test('modules that are loaded', async (t) => {
  t.equal([...loadedModules].join(' '), keys('package.loaded'))
})

t.test('what other Luas have is none of them', async (t) => {
  for (const name of ['os', 'unpack', 'arg', 'bit32', 'math.floor', 'io.write', 'string.gfind', 'debug.debug']) {
    t.not(instead(name), undefined, name)
  }
  for (const [library, { shape }] of definitions.globals) {
    t.equal(instead(library), undefined, library)
    for (const member of shape?.members.keys() ?? []) t.equal(instead(`${library}.${member}`), undefined, member)
  }
})

t.test('modules that need a kernel are none of ours', async (t) => {
  for (const name of definitions.modules.keys()) t.equal(isKernelModule(name), false, name)
  t.equal(isKernelModule('netlink.nl80211'), true)
})
