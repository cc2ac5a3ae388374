import { chmodSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs'
import t from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_resolve } from '../../src/lunatik/lunatik_path.js'
import { scripts } from './states.js'

/** The path that `path` is found to be, and whether there is something. */
function resolved(path: string): string | null {
  const found = lunatik_resolve(path)
  if (found === null || found === 'served') return found
  return found.stat === null ? `nothing at ${found.path}` : found.path
}

t.test('a path is resolved as open(2) does it', async (t) => {
  const dir = scripts(t, { 'a/file': '', 'b/c/file': '' })
  symlinkSync(`${dir}/b/c`, `${dir}/a/absolute`)
  symlinkSync('../b/c', `${dir}/a/relative`)
  symlinkSync('nothing', `${dir}/a/dangling`)
  symlinkSync('loop', `${dir}/loop`)
  t.equal(resolved(`${dir}//a/./file`), `${dir}/a/file`)
  t.equal(resolved(`${dir}/a/absolute/file`), `${dir}/b/c/file`)
  t.equal(resolved(`${dir}/a/relative/../..`), dir, '.. is the folder above the one that a link leads to')
  t.equal(resolved('/'), '/')
  t.equal(resolved('/..'), '/')
  t.equal(resolved('.'), process.cwd())
  t.equal(resolved(`${dir}/a/`), `${dir}/a`)

  t.equal(resolved(`${dir}/a/new`), `nothing at ${dir}/a/new`)
  t.equal(resolved(`${dir}/a/dangling`), `nothing at ${dir}/a/nothing`)
  t.equal(resolved(`${dir}/a/dangling/x`), null)
  t.equal(resolved(`${dir}/a/new/`), null, 'a file that is not there is no folder')
  t.equal(resolved(`${dir}/new/x`), null)
  t.equal(resolved(`${dir}/a/file/`), null, 'a file is no folder')
  t.equal(resolved(`${dir}/a/file/..`), null)
  t.equal(resolved(`${dir}/loop`), null)
  t.equal(resolved(''), null)
  t.equal(resolved('a\0b'), null)
  t.equal(resolved(`/${'x'.repeat(300)}`), null)
})

t.test('a path onto a served mount is told from others, whatever way it takes', async (t) => {
  const dir = scripts(t, { 'served/x': '', 'free/x': '' })
  symlinkSync(`${dir}/served`, `${dir}/link`)
  symlinkSync('../served/x', `${dir}/free/y`)
  symlinkSync('../served/new', `${dir}/free/dangling`)
  symlinkSync('../link/../served', `${dir}/free/far`)
  lunatik_conf.served = [`${dir}/served`]
  for (const path of [
    'served',
    'served/x',
    'served/new',
    'served/..',
    'free/../served/x',
    'link',
    'link/x',
    'free/y',
  ]) {
    t.equal(resolved(`${dir}/${path}`), 'served', path)
  }
  t.equal(resolved(`${dir}/free/dangling`), 'served')
  t.equal(resolved(`${dir}/free/far/x`), 'served')
  t.equal(resolved(`/proc/self/root${dir}/served/x`), 'served')
  t.equal(resolved(`${dir}/free/x`), `${dir}/free/x`)
  t.equal(resolved(`${dir}/served2`), `nothing at ${dir}/served2`)
})

t.test(
  'a link that somebody else put into a folder for all is not followed',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const dir = scripts(t, { file: '' })
    mkdirSync(`${dir}/all`)
    chmodSync(`${dir}/all`, 0o1777)
    symlinkSync(`${dir}/file`, `${dir}/all/own`)
    symlinkSync(`${dir}/file`, `${dir}/all/planted`)
    lchownSync(`${dir}/all/planted`, 12345, 12345)
    t.equal(resolved(`${dir}/all/own`), `${dir}/file`)
    t.equal(resolved(`${dir}/all/planted`), null)
    chmodSync(`${dir}/all`, 0o755)
    t.equal(resolved(`${dir}/all/planted`), `${dir}/file`)
  },
)
