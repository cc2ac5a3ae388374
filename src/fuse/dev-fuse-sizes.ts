// The size that the kernel believes a device to have, which is not the one that stat(2) shows.
//
// sendfile, splice, io_uring and libaio compare a position with the size before they ask for anything: in a device of
// size 0 they are at the end at once, without an error. So while a device is open, the kernel's own size of it is
// raised beyond each position (FUSE_NOTIFY_STORE). What an answer says of the size would lower it again: the kernel
// disregards that where its own knowledge has changed since it asked, as by another store, and stat(2) has the answer's
// all the same. A store costs as much as half a request, but one does for many opens: a size stays raised until an
// answer counts.
import { type inode, S_IFCHR, S_IFMT } from '../vfs/fs.js'
import type { Answers } from './dev-fuse-answers.js'

/** A node as far as the kernel's belief goes. */
export interface Sized {
  readonly inode: inode
  /** How many open files it has. */
  opens: number
  /** How many pages the kernel keeps of it since its size was raised; 0 for one that is not. */
  pages: number
}

/** More pages than that, 1 MiB, are not kept for one node. */
const pagesMax = 256

/**
 * Raised sizes, in units of 2^32 bytes: an int of 32 bits that a program has of one, as by FIONREAD, is 0. Each is
 * further on than those before, where no page is in use that a program could have locked.
 */
const unit = 2 ** 32
const raisedFirst = 2 ** 18
const raisedLast = 2 ** 31 - 1

/** Whether it is a device whose driver says nothing of a size. */
export const isSizeless = ({ i_mode, i_dynamic }: inode) => (i_mode & S_IFMT) === S_IFCHR && !i_dynamic

/** The sizes that one connection's kernel believes in. */
export class Sizes {
  readonly #answers: Answers
  #last = raisedFirst
  /** By handle: files whose next request comes after the kernel has lowered their node's size by itself. */
  readonly #lowering = new Map<number, { readonly node: Sized; settled: boolean }>()

  constructor(answers: Answers) {
    this.#answers = answers
  }

  /** Whether some size is lowered by now, or will be: {@link used} is to be told of each request on a file. */
  get pending(): boolean {
    return this.#lowering.size > 0
  }

  #next(): number {
    this.#last = this.#last < raisedLast ? this.#last + 1 : raisedFirst
    return this.#last
  }

  #raise(node: Sized): void {
    node.pages++
    this.#answers.store(node.inode.i_ino, this.#next())
  }

  /** Before the answer to an open. */
  opening(node: Sized): void {
    node.opens++
    if (node.pages === 0 && isSizeless(node.inode)) this.#raise(node)
  }

  /** The kernel lowers the size once it has the answer that is sent next, for which the file of `handle` waits. */
  lowers(node: Sized, handle: number): void {
    if (!isSizeless(node.inode)) return
    node.pages = 0
    this.#lowering.set(handle, { node, settled: false })
  }

  /** A request on that file has come: the answer before it has had its effect. */
  used(handle: number): void {
    const node = this.#lowering.get(handle)?.node
    this.#lowering.delete(handle)
    if (node !== undefined && node.opens > 0) this.#raise(node)
    this.settle()
  }

  /** A while has gone by: what is to be lowered is by now, as a rule. If not, the file's next request comes later. */
  settle(): void {
    for (const lowering of this.#lowering.values()) {
      if (!lowering.settled && lowering.node.opens > 0) this.#raise(lowering.node)
      lowering.settled = true
    }
  }

  /** At the last close of a file. */
  closed(node: Sized, handle: number): void {
    if (node.opens > 0) node.opens--
    if (this.pending) this.used(handle)
  }

  /** Before an answer with a node's attributes: they count where nothing is open. */
  telling(node: Sized): void {
    if (!isSizeless(node.inode)) return
    if (node.opens === 0) node.pages = 0
    else if (node.pages < pagesMax) this.#raise(node)
    // That does it as well, but has the kernel ask for attributes at the next open, too.
    else this.#answers.forgetAttributes(node.inode.i_ino)
  }

  /**
   * For an answer with a node's attributes that counts whatever has changed meanwhile.
   * @returns the size to be told there, which must not be kept for stat(2); null for the node's own
   */
  counting(node: Sized): number | null {
    if (!isSizeless(node.inode)) return null
    if (node.pages === 0) node.pages = 1
    return this.#next() * unit
  }
}
