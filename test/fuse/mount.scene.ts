// A program of its own, for mount.test.ts: makes mounts that nobody serves, does something to each, and takes it away.
// It runs in a mount namespace of its own, which takes what it leaves with it. Prints what it found, as JSON, a line a
// scene.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { mountDevFuse } from '../../src/fuse/dev-fuse-mount.js'
import type { Mount } from '../../src/fuse/mount.js'
import { Mountpoint } from '../../src/fuse/mountpoint.js'
import { mountInfo } from '../../src/mountinfo.js'
import { printk_line, register_console } from '../../src/printk.js'

const [all = '', ...asked] = process.argv.slice(2)
/** The folder of the scene. */
let top = ''
let log: string[] = []
register_console((record) => log.push(printk_line(record).replace(/^\[.*?\] /, '')))

function sh(script: string): void {
  const { status, stderr } = spawnSync('/bin/sh', ['-ec', script], { cwd: top, encoding: 'utf8', timeout: 10_000 })
  if (status !== 0) throw new Error(`${script}: ${stderr}`)
}

/** A folder of bytes below the top. */
const bytes = (...parts: (string | number[])[]) => Buffer.concat([`${top}/`, ...parts].map((part) => Buffer.from(part)))

/**
 * What is mounted in the scene. Copies of others' mounts come and go in the namespace, and their ids are used again.
 */
const left = () => mountInfo().filter(({ mountpoint }) => mountpoint.startsWith(`${top}/`))

/** Each gets the mount of `mnt`, and gives back what it wants to be told. */
const scenes: Record<string, (mount: Mount, mnt: string) => unknown> = {
  plain: () => {},
  'a folder above it renamed': () => renameSync(join(top, 'a'), join(top, 'renamed')),
  'a folder above it renamed to bytes': () => renameSync(join(top, 'a'), bytes('x y\n\t\\', [0xff, 0xfe], '\n')),
  moved: (_, mnt) => sh(`mkdir to && mount --move ${mnt} to`),
  bound: (_, mnt) => sh(`mkdir b1 b2 && mount --bind ${mnt} b1 && mount --bind b1 b2`),
  'bound over itself': (_, mnt) => sh(`mount --bind ${mnt} ${mnt}`),
  covered: (_, mnt) => sh(`mount -t tmpfs over ${mnt} && echo kept > ${mnt}/file`),
  'covered twice': (_, mnt) => {
    sh(`mount -t tmpfs over ${mnt} && echo kept > ${mnt}/file && mount -t tmpfs over2 ${mnt} && echo too > ${mnt}/file`)
  },
  'a folder above it covered': () => sh('mount -t tmpfs over a && echo kept > a/file'),
  'both covered': (_, mnt) => {
    sh(`mount -t tmpfs over ${mnt} && mount -t tmpfs over2 a && echo kept > a/file`)
  },
  'moved and covered': (_, mnt) => {
    sh(`mkdir to && mount --move ${mnt} to && mount -t tmpfs over to && echo kept > to/file`)
  },
  'moved below a cover': (_, mnt) => sh(`mkdir -p h/to && mount --move ${mnt} h/to && mount -t tmpfs over h`),
  'unmounted by somebody else': (_, mnt) => sh(`umount -l ${mnt}`),
  'its number used again': async (_, mnt) => {
    sh(`umount -l ${mnt}`)
    const other = await mountDevFuse(await Mountpoint.prepare(mnt, () => {}))
    return { device: other.mount.device, other: other.mount.isMounted() }
  },
}

/** Plays a scene about the mount. */
async function playMount(scene: string, mountpoint: Mountpoint, mnt: string): Promise<object> {
  const { mount } = await mountDevFuse(mountpoint)
  const { device } = mount
  const mounted = mount.isMounted()
  const told = await scenes[scene]?.(mount, mnt)
  const still = mount.isMounted()
  const unmounted = await mount.unmount()
  const files = left()
    .filter(({ type }) => type === 'tmpfs')
    .map(({ mountpoint }) => {
      const file = spawnSync('cat', [join(mountpoint, 'file')], { encoding: 'utf8' }).stdout
      return `${mountpoint.slice(top.length + 1)}: ${file}`
    })
  const types = left().map(({ type }) => type)
  return { device, mounted, told, still, unmounted, isMounted: mount.isMounted(), left: types, files, log }
}

/** Two servers that know nothing of each other mount on one folder at once. */
async function playRace(_: string, mountpoint: Mountpoint): Promise<object> {
  const { mount } = await mountDevFuse(mountpoint)
  // As if the first had mounted just after the second looked.
  const { path, fd, parent } = mountpoint
  const blind = { path, fd, parent, checkFree() {}, settle: (m: Mount) => mountpoint.settle(m) }
  const second = await mountDevFuse(blind as unknown as Mountpoint).catch((e) => e.message)
  const looking = await mountDevFuse(mountpoint).catch((e) => e.message)
  return { mounted: mount.isMounted(), left: left().length, second, looking, unmounted: await mount.unmount(), log }
}

/** Plays a scene about the folder, for which a link to another is exchanged before it is mounted on. */
async function playFolder(scene: string, mountpoint: Mountpoint, mnt: string): Promise<object> {
  if (scene === 'its folder removed') rmdirSync(mnt)
  else renameSync(mnt, join(top, 'moved'))
  mkdirSync(join(top, 'elsewhere'))
  symlinkSync('../elsewhere', mnt)
  try {
    const { mount } = await mountDevFuse(mountpoint)
    const at = mount.mounts().map(({ mountpoint }) => mountpoint)
    return { at, unmounted: await mount.unmount(), left: left() }
  } catch (e) {
    return { error: (e as Error).message, left: left() }
  }
}

/** Plays a scene in which a process waits for the mount. */
async function playAbort(scene: string, mountpoint: Mountpoint, mnt: string): Promise<object> {
  const { mount } = await mountDevFuse(mountpoint)
  const child = spawn('stat', ['--', join(mnt, 'x')], { stdio: 'ignore' })
  const end = new Promise((resolve) => child.once('exit', resolve))
  // It sleeps, most likely as the kernel has its request.
  const state = () => readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]?.[0] ?? ''
  while (state() === 'R') await new Promise((resolve) => setTimeout(resolve, 10))
  const covered = scene.endsWith('covered')
  if (covered) sh(`mount -t tmpfs over ${mnt} && echo kept > ${mnt}/file`)
  const aborted = await mount.abort()
  const code = await end
  const file = covered ? readFileSync(join(mnt, 'file'), 'utf8') : null
  return { aborted, code, file, unmounted: await mount.unmount(), again: await mount.abort(), log }
}

const others: Record<string, typeof playMount> = { abort: playAbort, 'abort covered': playAbort, race: playRace }

for (const [i, scene] of asked.entries()) {
  top = join(all, String(i))
  log = []
  const mnt = join(top, 'a/mnt')
  const mountpoint = await Mountpoint.prepare(mnt, () => {})
  const play = scene in scenes ? playMount : (others[scene] ?? playFolder)
  console.log(JSON.stringify({ top, ...(await play(scene, mountpoint, mnt)) }))
}
process.exit(0)
