import t from 'tap'
import { coversOf, mountInfo, parseMountInfo, stackAt } from '../src/mountinfo.js'

const line = (mountpoint: string, id = 36, parent = 35, rest = '- ext4 /dev/vda rw') =>
  `${id} ${parent} 254:1 / ${mountpoint} rw,noatime ${rest}\n`

t.test('the fields of a line', async (t) => {
  const text = '36 35 0:40 /root /mnt rw,nosuid shared:7 master:1 - fuse.lunatik lunatik rw,user_id=0,max_read=5\n'
  t.strictSame(parseMountInfo(text), [
    {
      id: 36,
      parent: 35,
      root: '/root',
      device: '0:40',
      path: Buffer.from('/mnt'),
      mountpoint: '/mnt',
      shared: true,
      type: 'fuse.lunatik',
      source: 'lunatik',
      options: ['rw', 'user_id=0', 'max_read=5'],
    },
  ])
})
t.test('optional fields may be missing, and a source may be empty or a dash', async (t) => {
  t.match(parseMountInfo(line('/a', 1, 2, 'master:3 - tmpfs - rw')), [{ shared: false, type: 'tmpfs', source: '-' }])
  t.match(parseMountInfo(line('/a', 1, 2, '- tmpfs  rw')), [{ type: 'tmpfs', source: '', options: ['rw'] }])
})
t.test('what is escaped, and what is no UTF-8', async (t) => {
  for (const [escaped, path] of [
    ['/a\\040b', '/a b'],
    ['/a\\011b\\012', '/a\tb\n'],
    ['/a\\134040', '/a\\040'],
    ['/-', '/-'],
    [Buffer.from('/é€').toString('latin1'), '/é€'],
  ] as const) {
    t.match(parseMountInfo(line(escaped)), [{ mountpoint: path, path: Buffer.from(path) }])
  }
  const [bytes] = parseMountInfo(line('/\xff\xfe'))
  t.equal(bytes?.mountpoint, '/\ufffd\ufffd')
  t.strictSame(bytes?.path, Buffer.from([0x2f, 0xff, 0xfe]))
  t.match(parseMountInfo(line('/a', 1, 2, '- fuse.a\\040b c\\040d\\043 rw')), [{ type: 'fuse.a b', source: 'c d#' }])
})
t.test('what is mounted here', async (t) => {
  const mounts = mountInfo()
  t.match(
    mounts.find(({ mountpoint }) => mountpoint === '/proc'),
    { type: 'proc' },
  )
  t.equal(new Set(mounts.map(({ id }) => id)).size, mounts.length)
})

t.test('which mounts a path leads to', async (t) => {
  const mounts = parseMountInfo(
    [
      line('/', 2, 1),
      line('/a/b', 3, 2), // behind 5
      line('/a/b', 4, 3),
      line('/a', 5, 2),
      line('/a/b', 6, 5),
      line('/a/b', 7, 6),
      line('/a/b/c', 8, 7),
      line('/ab', 9, 2),
    ].join(''),
  )
  const ids = (path: string) => stackAt(mounts, Buffer.from(path)).map(({ id }) => id)
  t.strictSame(ids('/'), [2])
  t.strictSame(ids('/a'), [5])
  t.strictSame(ids('/a/b'), [6, 7])
  t.strictSame(ids('/a/b/c'), [8])
  t.strictSame(ids('/ab'), [9])
  t.strictSame(ids('/a/b/c/d'), [], 'nothing is mounted there')
  t.strictSame(ids('/x'), [])
  const covers = (id: number) => coversOf(mounts, mounts.find((m) => m.id === id) as (typeof mounts)[0])
  t.strictSame(
    covers(3).map(({ id }) => id),
    [4],
  )
  t.strictSame(covers(7), [])
  t.strictSame(stackAt([], Buffer.from('/a')), [])
})
