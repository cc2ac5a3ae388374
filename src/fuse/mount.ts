// A mount of ours as the kernel knows it, wherever it is: its folder may be renamed, covered, moved or bound elsewhere
// while it lasts. Stands for the superblock, by which all its mounts are one.
//
// The superblock has a device number, which is used again once it is gone, and an option that nobody else's has:
// max_read, an upper limit of what a read asks for, is beyond what the kernel ever asks for, and each mount has another
// one.
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { coversOf, lunatikType, type MountInfo, mountInfo, stackAt } from '../mountinfo.js'
import { pr_fmt } from '../printk.js'
import { type Argument, fusermountPath, mountCommand, runCommand } from './command.js'
import { mayMount } from './privilege.js'

const { pr_err, pr_warn } = pr_fmt('fuse')

/** How long a program that mounts or unmounts may take, in milliseconds: long on a busy machine. */
const commandMs = 10_000

/** How long another server may take to find that it has mounted over ours, in milliseconds. */
const settleMs = 3000

/** How many mounts are taken away, or moved aside, until the rest counts as endless. */
const roundsMax = 100

/** No read is as long: the kernel asks for 1 MiB at most. */
const readMin = 2 ** 30

/** A mount option that names one mount alone: to be given to it when it is made. */
export const newMountTag = (): string => `max_read=${readMin + randomInt(readMin - 1)}`

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A folder that something is mounted on, held open, so that it is found whatever its path is by now. */
export interface HeldFolder {
  /** Descriptor of the folder above it. */
  readonly parent: number
}

/** Where a mount is: how programs reach its folder, and what covers it there. */
interface Place {
  /** For the commands that change mounts, which get {@link fds} from 3 on. */
  readonly path: Argument
  readonly fds: readonly number[]
  /** The lowest first. */
  readonly covers: readonly MountInfo[]
}

/** A mount that was made; it may have gone since. */
export class Mount {
  /** `major:minor`. */
  readonly device: string
  readonly #tag: string | null
  readonly #folder: HeldFolder | null

  private constructor(device: string, tag: string | null, folder: HeldFolder | null) {
    this.device = device
    this.#tag = tag
    this.#folder = folder
  }

  /** The mount that was made with `tag`; null where there is none. */
  static find(tag: string, folder: HeldFolder | null = null): Mount | null {
    const mount = mountInfo().find(({ options }) => options.includes(tag))
    return mount === undefined ? null : new Mount(mount.device, tag, folder)
  }

  /** The mount of a line of mountinfo, which somebody else has made. */
  static of({ device, options }: MountInfo): Mount {
    return new Mount(device, options.find((option) => option.startsWith('max_read=')) ?? null, null)
  }

  /** All places in which it is mounted, as this process sees them. Touches no mount. */
  mounts(mounts: readonly MountInfo[] = mountInfo()): MountInfo[] {
    return mounts.filter((m) => m.device === this.device && (this.#tag === null || m.options.includes(this.#tag)))
  }

  /** Whether it is mounted anywhere in this mount namespace. Touches no mount. */
  isMounted(): boolean {
    return this.mounts().length > 0
  }

  /** What is mounted below it at the same place; null where nothing is. */
  below(): MountInfo | null {
    const mounts = mountInfo()
    const mine = this.mounts(mounts)
    const isBelow = (lower: MountInfo) =>
      !mine.includes(lower) && mine.some(({ parent, path }) => parent === lower.id && path.equals(lower.path))
    return mounts.find(isBelow) ?? null
  }

  /**
   * Ends the connection: whoever waits for an answer gets ECONNABORTED, who comes then ENOTCONN, and a thread that
   * reads from /dev/fuse is freed. Never waits for the mount. Where fusectl isn't mounted, it may be unmounted as well.
   * @returns whether that was done; never once it is unmounted, as its number may be another's by then
   */
  async abort(): Promise<boolean> {
    if (!this.isMounted()) return false
    try {
      writeFileSync(`/sys/fs/fuse/connections/${this.device.split(':')[1]}/abort`, '1')
      return true
    } catch {} // fusectl isn't mounted, as in most containers.
    if (!mayMount()) return false
    // MNT_FORCE ends the connection first, and unmounts then where nobody uses it.
    return this.#somewhere(async ({ path, fds }) => {
      const { code, stderr } = await runCommand(mountCommand('umount', '-f', '--', path), commandMs, fds)
      return code === 0 || /busy/.test(stderr)
    })
  }

  /**
   * Takes it away in all places, at once, even while files are open on it. What others have mounted over it stays, at
   * its place. What can't be taken away is at least ended, and the log says so. Never waits for the mount; never
   * rejects.
   * @returns whether it is mounted nowhere in this mount namespace
   */
  async unmount(): Promise<boolean> {
    if (await this.tryUnmount()) return true
    const [left] = this.mounts()
    if (left === undefined) return true
    const ended = await this.abort()
    pr_err(`can't unmount ${left.mountpoint}${ended ? ': it is ended, and fails with ENOTCONN' : ''}`)
    return false
  }

  /** The same without a word, and without an end to what can't be taken away. */
  async tryUnmount(): Promise<boolean> {
    // Another server that has mounted over it sees so at once, and takes its own away.
    for (const end = performance.now() + settleMs; this.#isBelowAnother() && performance.now() < end; ) await pause(50)
    for (let round = 0; round < roundsMax && this.isMounted(); round++) {
      if (!(await this.#somewhere(unmountPlace))) break
    }
    return !this.isMounted()
  }

  /** What is mounted over it from now on can be moved aside: what appears in other places as well can't. */
  async makePrivate(): Promise<void> {
    for (const { shared, path } of this.mounts()) {
      if (shared && mayMount()) await runCommand(mountCommand('mount', '--make-private', '--', path), commandMs)
    }
  }

  #isBelowAnother(): boolean {
    const mounts = mountInfo()
    return this.mounts(mounts).some((mount) => coversOf(mounts, mount).some(({ type }) => type === lunatikType))
  }

  /** How to reach it; null where that can't be done. */
  #place(mounts: readonly MountInfo[], mount: MountInfo): Place | null {
    const stack = stackAt(mounts, mount.path)
    const at = stack.findIndex(({ id }) => id === mount.id)
    if (at !== -1) return { path: mount.path, fds: [], covers: stack.slice(at + 1) }
    // Something is mounted over a folder above it: below that a way leads on from the folder that it was made in.
    if (this.#folder === null) return null
    const name = Buffer.from(basename(mount.path.toString('latin1')), 'latin1')
    const path = Buffer.concat([Buffer.from('/proc/self/fd/3/'), name])
    return { path, fds: [this.#folder.parent], covers: coversOf(mounts, mount) }
  }

  /** Does something at one of its places, the newest where that is possible. Returns whether it was done. */
  async #somewhere(act: (place: Place) => Promise<boolean>): Promise<boolean> {
    const mounts = mountInfo()
    for (const mount of this.mounts(mounts).reverse()) {
      const place = this.#place(mounts, mount)
      if (place === null) continue
      if (place.covers.length === 0 ? await act(place) : mayMount() && (await uncovered(place, act))) return true
    }
    return false
  }
}

/** Takes away the topmost mount of a place. */
async function unmountPlace({ path, fds }: Place): Promise<boolean> {
  const command = mayMount()
    ? mountCommand('umount', '-l', '--')
    : [fusermountPath() ?? 'fusermount3', '-u', '-z', '--']
  return (await runCommand([...command, path], commandMs, fds)).code === 0
}

/** Moves aside what covers a place, does something there, and moves it back. Returns whether it was done. */
async function uncovered(place: Place, act: (place: Place) => Promise<boolean>): Promise<boolean> {
  const { path, fds, covers } = place
  const mount = async (...args: Argument[]) =>
    (await runCommand(mountCommand('mount', ...args), commandMs, fds)).code === 0
  const aside = mkdtempSync(join(tmpdir(), 'lunatik-aside-'))
  const moved: string[] = []
  let done = false
  // On a tmpfs of its own, as what is mounted on a shared filesystem appears elsewhere as well.
  if (await mount('-t', 'tmpfs', '-o', 'mode=0700,private', 'lunatik', aside)) {
    for (const cover of covers) {
      const to = join(aside, String(cover.id))
      mkdirSync(to)
      if (!(await mount('--move', path, to))) break
      moved.push(to)
    }
    if (moved.length === covers.length) done = await act(place)
    let back = true
    for (const from of moved.reverse()) {
      if (await mount('--move', from, path)) continue
      back = false
      pr_warn(`what was mounted over ${String(path)} is on ${from} now`)
    }
    if (back) await runCommand(mountCommand('umount', '-l', '--', aside), commandMs)
  }
  try {
    rmdirSync(aside)
  } catch {} // What can't be put back is there.
  return done
}
