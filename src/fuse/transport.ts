// How a mount's requests reach the VFS. One file a transport; they know the VFS and errno, nothing of Lua.
import type { Mountpoint } from './mountpoint.js'

/** What a transport needs to mount. */
export interface TransportOptions {
  /** The folder to mount on. */
  readonly mountpoint: Mountpoint
  /**
   * How many requests may wait for an answer at once; who comes beyond gets EAGAIN.
   * Default: what the transport bears.
   */
  readonly waitingMax?: number
  /**
   * How long a request may wait before it is answered with ETIMEDOUT, in milliseconds; 0 means for ever.
   * Default: what the transport bears.
   */
  readonly waitMs?: number
}

/** One mount. */
export interface Transport {
  /** Resolves once programs can open files on the mount. Rejects with a {@link UserError}. */
  mount(): Promise<void>
  /** Whether it is mounted anywhere. */
  isMounted(): boolean
  /** Answers what waits with ENXIO, then unmounts. May be called again; never rejects. */
  unmount(): Promise<void>
}
