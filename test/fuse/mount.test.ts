// What may happen to a mount while it is served. Each scene runs in a mount namespace of its own (mount.scene.ts).
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { mayMount } from '../../src/fuse/privilege.js'
import { noFuse, run, temporary } from '../mount/mounted.js'

const skip = noFuse || (!mayMount() && 'may not mount')
const program = fileURLToPath(new URL('./mount.scene.js', import.meta.url))

/** What a scene prints. */
interface Found {
  readonly top: string
  readonly device?: string
  readonly told?: unknown
  readonly left?: readonly string[]
  readonly [name: string]: unknown
}

/**
 * Plays a scene.
 * @param setUp what is done to the namespace before: a shell command
 */
async function play(t: Test, scene: string, setUp = 'mount --make-rprivate /'): Promise<Found> {
  const top = temporary(t)
  const script = `${setUp} && exec "$@"`
  const command = ['-m', 'sh', '-ec', script, 'sh', process.execPath, program, scene, top]
  const { stdout, stderr } = await run('unshare', command)
  t.ok(existsSync(join(top, 'done')), `it came to its end: ${stderr}`)
  return { top, ...(JSON.parse(stdout || '{}') as object) }
}

/** Mounts are shared, as systemd has it: what is mounted here appears in other places. */
const shared = 'mount --make-rshared /'
const withFusectl = 'mount --make-rprivate / && mount -t fusectl fusectl /sys/fs/fuse/connections'
const withoutFusectl = 'mount --make-rprivate / && (umount /sys/fs/fuse/connections || true) 2> /dev/null'

t.test('nothing of a mount is left, and what covers it stays', { skip }, async (t) => {
  for (const [scene, files] of [
    ['plain', []],
    ['a folder above it renamed', []],
    ['a folder above it renamed to bytes', []],
    ['moved', []],
    ['bound', []],
    ['bound over itself', []],
    ['covered', ['a/mnt: kept\n']],
    ['covered twice', ['a/mnt: too\n', 'a/mnt: too\n']],
    ['a folder above it covered', ['a: kept\n']],
    ['both covered', ['a/mnt: ', 'a: kept\n']],
    ['moved and covered', ['to: kept\n']],
  ] as const) {
    t.test(scene, async (t) => {
      const { left, ...found } = await play(t, scene)
      t.match(found, { mounted: true, still: true, unmounted: true, isMounted: false, files, log: [] })
      t.strictSame(
        left,
        files.map(() => 'tmpfs'),
      )
    })
  }
  for (const [scene, files] of [
    ['covered', ['a/mnt: kept\n']],
    ['bound', []],
    ['a folder above it covered', ['a: kept\n']],
  ] as const) {
    t.test(`${scene}, where mounts are shared`, async (t) => {
      const { left, ...found } = await play(t, scene, shared)
      t.match(found, { unmounted: true, isMounted: false, files, log: [] })
      t.strictSame(
        left,
        files.map(() => 'tmpfs'),
      )
    })
  }
})

t.test('a mount that can not be reached is ended', { skip }, async (t) => {
  const { top, ...found } = await play(t, 'moved below a cover', withFusectl)
  t.match(found, {
    unmounted: false,
    isMounted: true,
    log: [`err: fuse: can't unmount ${top}/h/to: it is ended, and fails with ENOTCONN`],
  })
})

t.test('a mount is known by more than its number', { skip }, async (t) => {
  const gone = await play(t, 'unmounted by somebody else')
  t.match(gone, { mounted: true, still: false, unmounted: true, left: [] })
  const { device, ...found } = await play(t, 'its number used again')
  t.match(found, { still: false, told: { other: true }, unmounted: true, left: ['fuse.lunatik'] })
  t.equal((found.told as { device: string }).device, device, 'the kernel gave the number again')
})

t.test('a folder is known by more than its path', { skip }, async (t) => {
  const { top, ...moved } = await play(t, 'its folder moved, a link in its place')
  t.match(moved, { at: [`${top}/moved`], unmounted: true, left: [] })
  t.match(await play(t, 'its folder exchanged for a link'), { error: /^can't mount on .*\/a\/mnt: /, left: [] })
})

t.test('abort ends the wait for a mount', { skip }, async (t) => {
  for (const [how, setUp] of Object.entries({ withFusectl, withoutFusectl })) {
    t.test(how, async (t) => {
      t.match(await play(t, 'abort', setUp), { aborted: true, code: 1, unmounted: true, again: false, log: [] })
      const covered = await play(t, 'abort covered', setUp)
      t.match(covered, { aborted: true, code: 1, file: 'kept\n', unmounted: true, log: [] })
    })
  }
})
