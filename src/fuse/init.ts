// FUSE_INIT, the first request of a connection: which version and which of the protocol's parts both sides use.
import * as P from './protocol.js'
import type { FuseReply } from './reply.js'
import type { FuseRequest } from './request.js'

/** What INIT's answer settles. */
export interface FuseInit {
  readonly minor: number
  /** The longest write and read, in bytes. */
  readonly maxWrite: number
  readonly flags: number
}

/** The flags that this server wants where the kernel has them. */
const wantedFlags =
  P.FUSE_ASYNC_READ |
  P.FUSE_BIG_WRITES |
  P.FUSE_DO_READDIRPLUS |
  P.FUSE_READDIRPLUS_AUTO |
  P.FUSE_ASYNC_DIO |
  P.FUSE_PARALLEL_DIROPS |
  P.FUSE_MAX_PAGES |
  P.FUSE_HANDLE_KILLPRIV_V2

/** The longest transfer without FUSE_MAX_PAGES, in bytes: 32 pages. */
const MAX_WRITE_OLD = 128 << 10

/**
 * Answers INIT.
 * @param maxPages how many pages of 4 KiB a transfer may have at most
 * @returns what is settled and the body's length; null where the kernel's version can't be served
 */
export function fuse_init(request: FuseRequest, reply: FuseReply, maxPages: number): [FuseInit, number] | null {
  const major = request.u32(P.INIT_IN.MAJOR)
  const minor = request.u32(P.INIT_IN.MINOR)
  if (major < P.FUSE_KERNEL_VERSION || (major === P.FUSE_KERNEL_VERSION && minor < P.FUSE_MINOR_VERSION_MIN))
    return null
  const newer = major > P.FUSE_KERNEL_VERSION
  const flags = newer ? 0 : request.u32(P.INIT_IN.FLAGS) & wantedFlags
  const maxWrite = flags & P.FUSE_MAX_PAGES ? maxPages * 4096 : MAX_WRITE_OLD
  // A kernel of another major version asks again with ours.
  const settled = newer ? P.FUSE_KERNEL_MINOR_VERSION : Math.min(minor, P.FUSE_KERNEL_MINOR_VERSION)
  reply.body(P.INIT_OUT.BYTES).fill(0)
  reply.set32(P.INIT_OUT.MAJOR, P.FUSE_KERNEL_VERSION)
  reply.set32(P.INIT_OUT.MINOR, settled)
  reply.set32(P.INIT_OUT.MAX_READAHEAD, request.u32(P.INIT_IN.MAX_READAHEAD))
  reply.set32(P.INIT_OUT.FLAGS, flags)
  reply.set32(P.INIT_OUT.MAX_BACKGROUND, 0xffff | (0xffff << 16)) // nothing runs in the background
  reply.set32(P.INIT_OUT.MAX_WRITE, maxWrite)
  reply.set32(P.INIT_OUT.TIME_GRAN, 1) // in nanoseconds
  reply.set32(P.INIT_OUT.MAX_PAGES, maxPages)
  return [{ minor: settled, maxWrite, flags }, P.INIT_OUT.BYTES]
}
