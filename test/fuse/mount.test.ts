// What may happen to a mount while it is served. Each scene runs in a mount namespace of its own (mount.scene.ts).
// variants: (default)
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
 * Plays scenes in one namespace, one after the other.
 * @param setUp what is done to the namespace before: a shell command
 */
async function play(t: Test, scenes: readonly string[], setUp = 'mount --make-rprivate /'): Promise<Found[]> {
  const script = `${setUp} && exec "$@"`
  const command = ['-m', 'sh', '-ec', script, 'sh', process.execPath, program, temporary(t), ...scenes]
  const { stdout, stderr } = await run('unshare', command, { ...process.env, bin: join(temporary(t), 'bin') })
  const found = stdout.split('\n').filter(Boolean)
  t.equal(found.length, scenes.length, `all came to their end: ${stderr}`)
  return found.map((line) => JSON.parse(line) as Found)
}

/** Mounts are shared, as systemd has it: what is mounted here appears in other places. */
const shared = 'mount --make-rshared /'
const withFusectl = 'mount --make-rprivate / && mount -t fusectl fusectl /sys/fs/fuse/connections'
const withoutFusectl = 'mount --make-rprivate / && (umount /sys/fs/fuse/connections || true) 2> /dev/null'

/** mount(8) and umount(8) that know no -c, as those of BusyBox, which is one program. */
const busybox = `mount --make-rprivate / && mkdir -p "$bin" && cat > "$bin/busybox" << 'END'
#!/bin/sh
name=\${0##*/}
[ "$1" != -c ] || { echo "$name: invalid option -- 'c'" >&2; exit 1; }
PATH=\${PATH#*:} exec "$name" "$@"
END
chmod +x "$bin/busybox" && ln -s busybox "$bin/mount" && ln -s busybox "$bin/umount" && PATH="$bin:$PATH"`

/** Scenes, and what covers the mount and has files. */
const layouts = {
  plain: [],
  'a folder above it renamed': [],
  'a folder above it renamed to bytes': [],
  moved: [],
  bound: [],
  'bound over itself': [],
  covered: ['a/mnt: kept\n'],
  'covered twice': ['a/mnt: too\n', 'a/mnt: too\n'],
  'a folder above it covered': ['a: kept\n'],
  'both covered': ['a/mnt: ', 'a: kept\n'],
  'moved and covered': ['to: kept\n'],
}
const sharedLayouts = {
  bound: [],
  covered: ['a/mnt: kept\n'],
  'a folder above it covered': ['a: kept\n'],
}

const busyboxLayouts = { bound: [], covered: ['a/mnt: kept\n'] }

t.test('nothing of a mount is left, and what covers it stays', { skip }, async (t) => {
  for (const [name, expected, setUp] of [
    ['mounts are private', layouts, undefined],
    ['mounts are shared', sharedLayouts, shared],
    ["the programs are BusyBox's", busyboxLayouts, busybox],
  ] as const) {
    t.test(name, async (t) => {
      const found = await play(t, Object.keys(expected), setUp)
      for (const [i, [scene, files]] of Object.entries(expected).entries()) {
        const ours = { mounted: true, still: true, unmounted: true, isMounted: false, log: [] }
        t.match(found[i], { ...ours, files, left: files.map(() => 'tmpfs') }, scene)
        t.equal(found[i]?.left?.length, files.length, scene)
      }
    })
  }
})

t.test('a mount that can not be reached is ended', { skip }, async (t) => {
  const [found] = await play(t, ['moved below a cover'], withFusectl)
  t.match(found, {
    unmounted: false,
    isMounted: true,
    log: [`err: fuse: can't unmount ${found?.top}/h/to: it is ended, and fails with ENOTCONN`],
  })
})

t.test('a mount is known by more than its number', { skip }, async (t) => {
  const [gone, again] = await play(t, ['unmounted by somebody else', 'its number used again'])
  t.match(gone, { mounted: true, still: false, unmounted: true })
  t.strictSame(gone?.left, [])
  t.match(again, { still: false, told: { other: true }, unmounted: true, left: ['fuse.lunatik'] })
})

t.test('a folder is known by more than its path', { skip }, async (t) => {
  const [moved, removed] = await play(t, ['its folder moved', 'its folder removed'])
  t.match(moved, { at: [`${moved?.top}/moved`], unmounted: true })
  t.strictSame(moved?.left, [])
  t.match(removed, { error: `can't mount on ${removed?.top}/a/mnt: ` })
  t.strictSame(removed?.left, [])
})

t.test('of two mounts on one folder the lower one stays', { skip }, async (t) => {
  const [found] = await play(t, ['race'])
  const inUse = `${found?.top}/a/mnt is in use: lunatik is mounted on it`
  t.match(found, { mounted: true, left: 1, second: inUse, looking: inUse, unmounted: true, log: [] })
})

t.test('abort ends the wait for a mount', { skip }, async (t) => {
  for (const [how, setUp] of Object.entries({ withFusectl, withoutFusectl })) {
    t.test(how, async (t) => {
      const [plain, covered] = await play(t, ['abort', 'abort covered'], setUp)
      t.match(plain, { aborted: true, code: 1, unmounted: true, again: false, log: [] })
      t.match(covered, { aborted: true, code: 1, file: 'kept\n', unmounted: true, again: false, log: [] })
    })
  }
})
