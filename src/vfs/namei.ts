// fs/namei.c and drivers/base/devtmpfs.c: the tree of nodes that a mount shows, as devtmpfs shows /dev.
//
// Who may do what is checked before: by the kernel, from the modes and owners that vfs_getattr gives it. Devices
// are made by their drivers alone, and regular files by nobody: vfs_mknod.
import { EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, EPERM } from '../errno.js'
import { NAME_MAX } from '../limits.js'
import { bytesOf } from '../surrogateescape.js'
import { type inode, S_IALLUGO, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_ISGID, S_ISUID, S_IXGRP } from './fs.js'

const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }

/** What tmpfs counts for an entry of a folder, `.` and `..` as well. */
const BOGO_DIRENT_SIZE = 20

let lastIno = 0

function newInode(i_mode: number, extra: { i_rdev?: number; i_link?: string } = {}): inode {
  const now = Date.now()
  const isFolder = (i_mode & S_IFMT) === S_IFDIR
  return {
    i_ino: ++lastIno,
    i_mode,
    i_uid: owner.uid,
    i_gid: owner.gid,
    i_nlink: isFolder ? 2 : 1,
    i_rdev: extra.i_rdev ?? 0,
    i_size: isFolder ? 2 * BOGO_DIRENT_SIZE : bytesOf(extra.i_link ?? '').length,
    i_atime: now,
    i_mtime: now,
    i_ctime: now,
    i_dynamic: false,
    i_parent: null,
    i_children: isFolder ? new Map() : null,
    i_link: extra.i_link ?? null,
  }
}

/** The folder that a mount shows. Its owner is who runs the process, root as a rule. */
export const root = newInode(S_IFDIR | 0o755)

/** The nodes below a folder that are no folders, with their paths. */
function* nodesBelow(folder: inode, path = ''): Generator<readonly [string, inode]> {
  for (const [name, node] of folder.i_children ?? []) {
    if (node.i_children === null) yield [path + name, node]
    else yield* nodesBelow(node, `${path}${name}/`)
  }
}

/** The paths of all devices, below the mount's folder, by their nodes' numbers. */
export const devicePaths = (): Map<number, string> =>
  new Map([...nodesBelow(root)].filter(([, { i_link }]) => i_link === null).map(([path, { i_ino }]) => [i_ino, path]))

/** The path of a node below the mount's folder, `(gone)` for one that has none. It looks at the whole tree. */
export function nameOf(inode: inode): string {
  for (const [path, node] of nodesBelow(root)) if (node === inode) return path
  return '(gone)'
}

/** The names of a path, without empty ones. */
const split = (path: string) => path.split('/').filter((name) => name !== '')

const tooLong = (name: string) => name.length > NAME_MAX || bytesOf(name).length > NAME_MAX

/**
 * The node at `path`, which starts at the mount's folder. Symbolic links are the kernel's to follow.
 * @returns the node; -ENOENT, -ENOTDIR, or -ENAMETOOLONG for a name that no folder can have
 */
export function lookup(path: string): inode | number {
  let node = root
  for (const name of split(path)) {
    if (node.i_children === null) return -ENOTDIR
    const child = node.i_children.get(name)
    if (child === undefined) return tooLong(name) ? -ENAMETOOLONG : -ENOENT
    node = child
  }
  return node
}

interface Place {
  readonly folder: inode
  readonly children: Map<string, inode>
  readonly name: string
  /** What is there now. */
  readonly node: inode | undefined
}

/** Where a name is or would be: a path from the mount's folder, or a folder and a name in it. */
export type dentry = string | readonly [folder: inode, name: string]

/** The folder and the name that `at` means. A negative errno for a folder that isn't there. */
function resolve(at: dentry): readonly [inode | number, string | undefined] {
  if (typeof at !== 'string') return at
  const names = split(at)
  const name = names.pop()
  return [lookup(names.join('/')), name]
}

/** Where `at` is; -ENOENT, also in a folder that was taken away, -ENOTDIR, -ENAMETOOLONG, or -EINVAL for no name. */
function place(at: dentry): Place | number {
  const [folder, name] = resolve(at)
  if (name === undefined || name === '' || name === '.' || name === '..' || name.includes('\0')) return -EINVAL
  if (typeof folder === 'number') return folder
  if (folder.i_children === null) return -ENOTDIR
  if (folder.i_nlink === 0) return -ENOENT
  if (tooLong(name)) return -ENAMETOOLONG
  return { folder, children: folder.i_children, name, node: folder.i_children.get(name) }
}

function touchFolder(folder: inode): void {
  folder.i_mtime = folder.i_ctime = Date.now()
}

function enter({ folder, children, name }: Place, node: inode): void {
  if (!children.has(name)) folder.i_size += BOGO_DIRENT_SIZE
  children.set(name, node)
  if (node.i_children !== null) {
    folder.i_nlink++
    node.i_parent = folder
  }
  node.i_ctime = Date.now()
  touchFolder(folder)
}

/** Takes a node's name away, but keeps its count. */
function detach({ folder, children, name }: Place, node: inode): void {
  if (children.delete(name)) folder.i_size -= BOGO_DIRENT_SIZE
  if (node.i_children !== null) {
    folder.i_nlink--
    node.i_parent = null
  }
  touchFolder(folder)
}

function leave(at: Place, node: inode): void {
  detach(at, node)
  node.i_nlink -= node.i_children === null ? 1 : 2
  node.i_ctime = Date.now()
}

/** Makes a node where nothing is yet. Returns 0 or a negative errno. */
function create(where: dentry, make: () => inode): number {
  const at = place(where)
  if (typeof at === 'number') return at
  if (at.node !== undefined) return -EEXIST
  enter(at, make())
  return 0
}

/** Told of each name that its driver takes away, for who has kept it. */
type Removed = (folder: inode, name: string, node: inode) => void
const removedHooks = new Set<Removed>()

/** Has `hook` told of each name that is taken away by other means than a system call. Returns what ends that. */
export function onRemoved(hook: Removed): () => void {
  removedHooks.add(hook)
  return () => removedHooks.delete(hook)
}

/** Takes away a name that a driver had made. */
function remove(at: Place, node: inode): void {
  leave(at, node)
  for (const hook of removedHooks) hook(at.folder, at.name, node)
}

type Made = (ino: number, name: string) => void
let madeHook: Made = () => {}

/** Has `hook` told of the node of each device that is made. */
export function onMade(hook: Made): void {
  madeHook = hook
}

/** What devtmpfs_create_node has made. Everything else is a user's, and not the drivers' to take away. */
const made = new WeakSet<inode>()

/** A node or folder of devtmpfs_create_node. */
function newMade(...args: Parameters<typeof newInode>): inode {
  const node = newInode(...args)
  made.add(node)
  return node
}

function newDevice(name: string, mode: number, dev: number): inode {
  const node = newMade(S_IFCHR | (mode & S_IALLUGO || 0o600), { i_rdev: dev })
  madeHook(node.i_ino, name)
  return node
}

/** The names of a device's path; none for a name that is empty. */
export const deviceNames = (name: string) => split(name.replaceAll('!', '/'))

/**
 * Makes a device's node, with the folders that its name asks for: `/` and `!` separate them.
 * @param name for example `"mydevice"`, `"snd/pcm0"` or `"snd!pcm0"`
 * @param mode permission bits; 0 means 0600
 * @returns 0; -EEXIST, -EINVAL for an empty name, -ENOTDIR, -ENAMETOOLONG: then no folder is left either
 */
export function devtmpfs_create_node(name: string, dev: number, mode: number): number {
  const names = deviceNames(name)
  const folders: string[] = []
  let ret = 0
  for (let n = 1; n < names.length && (ret === 0 || ret === -EEXIST); n++) {
    const folder = names.slice(0, n).join('/')
    ret = create(folder, () => newMade(S_IFDIR | 0o755))
    if (ret === 0) folders.push(folder)
  }
  if (ret === 0 || ret === -EEXIST) ret = create(names.join('/'), () => newDevice(names.join('/'), mode, dev))
  if (ret < 0) for (const folder of folders.reverse()) vfs_rmdir(folder)
  return ret
}

/**
 * Takes a device's node away, and the folders that were made for it and are empty then. What a user has put in the
 * place of either stays.
 */
export function devtmpfs_delete_node(name: string, dev: number): void {
  const names = deviceNames(name)
  const at = place(names.join('/'))
  if (typeof at === 'number' || at.node === undefined || !made.has(at.node) || at.node.i_rdev !== dev) return
  remove(at, at.node)
  for (names.pop(); names.length > 0; names.pop()) {
    const folder = place(names.join('/'))
    if (typeof folder === 'number' || folder.node === undefined || !made.has(folder.node)) return
    if (folder.node.i_children?.size !== 0) return
    remove(folder, folder.node)
  }
}

export const vfs_mkdir = (at: dentry, mode: number) => create(at, () => newInode(S_IFDIR | (mode & S_IALLUGO)))

/** A symbolic link that has no name yet. */
export const newLink = (target: string) => newInode(S_IFLNK | 0o777, { i_link: target })

export const vfs_symlink = (target: string, at: dentry) => create(at, () => newLink(target))

/**
 * mknod(2): refused. A regular file has no place to keep its data, and a device's node comes with its driver alone:
 * the kernel would open its own driver of the number.
 * @returns -EEXIST where something is at `path`, otherwise -EPERM; -ENOENT, -ENOTDIR, -ENAMETOOLONG
 */
export function vfs_mknod(where: dentry): number {
  const at = place(where)
  if (typeof at === 'number') return at
  return at.node === undefined ? -EPERM : -EEXIST
}

export function vfs_rmdir(where: dentry): number {
  const at = place(where)
  if (typeof at === 'number') return at
  if (at.node === undefined) return -ENOENT
  if (at.node.i_children === null) return -ENOTDIR
  if (at.node.i_children.size > 0) return -ENOTEMPTY
  leave(at, at.node)
  return 0
}

export function vfs_unlink(where: dentry): number {
  const at = place(where)
  if (typeof at === 'number') return at
  if (at.node === undefined) return -ENOENT
  if (at.node.i_children !== null) return -EISDIR
  leave(at, at.node)
  return 0
}

/** @param old a path, or the node itself */
export function vfs_link(old: string | inode, where: dentry): number {
  const node = typeof old === 'string' ? lookup(old) : old
  if (typeof node === 'number') return node
  const at = place(where)
  if (typeof at === 'number') return at
  if (at.node !== undefined) return -EEXIST
  if (node.i_children !== null) return -EPERM
  if (node.i_nlink === 0) return -ENOENT
  enter(at, node)
  node.i_nlink++
  return 0
}

/** Whether a folder is `above` or somewhere below it. */
function isWithin(folder: inode, above: inode): boolean {
  for (let at: inode | null = folder; at !== null; at = at.i_parent) if (at === above) return true
  return false
}

/** renameat2(2)'s flags. */
export const RENAME_NOREPLACE = 1 << 0
export const RENAME_EXCHANGE = 1 << 1

/** rename(2), replacing what is at `newWhere`, or with RENAME_NOREPLACE not. */
export function vfs_rename(oldWhere: dentry, newWhere: dentry, flags = 0): number {
  const from = place(oldWhere)
  if (typeof from === 'number') return from
  if (from.node === undefined) return -ENOENT
  const to = place(newWhere)
  if (typeof to === 'number') return to
  if (flags & ~RENAME_NOREPLACE) return -EINVAL
  if (flags & RENAME_NOREPLACE && to.node !== undefined) return -EEXIST
  if (isWithin(to.folder, from.node)) return -EINVAL
  if (to.node === from.node) return 0
  if (to.node !== undefined) {
    if (isWithin(from.folder, to.node)) return -ENOTEMPTY
    if (from.node.i_children === null && to.node.i_children !== null) return -EISDIR
    if (from.node.i_children !== null && to.node.i_children === null) return -ENOTDIR
    if ((to.node.i_children?.size ?? 0) > 0) return -ENOTEMPTY
    leave(to, to.node)
  }
  detach(from, from.node)
  enter(to, from.node)
  return 0
}

/** chmod(2). */
export function vfs_chmod(node: inode, mode: number): number {
  node.i_mode = (node.i_mode & S_IFMT) | (mode & S_IALLUGO)
  node.i_ctime = Date.now()
  return 0
}

/**
 * chown(2); null leaves a value as it is. Whatever changes, set-user-ID goes, and set-group-ID where the group may
 * execute: nothing runs as its new owner whom that one has not asked. A folder's bits stay.
 */
export function vfs_chown(node: inode, uid: number | null, gid: number | null): number {
  if (node.i_children === null) node.i_mode &= ~(S_ISUID | (node.i_mode & S_IXGRP ? S_ISGID : 0))
  if (uid !== null) node.i_uid = uid
  if (gid !== null) node.i_gid = gid
  node.i_ctime = Date.now()
  return 0
}

/** utimensat(2), in milliseconds since 1970. */
export function vfs_utimes(node: inode, atime: number, mtime: number): number {
  node.i_atime = atime
  node.i_mtime = mtime
  node.i_ctime = Date.now()
  return 0
}
