// Types for the part of fuse-native and fuse-shared-library-linux that fuse-native.ts uses: neither publishes any.
declare module 'fuse-native' {
  namespace Fuse {
    type Callback = (err: number) => void
    interface Stat {
      readonly mode: number
      readonly uid: number
      readonly gid: number
      readonly size: number
      readonly nlink: number
      readonly ino: number
      readonly atime: Date
      readonly mtime: Date
      readonly ctime: Date
    }
    interface Handlers {
      getattr(path: string, cb: (err: number, stat?: Stat) => void): void
      readdir(path: string, cb: (err: number, names?: string[], stats?: Stat[]) => void): void
      readlink(path: string, cb: (err: number, target?: string) => void): void
      statfs(path: string, cb: (err: number, statfs?: object) => void): void
      open(path: string, flags: number, cb: (err: number, fd?: number) => void): void
      create(path: string, mode: number, cb: (err: number, fd?: number) => void): void
      flush(path: string, fd: number, cb: Callback): void
      release(path: string, fd: number, cb: Callback): void
      read(path: string, fd: number, buf: Buffer, len: number, pos: number, cb: Callback): void
      write(path: string, fd: number, buf: Buffer, len: number, pos: number, cb: Callback): void
      fsync(path: string, datasync: boolean, fd: number, cb: Callback): void
      truncate(path: string, size: number, cb: Callback): void
      ftruncate(path: string, fd: number, size: number, cb: Callback): void
      chmod(path: string, mode: number, cb: Callback): void
      chown(path: string, uid: number, gid: number, cb: Callback): void
      utimens(path: string, atime: number, mtime: number, cb: Callback): void
      mknod(path: string, mode: number, dev: number, cb: Callback): void
      mkdir(path: string, mode: number, cb: Callback): void
      rmdir(path: string, cb: Callback): void
      unlink(path: string, cb: Callback): void
      rename(src: string, dest: string, cb: Callback): void
      link(src: string, dest: string, cb: Callback): void
      symlink(target: string, path: string, cb: Callback): void
    }
  }
  class Fuse {
    constructor(mnt: string, ops: Fuse.Handlers, opts: { timeout: false })
    protected _fuseOptions(): string
    mount(cb: (err: Error | null) => void): void
    unmount(cb: (err: Error | null) => void): void
    static unmount(mnt: string, cb: (err: Error | null) => void): void
  }
  export = Fuse
}

declare module 'fuse-shared-library-linux' {
  const paths: { readonly lib: string }
  export = paths
}
