// The requests of /dev/fuse that are about nodes: look-ups, attributes, and what changes the tree. The kernel knows a
// node by its number, from the answer that first tells of it until it says that it has forgotten it.
//
// Each request's function returns an errno, or 0 for an answer without a body; null where it has answered or needs no
// answer.
import { randomBytes } from 'node:crypto'
import { EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM } from '../errno.js'
import { NAME_MAX, PATH_MAX } from '../limits.js'
import { bytesOf, stringOf } from '../surrogateescape.js'
import { type inode, S_IFMT, S_IFREG } from '../vfs/fs.js'
import {
  type dentry,
  onRemoved,
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
} from '../vfs/namei.js'
import { under } from '../vfs/underlay.js'
import { shownMode } from './answers.js'
import type { Answers } from './dev-fuse-answers.js'
import type { Buffers } from './dev-fuse-buffers.js'
import type { Sized, Sizes } from './dev-fuse-sizes.js'
import { Truncations } from './dev-fuse-truncate.js'
import * as P from './protocol.js'
import type { FuseRequest } from './request.js'

/** How long the kernel keeps names and attributes, in milliseconds: it is told when they change. */
export const keepMs = 3_600_000

/** A node that is there to wake the thread; no listing has it, and its name is another one each time. */
export const WAKE_INO = 2 ** 40
const newWakeName = () => `.lunatik-wake-${randomBytes(16).toString('hex')}`
const wakeAttr: P.FuseAttr = {
  ino: WAKE_INO,
  size: 0,
  atime: 0,
  mtime: 0,
  ctime: 0,
  mode: S_IFREG,
  nlink: 1,
  uid: 0,
  gid: 0,
}

export const fuseAttr = (node: inode, size = node.i_size): P.FuseAttr => ({
  ino: node.i_ino,
  size,
  atime: node.i_atime,
  mtime: node.i_mtime,
  ctime: node.i_ctime,
  mode: shownMode(node),
  nlink: node.i_nlink,
  uid: node.i_uid,
  gid: node.i_gid,
})

/** How long the attributes of a node hold: those that change by themselves not at all. */
export const attrMs = (node: inode) => (node.i_dynamic ? 0 : keepMs)

/** A node that the kernel knows. */
export interface Known extends Sized {
  /** How often the kernel has been told of it. */
  lookups: number
}

const newKnown = (inode: inode): Known => ({ inode, lookups: 1, opens: 0, pages: 0 })

/** The bits of a SETATTR that set something. */
const setting = P.FATTR_MODE | P.FATTR_UID | P.FATTR_GID | P.FATTR_SIZE | P.FATTR_ATIME | P.FATTR_MTIME

/** What becomes of the node by which the thread is woken. */
export interface Waking {
  readonly woken: (mark: number) => void
  readonly wakes: (ino: number) => void
  readonly look: (name: string) => void
}

/** Whether the kernel takes a node for a regular file: it gives data of no other. */
const isRegular = (node: inode) => (shownMode(node) & S_IFMT) === S_IFREG

/** The nodes of one connection. */
export class Nodes {
  readonly #buffers: Buffers
  readonly #answers: Answers
  readonly #sizes: Sizes
  readonly #waking: Waking
  readonly #wakeName = newWakeName()
  /** How often the kernel has been told of the node that is there for that. */
  #wakeLookups = 0
  /** The node by which the thread is woken: that one, or where the kernel doesn't know it any other; 0 for none. */
  #wake = 0
  readonly #known = new Map<number, Known>()
  readonly truncations = new Truncations()
  /** Whether the kernel is told of names that are taken away. */
  telling = false
  /** Ends the work for names that are taken away. */
  readonly close: () => void

  constructor(buffers: Buffers, answers: Answers, sizes: Sizes, waking: Waking) {
    this.#buffers = buffers
    this.#answers = answers
    this.#sizes = sizes
    this.#waking = waking
    this.#known.set(P.FUSE_ROOT_ID, newKnown(root))
    this.close = onRemoved((folder, name, node) => this.#removed(folder, name, node))
  }

  /** The node of that number; null for one that the kernel doesn't know. */
  get(nodeid: number): inode | null {
    return this.#known.get(nodeid)?.inode ?? null
  }

  /** What is known of the node of that number; null for one that the kernel doesn't know. */
  known(nodeid: number): Known | null {
    return this.#known.get(nodeid) ?? null
  }

  /** The kernel is told of a node once more. */
  know(inode: inode): void {
    const known = this.#known.get(inode.i_ino)
    if (known === undefined) this.#known.set(inode.i_ino, newKnown(inode))
    else known.lookups++
    if (this.#wake === 0 && isRegular(inode)) this.#setWake(inode.i_ino)
  }

  #setWake(ino: number): void {
    this.#wake = ino
    this.#waking.wakes(ino)
    // Who wanted to wake the thread meanwhile could not.
    this.#waking.woken(0)
  }

  /** The kernel knows no node by which the thread can be woken, as at the beginning: it is to know one. */
  start(): void {
    this.#waking.look(this.#wakeName)
  }

  /** The kernel has forgotten a node. */
  #gone(nodeid: number): void {
    if (nodeid !== this.#wake) return
    let other = this.#wakeLookups > 0 ? WAKE_INO : 0
    if (other === 0) for (const { inode } of this.#known.values()) if (isRegular(inode)) other = inode.i_ino
    this.#setWake(other)
    if (other === 0) this.start()
  }

  #forget(nodeid: number, lookups: number): void {
    if (nodeid === WAKE_INO) {
      this.#wakeLookups = Math.max(this.#wakeLookups - lookups, 0)
      if (this.#wakeLookups === 0) this.#gone(WAKE_INO)
      return
    }
    const known = this.#known.get(nodeid)
    if (known === undefined || nodeid === P.FUSE_ROOT_ID) return
    known.lookups -= lookups
    if (known.lookups > 0) return
    this.#known.delete(nodeid)
    this.#gone(nodeid)
  }

  forget(r: FuseRequest): null {
    this.#forget(r.nodeid, r.u64(P.FORGET_IN.NLOOKUP))
    return null
  }

  batchForget(r: FuseRequest): null {
    const { FIRST, COUNT } = P.BATCH_FORGET_IN
    const { WORDS, NODEID, NLOOKUP } = P.FORGET_ONE
    const count = Math.min(r.u32(COUNT), Math.floor((r.len / 4 - FIRST) / WORDS))
    for (let at = FIRST; at < FIRST + count * WORDS; at += WORDS) this.#forget(r.u64(at + NODEID), r.u64(at + NLOOKUP))
    return null
  }

  /** A name was taken away by other means than a request: the kernel is to forget it. */
  #removed(folder: inode, name: string, node: inode): void {
    if (!this.telling) return
    for (const { i_ino } of [folder, node]) if (this.#known.has(i_ino)) this.#answers.forgetAttributes(i_ino)
    if (this.#known.has(folder.i_ino)) this.#answers.forgetName(folder.i_ino, name, node)
  }

  // Look-ups and attributes.

  lookup(r: FuseRequest): number | null {
    const at = this.#named(r, P.NAME_IN.NAME_AT)
    if (typeof at === 'number') return at
    const [folder, name] = at
    if (this.#isWake(at)) return this.#wakeEntry(r)
    if (folder.i_children === null) return -ENOTDIR
    const node = folder.i_children.get(name)
    if (node === undefined) return this.#absent(r, folder, name)
    const known = this.#known.get(node.i_ino)
    if (known !== undefined) this.#sizes.telling(known)
    return this.#entry(r, node, node.i_size, attrMs(node))
  }

  /** The answer to a look-up of a name that the folder doesn't have itself. */
  #absent(r: FuseRequest, folder: inode, name: string): number | null {
    if (bytesOf(name).length > NAME_MAX) return -ENAMETOOLONG
    const link = under(folder, name)
    return link === null ? -ENOENT : this.#entry(r, link, link.i_size, 0, 0)
  }

  /** Answers with the entry of a node. */
  #entry(r: FuseRequest, node: inode, size: number, attrMs: number, entryMs = keepMs): null {
    const { small } = this.#buffers
    const length = small.entry(P.OUT_BODY, fuseAttr(node, size), entryMs, attrMs)
    // What the kernel was not told of it does not forget.
    if (this.#answers.transmit(r, small, length)) this.know(node)
    return null
  }

  #isWake([folder, name]: Place): boolean {
    return folder === root && name === this.#wakeName
  }

  #wakeEntry(r: FuseRequest): null {
    const { small } = this.#buffers
    if (!this.#answers.transmit(r, small, small.entry(P.OUT_BODY, wakeAttr, 0, 0))) return null
    this.#wakeLookups++
    this.#setWake(WAKE_INO)
    return null
  }

  getattr(r: FuseRequest): number | null {
    if (r.nodeid === WAKE_INO) {
      const { small } = this.#buffers
      return this.#answers.send(r, small, small.attrOut(wakeAttr, 0))
    }
    const known = this.known(r.nodeid)
    if (known === null) return -ENOENT
    this.#sizes.telling(known)
    return this.attributes(r, known.inode)
  }

  /** Answers with a node's attributes. */
  attributes(r: FuseRequest, node: inode, size = node.i_size, ms = attrMs(node)): null {
    const { small } = this.#buffers
    return this.#answers.send(r, small, small.attrOut(fuseAttr(node, size), ms))
  }

  setattr(r: FuseRequest): number | null {
    const known = this.known(r.nodeid)
    if (known === null) return -ENOENT
    const node = known.inode
    const { VALID, MODE, UID, GID, ATIME, ATIMENSEC, MTIME, MTIMENSEC } = P.SETATTR_IN
    const valid = r.u32(VALID)
    if ((valid & P.FATTR_SIZE) === 0) this.truncations.used(r.pid)
    else if (!this.#isOpening(r, valid)) return -EINVAL
    const time = (word: number, nsec: number) => r.i64(word) * 1000 + r.u32(nsec) / 1e6
    if (valid & P.FATTR_MODE) vfs_chmod(node, r.u32(MODE))
    // A chown(2) that leaves both as they are asks for nothing, and is one still.
    if (valid & (P.FATTR_UID | P.FATTR_GID) || (valid & setting) === 0) {
      vfs_chown(node, valid & P.FATTR_UID ? r.u32(UID) : null, valid & P.FATTR_GID ? r.u32(GID) : null)
    }
    if (valid & (P.FATTR_ATIME | P.FATTR_MTIME)) {
      const now = Date.now()
      const atime = valid & P.FATTR_ATIME ? (valid & P.FATTR_ATIME_NOW ? now : time(ATIME, ATIMENSEC)) : node.i_atime
      const mtime = valid & P.FATTR_MTIME ? (valid & P.FATTR_MTIME_NOW ? now : time(MTIME, MTIMENSEC)) : node.i_mtime
      vfs_utimes(node, atime, mtime)
    }
    const size = this.#sizes.counting(known)
    return size === null ? this.attributes(r, node) : this.attributes(r, node, size, 0)
  }

  /** Whether a change of the size is a part of an open(2). */
  #isOpening(r: FuseRequest, valid: number): boolean {
    return (valid & P.FATTR_FH) === 0 && r.u64(P.SETATTR_IN.SIZE) === 0 && this.truncations.isOpen(r.pid, r.nodeid)
  }

  readlink(r: FuseRequest): number | null {
    const node = this.get(r.nodeid)
    if (node === null) return -ENOENT
    if (node.i_link === null) return -EINVAL
    const reply = this.#buffers.reply(PATH_MAX)
    const target = bytesOf(node.i_link).subarray(0, PATH_MAX - 1)
    reply.body(target.length).set(target)
    return this.#answers.send(r, reply, target.length)
  }

  listxattr(r: FuseRequest): number | null {
    if (r.u32(P.GETXATTR_IN.SIZE) !== 0) return 0
    const { small } = this.#buffers
    small.set32(P.GETXATTR_OUT.SIZE, 0)
    small.set32(P.GETXATTR_OUT.PADDING, 0)
    return this.#answers.send(r, small, P.GETXATTR_OUT.BYTES)
  }

  statfs(r: FuseRequest): null {
    const { small } = this.#buffers
    small.body(P.STATFS_OUT.BYTES).fill(0)
    small.set32(P.STATFS_OUT.BSIZE, 4096)
    small.set32(P.STATFS_OUT.NAMELEN, NAME_MAX)
    small.set32(P.STATFS_OUT.FRSIZE, 4096)
    return this.#answers.send(r, small, P.STATFS_OUT.BYTES)
  }

  // Changes of the tree.

  /** The folder of a request and the name at `offset` of it, which may be changed; -ENOENT, -EINVAL, -EPERM. */
  #place(r: FuseRequest, offset: number): Place | number {
    const place = this.#named(r, offset)
    return typeof place === 'object' && this.#isWake(place) ? -EPERM : place
  }

  /** The same for any name. */
  #named(r: FuseRequest, offset: number): Place | number {
    const folder = this.get(r.nodeid)
    if (folder === null) return -ENOENT
    const name = r.name(offset)
    return name === null ? -EINVAL : [folder, stringOf(name)]
  }

  /** Makes what `make` makes at the request's name, and answers with its entry. */
  #make(r: FuseRequest, offset: number, make: (where: dentry) => number): number | null {
    const where = this.#place(r, offset)
    if (typeof where === 'number') return where
    const ret = make(where)
    const node = where[0].i_children?.get(where[1])
    if (ret < 0 || node === undefined) return ret
    const known = this.known(node.i_ino)
    const size = known === null ? null : this.#sizes.counting(known)
    return size === null ? this.#entry(r, node, node.i_size, attrMs(node)) : this.#entry(r, node, size, 0)
  }

  /** The second of two names, the first of which is at `offset`. */
  #second(r: FuseRequest, offset: number): string | null {
    const first = r.name(offset)
    const second = first === null ? null : r.name(offset + first.length + 1)
    return second === null ? null : stringOf(second)
  }

  mkdir(r: FuseRequest): number | null {
    const mode = r.u32(P.MKDIR_IN.MODE) & ~r.u32(P.MKDIR_IN.UMASK)
    return this.#make(r, P.MKDIR_IN.NAME_AT, (where) => vfs_mkdir(where, mode))
  }

  symlink(r: FuseRequest): number | null {
    const target = this.#second(r, P.NAME_IN.NAME_AT)
    return target === null ? -EINVAL : this.#make(r, P.NAME_IN.NAME_AT, (where) => vfs_symlink(target, where))
  }

  link(r: FuseRequest): number | null {
    const old = this.get(r.u64(P.LINK_IN.OLDNODEID))
    return old === null ? -ENOENT : this.#make(r, P.LINK_IN.NAME_AT, (where) => vfs_link(old, where))
  }

  mknod(r: FuseRequest): number {
    const where = this.#place(r, P.MKNOD_IN.NAME_AT)
    return typeof where === 'number' ? where : vfs_mknod(where)
  }

  unlink(r: FuseRequest): number {
    const where = this.#place(r, P.NAME_IN.NAME_AT)
    return typeof where === 'number' ? where : vfs_unlink(where)
  }

  rmdir(r: FuseRequest): number {
    const where = this.#place(r, P.NAME_IN.NAME_AT)
    return typeof where === 'number' ? where : vfs_rmdir(where)
  }

  rename(r: FuseRequest): number {
    return this.#rename(r, r.u64(P.RENAME_IN.NEWDIR), 0, P.RENAME_IN.NAMES_AT)
  }

  rename2(r: FuseRequest): number {
    return this.#rename(r, r.u64(P.RENAME2_IN.NEWDIR), r.u32(P.RENAME2_IN.FLAGS), P.RENAME2_IN.NAMES_AT)
  }

  #rename(r: FuseRequest, newdir: number, flags: number, offset: number): number {
    const from = this.#place(r, offset)
    if (typeof from === 'number') return from
    const folder = this.get(newdir)
    if (folder === null) return -ENOENT
    const name = this.#second(r, offset)
    if (name === null) return -EINVAL
    return this.#isWake([folder, name]) ? -EPERM : vfs_rename(from, [folder, name], flags)
  }
}

/** A folder and a name in it. */
type Place = readonly [folder: inode, name: string]
