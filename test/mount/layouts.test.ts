// What happens to the folder of a mount while it is served: at the end nothing of ours is left, wherever it is by then.
// Each server runs in a mount namespace and a PID namespace of its own, which take with them what a fault leaves.
// variants: (default fuse-native)
import { cpSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { mayMount } from '../../src/fuse/privilege.js'
import { folder, main, noFuse, run, temporary, transportArgs } from './mounted.js'

const skip = noFuse || (!mayMount() && 'may not mount')

/** A folder's name that each reader of mountinfo must bear. */
const odd = 'a b\tc\n\\040 é'

/**
 * Shell functions for a scene. The server is told to mount on `a/mnt`, in the folder that the scene begins in; what it
 * says is in `$out`.
 */
const prelude = `
mount --make-rprivate /
cd "$top"
within() {
  i=0
  until eval "$1" 2> /dev/null; do
    i=$((i+1))
    [ $i -lt 4000 ] || { echo "not in time: $1"; cat "$out"; exit 1; }
    sleep 0.05
  done
}
start() { "$@" > "$out" 2>&1 & pid=$!; }
ready() { within 'grep -q "mounted on" "$out"'; }
finish() {
  kill -TERM $pid
  wait $pid
  echo "code $?"
  grep " / [^ ]*$mark" /proc/self/mountinfo | sed 's/.* - \\([^ ]*\\) .*/left \\1/'
  grep unmount "$out"
  true
}
cover() { mount -t tmpfs over "$1" && echo kept > "$1/file"; }
`

/**
 * Plays a scene to its end.
 * @param script shell commands, which start the server with `start "$@"`
 * @returns what it printed
 */
async function play(t: Test, script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const dir = temporary(t)
  const top = join(dir, odd)
  mkdirSync(top)
  const command = [process.execPath, main, 'mount', join(top, 'a/mnt'), ...transportArgs, ...args]
  const namespaces = ['-m', '-p', '-f', '--mount-proc', '--kill-child']
  const finished = await run('unshare', [...namespaces, 'sh', '-uc', prelude + script, 'sh', ...command], {
    ...process.env,
    ...env,
    top,
    mark: basename(dir),
    out: join(dir, 'out'),
  })
  return finished.stdout + finished.stderr
}

/** Whether the mount can be used is seen before and after. */
const use = (path: string) => `[ "$(timeout 200 head -c 2 ${path}/mydevice)" = 42 ] || echo "${path} can't be used"`

t.test('nothing of a mount is left', { skip }, async (t) => {
  for (const [name, layout, expected] of [
    ['a folder above it is renamed', `mv a b; ${use('b/mnt')}`, 'code 0\n'],
    ['it is moved', `mkdir to; mount --move a/mnt to; ${use('to')}`, 'code 0\n'],
    ['it is bound to other places', `mkdir b c; mount --bind a/mnt b; mount --bind b c; ${use('c')}`, 'code 0\n'],
    ['something is mounted over it', 'cover a/mnt', 'code 0\nleft tmpfs\nkept\n'],
    ['something is mounted over a folder above it', 'cover a', 'code 0\nleft tmpfs\nkept\n'],
    ['all of that', 'mkdir -p b/to; mount --move a/mnt b/to; cover b/to; mv b c', 'code 0\nleft tmpfs\nkept\n'],
  ] as const) {
    t.test(name, async (t) => {
      const told = await play(
        t,
        `start "$@"; ready; ${use('a/mnt')}; ${layout}; finish; cat */file */*/file 2> /dev/null`,
      )
      t.equal(told, expected)
    })
  }
  t.test('what can not be reached is told of', async (t) => {
    const script = 'start "$@"; ready; mkdir -p h/to; mount --move a/mnt h/to; mount -t tmpfs over h; finish'
    t.match(await play(t, script), /^code 0\nleft fuse.lunatik\nleft tmpfs\n.*can't unmount .*\/h\/to/s)
  })
  t.test('its folder is exchanged for a link while scripts start', async (t) => {
    const dir = temporary(t)
    const scripts = folder(t, {
      'waits.lua': `
local linux = require("linux")
io.open("${dir}/waits", "w"):close()
while not io.open("${dir}/go") do linux.schedule(10) end`,
    })
    const script = `
start "$@"; within '[ -e ${dir}/waits ]'
mv a/mnt moved; mkdir elsewhere; ln -s ../elsewhere a/mnt
touch ${dir}/go; ready; finish`
    t.equal(await play(t, script, ['--scripts', scripts, '--run', 'waits']), 'code 0\n')
  })
})

const skipUser = skip || (process.env.TRANSPORT !== 'fuse-native' && 'dev-fuse needs the right to mount')
t.test('without the right to mount, nothing of a mount is left either', { skip: skipUser }, async (t) => {
  const { lib } = createRequire(import.meta.url)('fuse-shared-library-linux') as { lib: string }
  const bin = temporary(t)
  cpSync(join(dirname(lib), '../bin/fusermount'), join(bin, 'fusermount'))
  // fusermount(1) is root's with the set-user-ID bit, and /dev/fuse is anybody's, as distributions have it.
  const setUp = `
chmod 755 "$top/.." "${bin}"; chown 1000:1000 "$top"; chmod 4755 "${bin}/fusermount"
mknod "$top/../fuse" c 10 229; chmod 666 "$top/../fuse"; mount --bind "$top/../fuse" /dev/fuse
start setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; ready
`
  const env = { PATH: `${bin}:${process.env.PATH}` }
  t.equal(await play(t, `${setUp} finish`, [], env), 'code 0\n')
  t.equal(await play(t, `${setUp} mv a b; finish`, [], env), 'code 0\n')
  t.match(
    await play(t, `${setUp} cover a/mnt; finish; cat a/mnt/file`, [], env),
    /^code 0\nleft fuse.lunatik\nleft tmpfs\n.*kept\n$/s,
  )
})
