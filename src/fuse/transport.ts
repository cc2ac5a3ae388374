// How a mount's requests reach the VFS. One file a transport; they know the VFS and errno, nothing of Lua.

/** What a transport needs to mount. */
export interface TransportOptions {
  /** The folder to mount on: absolute, existing, without symbolic links. */
  readonly mountpoint: string
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
  /** Resolves once programs can open files on the mount. Rejects with a {@link MountError}. */
  mount(): Promise<void>
  /** Answers what waits with ENXIO, then unmounts. May be called again; never rejects. */
  unmount(): Promise<void>
}

/** Why a mount isn't possible, in one line for the user. */
export class MountError extends Error {
  override readonly name = 'MountError'
}
