// What is shown of the folder that a mount covers.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { inode } from '../../src/vfs/fs.js'
import { devtmpfs_create_node, devtmpfs_delete_node, lookup, root } from '../../src/vfs/namei.js'
import { entriesOf, under, underlay } from '../../src/vfs/underlay.js'

t.test('a name that the mount has not is a link to what is there', async (t) => {
  const dir = t.testdir({ null: '', net: { tun: '' } })
  symlinkSync('null', join(dir, 'link'))
  const links = () => entriesOf(root).map(([name, node]) => [name, node.i_link])
  t.equal(under(root, 'null'), null, 'nothing before')
  t.strictSame(links(), [])
  underlay(dir)
  t.teardown(() => underlay(null))
  t.equal(under(root, 'null')?.i_link, join(dir, 'null'))
  t.equal(under(root, 'null'), under(root, 'null'), 'one node for each')
  t.equal(under(root, 'link')?.i_link, 'null', "a link's own target")
  t.equal(under(root, 'none'), null)
  t.strictSame(links().sort(), [
    ['link', 'null'],
    ['net', join(dir, 'net')],
    ['null', join(dir, 'null')],
  ])
  writeFileSync(join(dir, 'later'), '')
  t.equal(under(root, 'later')?.i_link, join(dir, 'later'), 'also what comes later')

  t.equal(devtmpfs_create_node('net/mine', 1, 0), 0)
  t.equal(devtmpfs_create_node('null', 2, 0), 0)
  const net = lookup('net') as inode
  t.equal(under(net, 'tun')?.i_link, join(dir, 'net/tun'), 'in a folder that both have')
  t.strictSame(
    entriesOf(net)
      .map(([name]) => name)
      .sort(),
    ['mine', 'tun'],
  )
  t.equal(links().filter(([name]) => name === 'null').length, 1, 'a device goes before the link')
  t.equal(links().find(([name]) => name === 'null')?.[1], null)
  devtmpfs_delete_node('null', 2)
  devtmpfs_delete_node('net/mine', 1)
  t.strictSame(
    links().find(([name]) => name === 'null'),
    ['null', join(dir, 'null')],
    'and leaves it again',
  )
  t.equal(under(net, 'tun'), null, 'a folder that is gone has none')

  mkdirSync(join(dir, 'd'))
  t.equal(devtmpfs_create_node('own/d', 3, 0), 0)
  t.strictSame(
    entriesOf(lookup('own') as inode).map(([name]) => name),
    ['d'],
    'a folder of the mount alone',
  )
  devtmpfs_delete_node('own/d', 3)
})
