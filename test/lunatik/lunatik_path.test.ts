import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import t from 'tap'
import { lunatik_at } from '../../src/lunatik/lunatik_path.js'
import { scripts } from './states.js'

const { O_CREAT, O_RDONLY, O_WRONLY } = constants

/** The path that `path` is found to be, and whether there is something. */
const resolved = (path: string): string | null =>
  lunatik_at(path, null, ({ path, stat }) => (stat === null ? `nothing at ${path}` : path))

const descriptors = () => readdirSync('/proc/self/fd').length

t.test('a path is resolved as open(2) does it', async (t) => {
  const dir = scripts(t, { 'a/file': '', 'b/c/file': '' })
  symlinkSync(`${dir}/b/c`, `${dir}/a/absolute`)
  symlinkSync('../b/c', `${dir}/a/relative`)
  symlinkSync('nothing', `${dir}/a/dangling`)
  symlinkSync('loop', `${dir}/loop`)
  resolved('/') // What stays open is open now.
  const before = descriptors()
  t.equal(resolved(`${dir}//a/./file`), `${dir}/a/file`)
  t.equal(resolved(`${dir}/a/absolute/file`), `${dir}/b/c/file`)
  t.equal(resolved(`${dir}/a/relative/../..`), dir, '.. is the folder above the one that a link leads to')
  t.equal(resolved('/'), '/')
  t.equal(resolved('/..'), '/')
  t.equal(resolved('.'), process.cwd())
  t.equal(resolved(`${dir}/a/`), `${dir}/a`)
  t.equal(resolved(`/proc/self/root${dir}/a/file`), `${dir}/a/file`)

  t.equal(resolved(`${dir}/a/new`), `nothing at ${dir}/a/new`)
  t.equal(resolved('/nothing of this name'), 'nothing at /nothing of this name')
  t.equal(resolved(`${dir}/a/dangling`), `nothing at ${dir}/a/nothing`)
  t.equal(resolved(`${dir}/a/dangling/x`), null)
  t.equal(resolved(`${dir}/a/new/`), null, 'a file that is not there is no folder')
  t.equal(resolved(`${dir}/new/x`), null)
  t.equal(resolved(`${dir}/a/file/`), null, 'a file is no folder')
  t.equal(resolved(`${dir}/a/file/.`), null)
  t.equal(resolved(`${dir}/a/file/..`), null)
  t.equal(resolved(`${dir}/loop`), null)
  t.equal(resolved(`${dir}/loop/x`), null)
  t.equal(resolved(''), null)
  t.equal(resolved('a\0b'), null)
  t.equal(resolved(`/${'x'.repeat(300)}`), null)
  t.ok(descriptors() <= before + 8, 'no descriptor is left behind but those that are kept')
})

t.test('what is opened is what was found, whatever takes its place meanwhile', async (t) => {
  const dir = scripts(t, { 'a/file': 'first', 'b/file': 'second' })
  const text = lunatik_at(`${dir}/a/file`, null, (place) => {
    renameSync(`${dir}/a`, `${dir}/gone`)
    symlinkSync('b', `${dir}/a`)
    const fd = place.open(O_RDONLY)
    const text = readFileSync(fd, 'utf8')
    closeSync(fd)
    return text
  })
  t.equal(text, 'first')
})

t.test('what is made is made in the folder that was found, and never where something else has come', async (t) => {
  const dir = scripts(t, { 'a/x': '', 'b/x': '' })
  const make = (path: string, meanwhile: () => void) =>
    lunatik_at(path, null, (place) => {
      if (place.stat !== null) return 'there'
      meanwhile()
      closeSync(place.open(O_CREAT | O_WRONLY))
      return 'made'
    })
  t.equal(
    make(`${dir}/a/new`, () => {
      renameSync(`${dir}/a`, `${dir}/gone`)
      symlinkSync('b', `${dir}/a`)
    }),
    'made',
  )
  t.ok(existsSync(`${dir}/gone/new`))
  t.notOk(existsSync(`${dir}/b/new`))

  t.equal(
    make(`${dir}/b/file`, () => writeFileSync(`${dir}/b/file`, '')),
    'there',
    'the path is walked again',
  )
  t.equal(
    make(`${dir}/b/link`, () => symlinkSync('x', `${dir}/b/link`)),
    'there',
    'and a link is followed then',
  )
  let times = 0
  t.equal(
    lunatik_at(`${dir}/b/again`, null, (place) => {
      times++
      writeFileSync(`${dir}/b/again`, '')
      try {
        return place.open(O_CREAT | O_WRONLY)
      } finally {
        rmSync(`${dir}/b/again`)
      }
    }),
    null,
    'somebody who goes on for ever is not waited for',
  )
  t.equal(times, 9)
})

t.test('a link that comes where nothing was is not followed, whoever opens it', async (t) => {
  const dir = scripts(t, { file: 'other' })
  const opens = (flags: number) =>
    lunatik_at(`${dir}/link`, null, (place) => {
      if (place.stat === null) symlinkSync('file', `${dir}/link`)
      try {
        closeSync(place.open(flags))
        return 'opened'
      } finally {
        rmSync(`${dir}/link`)
      }
    })
  t.equal(opens(O_RDONLY), null)
  t.equal(opens(O_CREAT | O_WRONLY), null)
})

t.test('an error of a system call is null, another one is an error', async (t) => {
  const dir = scripts(t, { file: '' })
  t.equal(
    lunatik_at(`${dir}/file`, null, () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
    }),
    null,
  )
  t.throws(
    () =>
      lunatik_at(`${dir}/file`, null, () => {
        throw new TypeError('a mistake')
      }),
    { message: 'a mistake' },
  )
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

t.test('each name on the way is told, with its folder', async (t) => {
  const dir = scripts(t, { 'a/file': '' })
  symlinkSync('../a', `${dir}/a/link`)
  const steps = (path: string) => {
    const told: string[] = []
    lunatik_at(
      `${dir}/${path}`,
      null,
      () => {},
      (folder, stat, name) => {
        const real = readlinkSync(folder)
        t.equal(statSync(real).ino, stat.ino)
        if (real.startsWith(dir)) told.push(`${real.slice(dir.length)}/${name}`)
      },
    )
    return told.join()
  }
  t.equal(steps('a/link/./file'), '/a,/a/link,/a,/a/file')
  t.equal(steps('a/../a/new'), '/a,/a,/a/new', 'also what is not there')
  t.equal(steps('none/x'), '/none')
})
