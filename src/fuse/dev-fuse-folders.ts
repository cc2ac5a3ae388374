// The requests of /dev/fuse that read folders. A listing is of the moment at which it began; what has gone since is
// left out of what is still to come.
import { EBADF, ENOENT, ENOTDIR } from '../errno.js'
import { bytesOf, stringOf } from '../surrogateescape.js'
import { type inode, S_IFCHR, S_IFMT, S_IFREG } from '../vfs/fs.js'
import { entriesOf, under } from '../vfs/underlay.js'
import type { Answers } from './dev-fuse-answers.js'
import type { Buffers } from './dev-fuse-buffers.js'
import { attrMs, fuseAttr, keepMs, type Nodes } from './dev-fuse-nodes.js'
import type { Sizes } from './dev-fuse-sizes.js'
import { HandleTable } from './handles.js'
import * as P from './protocol.js'
import type { FuseRequest } from './request.js'

/** What a folder's open file keeps: its entries as they were when the listing began. */
interface Listing {
  readonly folder: inode
  entries: readonly (readonly [name: Buffer, node: inode])[] | null
}

/** The type of a directory entry. */
const direntType = (mode: number) => ((mode & S_IFMT) === S_IFCHR ? S_IFREG : mode & S_IFMT) >> 12

/** The open folders of one connection. */
export class Folders {
  readonly #buffers: Buffers
  readonly #answers: Answers
  readonly #nodes: Nodes
  readonly #sizes: Sizes
  readonly #listings = new HandleTable<Listing>()

  constructor(buffers: Buffers, answers: Answers, nodes: Nodes, sizes: Sizes) {
    this.#buffers = buffers
    this.#answers = answers
    this.#sizes = sizes
    this.#nodes = nodes
  }

  open(r: FuseRequest): number | null {
    const folder = this.#nodes.get(r.nodeid)
    if (folder === null) return -ENOENT
    if (folder.i_children === null) return -ENOTDIR
    const { small } = this.#buffers
    const handle = this.#listings.add({ folder, entries: null })
    if (!this.#answers.transmit(r, small, small.openOut(handle, 0))) this.#listings.remove(handle)
    return null
  }

  release(r: FuseRequest): number {
    return this.#listings.remove(r.u64(P.RELEASE_IN.FH)) === null ? -EBADF : 0
  }

  /** READDIR and READDIRPLUS, which tells of the nodes as look-ups do. */
  read(r: FuseRequest): number | null {
    const listing = this.#listings.get(r.u64(P.READ_IN.FH))
    if (listing === null) return -EBADF
    const plus = r.opcode === P.FUSE_READDIRPLUS
    const offset = r.u64(P.READ_IN.OFFSET)
    const size = r.u32(P.READ_IN.SIZE)
    const { folder } = listing
    if (offset === 0 || listing.entries === null) {
      listing.entries = [
        [Buffer.from('.'), folder],
        [Buffer.from('..'), folder],
        ...entriesOf(folder).map(([name, node]) => [bytesOf(name), node] as const),
      ]
    }
    const reply = this.#buffers.reply(size)
    const limit = Math.min(size, reply.capacity)
    let end = 0
    const told: inode[] = []
    for (let i = offset; i < listing.entries.length; i++) {
      const [name, node] = listing.entries[i] as readonly [Buffer, inode]
      // A name that is gone by now would be known to the kernel again.
      const own = i < 2 || folder.i_children?.get(stringOf(name)) === node
      if (!own && (folder.i_children?.has(stringOf(name)) || under(folder, stringOf(name)) !== node)) continue
      // A link to what the mount covers goes as soon as the mount has the name.
      const times = own ? { entryMs: keepMs, attrMs: attrMs(node) } : { entryMs: 0, attrMs: 0 }
      const known = plus ? { attr: fuseAttr(node), ...times } : null
      const next = reply.dirent(end, limit, name, node.i_ino, direntType(node.i_mode), i + 1, known)
      if (next === null) break
      // The kernel counts no look-up of these two.
      if (plus && i < 2) reply.clearEntry(end)
      else if (plus) told.push(node)
      end = next
    }
    for (const { i_ino } of told) {
      const known = this.#nodes.known(i_ino)
      if (known !== null) this.#sizes.telling(known)
    }
    // What the kernel was not told of it does not forget.
    if (this.#answers.transmit(r, reply, end)) for (const node of told) this.#nodes.know(node)
    return null
  }
}
