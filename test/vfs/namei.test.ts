import t from 'tap'
import { EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, EPERM } from '../../src/errno.js'
import { type inode, S_IFCHR, S_IFDIR, S_IFLNK } from '../../src/vfs/fs.js'
import {
  devtmpfs_create_node,
  lookup,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  root,
  vfs_chmod,
  vfs_chown,
  vfs_link,
  vfs_mkdir,
  vfs_mknod,
  vfs_rename,
  vfs_rmdir,
  vfs_symlink,
  vfs_unlink,
  vfs_utimes,
} from '../../src/vfs/namei.js'
import { node } from './device.js'

/** The folders `d`, `d/sub` and `empty`, the devices `dev`, `other` and `d/dev`. */
t.beforeEach(() => {
  root.i_children?.clear()
  root.i_nlink = 2
  for (const path of ['d', 'd/sub', 'empty']) vfs_mkdir(path, 0o755)
  for (const path of ['dev', 'other', 'd/dev']) devtmpfs_create_node(path, 7, 0)
})

const names = (path: string) => [...(node(path).i_children?.keys() ?? [])].sort()

t.test('a path is looked up name by name', async (t) => {
  t.equal(lookup('/'), root)
  t.equal(lookup('/d/dev'), node('d/dev'))
  t.equal(lookup('//d///sub/'), node('d/sub'))
  t.equal(lookup('d/missing'), -ENOENT)
  t.equal(lookup('missing/x'), -ENOENT)
  t.equal(lookup('dev/x'), -ENOTDIR)
  t.equal(lookup('constructor'), -ENOENT)
})
t.test('a name that is too long is so only where a folder could have it', async (t) => {
  const long = 'é'.repeat(128)
  t.equal(lookup(long), -ENAMETOOLONG)
  t.equal(lookup(`d/${long}/x`), -ENAMETOOLONG)
  t.equal(lookup(`missing/${long}`), -ENOENT)
  t.equal(lookup(`dev/${long}`), -ENOTDIR)
  t.equal(lookup('x'.repeat(255)), -ENOENT)
  for (const call of [vfs_unlink, vfs_rmdir]) {
    t.equal(call(long), -ENAMETOOLONG)
    t.equal(call(`missing/${long}`), -ENOENT)
    t.equal(call(`dev/${long}`), -ENOTDIR)
  }
})
for (const [call, make] of [
  ['mkdir', (path: string) => vfs_mkdir(path, 0o755)],
  ['symlink', (path: string) => vfs_symlink('target', path)],
  ['link', (path: string) => vfs_link('dev', path)],
  ['rename', (path: string) => vfs_rename('d', path)],
] as const) {
  t.test(`${call} refuses a bad place for a new name`, async (t) => {
    t.equal(make('missing/x'), -ENOENT)
    t.equal(make('dev/x'), -ENOTDIR)
    t.equal(make('x'.repeat(256)), -ENAMETOOLONG)
    t.equal(make('é'.repeat(128)), -ENAMETOOLONG, 'a name is measured in bytes')
    t.equal(make(`missing/${'x'.repeat(256)}`), -ENOENT, 'but its folder comes first')
    for (const path of ['empty/.', 'empty/..', 'a\0b']) t.equal(make(path), -EINVAL)
    if (call !== 'rename') t.equal(make('other'), -EEXIST)
    t.strictSame(names('/'), ['d', 'dev', 'empty', 'other'])
    t.equal(make('x'.repeat(255)), 0)
  })
}
t.test('mknod makes nothing', async (t) => {
  t.equal(vfs_mknod('new'), -EPERM)
  t.equal(lookup('new'), -ENOENT)
  for (const path of ['dev', 'd']) t.equal(vfs_mknod(path), -EEXIST)
  t.equal(vfs_mknod('missing/x'), -ENOENT)
  t.equal(vfs_mknod('dev/x'), -ENOTDIR)
  t.equal(vfs_mknod('x'.repeat(256)), -ENAMETOOLONG)
})
t.test('a symbolic link keeps its target, whatever that is', async (t) => {
  t.equal(vfs_symlink('../nowhere', 's'), 0)
  t.match(node('s'), { i_mode: S_IFLNK | 0o777, i_link: '../nowhere', i_children: null })
  t.equal(lookup('s/x'), -ENOTDIR, 'and is not followed here')
})
t.test('rmdir and unlink refuse what they are not for', async (t) => {
  t.equal(vfs_rmdir('d'), -ENOTEMPTY)
  t.equal(vfs_rmdir('dev'), -ENOTDIR)
  t.equal(vfs_rmdir('missing'), -ENOENT)
  t.equal(vfs_rmdir('/'), -EINVAL)
  t.equal(vfs_unlink('empty'), -EISDIR)
  t.equal(vfs_unlink('missing'), -ENOENT)
  t.strictSame(names('/'), ['d', 'dev', 'empty', 'other'])
  t.equal(vfs_rmdir('empty'), 0)
  t.equal(vfs_unlink('dev'), 0)
  t.strictSame(names('/'), ['d', 'other'])
})
t.test('names of one node come and go with its count', async (t) => {
  const dev = node('dev')
  t.equal(vfs_link('dev', 'd/link'), 0)
  t.equal(node('d/link'), dev)
  t.equal(vfs_link('dev', 'other'), -EEXIST)
  t.equal(dev.i_nlink, 2)
  vfs_unlink('dev')
  t.equal(dev.i_nlink, 1)
  vfs_unlink('d/link')
  t.equal(dev.i_nlink, 0)
  t.equal(vfs_link('d', 'folder'), -EPERM)
  for (const path of ['other', 'empty', 'd']) t.equal(vfs_link('d', path), -EEXIST)
  t.equal(vfs_link('d', 'missing/x'), -ENOENT)
  t.equal(vfs_link('missing', 'new'), -ENOENT)
})
t.test('rename moves a node, and a folder with all that is in it', async (t) => {
  const [dev, sub] = [node('dev'), node('d/dev')]
  t.equal(vfs_rename('dev', 'd/sub/moved'), 0)
  t.equal(node('d/sub/moved'), dev)
  t.equal(vfs_rename('d', 'empty/d2'), 0)
  t.equal(node('empty/d2/dev'), sub)
  t.strictSame(names('/'), ['empty', 'other'])
  t.strictSame([dev.i_nlink, sub.i_nlink], [1, 1])
})
t.test('rename replaces a node, or an empty folder by a folder', async (t) => {
  const [dev, other, d] = [node('dev'), node('other'), node('d')]
  t.equal(vfs_rename('dev', 'other'), 0)
  t.equal(node('other'), dev)
  t.strictSame([dev.i_nlink, other.i_nlink], [1, 0])
  t.equal(vfs_rename('d', 'empty'), 0)
  t.equal(node('empty'), d)
  t.strictSame(names('/'), ['empty', 'other'])
})
t.test('a rename that fails changes nothing', async (t) => {
  for (const [from, to, err] of [
    ['missing', 'x', ENOENT],
    ['missing/x', 'x', ENOENT],
    ['dev/x', 'x', ENOTDIR],
    ['dev', 'empty', EISDIR],
    ['empty', 'dev', ENOTDIR],
    ['empty', 'd', ENOTEMPTY],
    ['d/sub', 'd', ENOTEMPTY],
    ['d/dev', 'd', ENOTEMPTY],
    ['/d/dev', 'd/', ENOTEMPTY],
    ['/d/', 'd/x', EINVAL],
    ['d', 'd/x', EINVAL],
    ['d', 'd/sub/x', EINVAL],
    ['d', 'd/missing/x', ENOENT],
    ['dev', 'dev/x', ENOTDIR],
  ] as const) {
    t.equal(vfs_rename(from, to), -err, `${from} to ${to}`)
  }
  t.strictSame([names('/'), names('d'), names('d/sub')], [['d', 'dev', 'empty', 'other'], ['dev', 'sub'], []])
  t.equal(vfs_rename('d', 'd2'), 0, 'd2 only starts like d')
})
t.test('a folder counts itself, its name and the folders in it', async (t) => {
  const [d, sub, empty] = [node('d'), node('d/sub'), node('empty')]
  const counts = () => [root, d, sub, empty].map(({ i_nlink }) => i_nlink)
  t.strictSame(counts(), [4, 3, 2, 2])
  vfs_mkdir('d/new', 0o755)
  vfs_symlink('sub', 'd/s')
  t.strictSame(counts(), [4, 4, 2, 2])
  vfs_rmdir('d/new')
  t.strictSame(counts(), [4, 3, 2, 2])
  vfs_rename('d/sub', 'd/moved')
  t.strictSame(counts(), [4, 3, 2, 2])
  vfs_rename('d/moved', 'empty')
  t.strictSame(counts(), [4, 2, 2, 0], 'the folder that was replaced has gone')
  vfs_rename('empty', 'd/sub')
  t.strictSame(counts(), [3, 3, 2, 0])
  vfs_rmdir('d/sub')
  t.strictSame(counts(), [3, 2, 0, 0])
})
t.test('a folder knows the one that it is in, by which a rename tells what it would put into itself', async (t) => {
  const [d, sub, empty] = [node('d'), node('d/sub'), node('empty')]
  t.strictSame(
    [root, d, sub, empty].map(({ i_parent }) => i_parent),
    [null, root, d, root],
  )
  const children = d.i_children as Map<string, unknown>
  children.values = () => {
    throw new Error('what is below is not looked through')
  }
  t.equal(vfs_rename('d', 'd/sub/x'), -EINVAL)
  t.equal(vfs_rename('d/sub', 'empty/sub'), 0)
  t.equal(sub.i_parent, empty)
  t.equal(vfs_rename('d', 'empty/sub/d'), 0)
  t.equal(vfs_rename('empty', 'empty/sub/d/x'), -EINVAL)
  t.equal(vfs_rename('empty/sub/d', 'd'), 0)
  vfs_rmdir('empty/sub')
  t.equal(sub.i_parent, null)
})
t.test('rename to another name of the same node does nothing', async (t) => {
  vfs_link('dev', 'link')
  t.equal(vfs_rename('dev', 'link'), 0)
  t.equal(vfs_rename('d', 'd'), 0)
  t.equal(node('dev'), node('link'))
  t.equal(node('dev').i_nlink, 2)
})
t.test('chmod keeps the type, chown what is null', async (t) => {
  t.equal(vfs_chmod(node('dev'), S_IFDIR | 0o4711), 0)
  t.equal(node('dev').i_mode, S_IFCHR | 0o4711)
  vfs_chown(node('dev'), 1, 2)
  vfs_chown(node('dev'), null, 3)
  t.match(node('dev'), { i_uid: 1, i_gid: 3 })
  vfs_chown(node('dev'), 0, null)
  t.match(node('dev'), { i_uid: 0, i_gid: 3 })
})
t.test('chown takes the bits away by which a program runs as its owner, of all but folders', async (t) => {
  const after = (path: string, mode: number) => {
    vfs_chmod(node(path), mode)
    vfs_chown(node(path), null, null)
    return node(path).i_mode & 0o7777
  }
  t.equal(after('dev', 0o7775), 0o1775)
  t.equal(after('dev', 0o6745), 0o2745, 'without x for the group it is no such bit')
  t.equal(after('dev', 0o4600), 0o600)
  t.equal(after('d', 0o7775), 0o7775)
})
t.test('nothing is made in a folder that was taken away, nor has what was taken away a name again', async (t) => {
  const gone = node('empty')
  const dev = node('dev')
  t.equal(vfs_rmdir('empty'), 0)
  t.equal(vfs_mkdir([gone, 'x'], 0o755), -ENOENT)
  t.equal(vfs_symlink('dev', [gone, 'x']), -ENOENT)
  t.equal(vfs_link(dev, [gone, 'x']), -ENOENT)
  t.equal(vfs_rename('dev', [gone, 'x']), -ENOENT)
  t.equal(vfs_mknod([gone, 'x']), -ENOENT)
  t.equal(gone.i_children?.size, 0)
  t.equal(node('dev'), dev)
  vfs_unlink('dev')
  t.equal(vfs_link(dev, 'again'), -ENOENT)
})
t.test('a change of names is a change of the folder; utimes sets what it is given', async (t) => {
  for (const change of [
    () => vfs_mkdir('d/new', 0o755),
    () => vfs_rename('d/new', 'd/newer'),
    () => vfs_rename('d/newer', 'newest'),
    () => vfs_unlink('d/dev'),
  ]) {
    vfs_utimes(node('d'), 1000, 2000)
    t.match(node('d'), { i_atime: 1000, i_mtime: 2000 })
    const before = Date.now()
    change()
    t.ok(node('d').i_mtime >= before)
    t.equal(node('d').i_atime, 1000)
  }
})

t.test('a folder and a name in it serve as well as a path', async (t) => {
  t.teardown(() => vfs_rmdir('held'))
  t.equal(vfs_mkdir('held', 0o755), 0)
  const held = lookup('held') as inode
  t.equal(vfs_mkdir([held, 'below'], 0o700), 0)
  t.type(lookup('held/below'), 'object')
  t.equal(vfs_mkdir([held, ''], 0o700), -EINVAL)
  t.equal(vfs_rename([held, 'below'], 'held/other', RENAME_NOREPLACE), 0)
  t.equal(vfs_mkdir([held, 'below'], 0o700), 0)
  t.equal(vfs_rename([held, 'below'], [held, 'other'], RENAME_NOREPLACE), -EEXIST)
  t.equal(vfs_rename([held, 'below'], [held, 'other'], RENAME_EXCHANGE), -EINVAL)
  t.equal(vfs_rename('held', [lookup('held/other') as inode, 'x']), -EINVAL, 'into itself')
  t.equal(vfs_rename([held, 'other'], 'held'), -ENOTEMPTY)
  for (const name of ['below', 'other']) t.equal(vfs_rmdir([held, name]), 0)
})
