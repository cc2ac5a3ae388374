// What a script opens or loads, where its path leads onto a mount of lunatik or into a process's memory, whatever way
// it takes. Each test is in a namespace of its own, where it mounts and moves as it likes.
// variants: (default fuse-native)
import { symlinkSync } from 'node:fs'
import t, { type Test } from 'tap'
import { type Finished, folder, main, mounted, noFuse, run, temporary, transportArgs, until } from './mounted.js'

const skip =
  noFuse ||
  (process.getuid?.() !== 0 && 'only root may mount') ||
  (process.env.LUNATIK_ENGINE === 'fengari' && 'it is the same with each engine')

/**
 * For a shell beside a mount, `$MNT`: `ask CHUNK` runs Lua there and prints the result, `try PATH...` prints what io
 * opens of these, and `load PATH...` what the loaders read.
 */
const helpers = `
set -e
ask() { printf '%s' "$1" > $MNT/lunatik; cat $MNT/lunatik; }
each() { ask "local found = '' for path in ('$2'):gmatch('%S+') do $1 end return found"; }
try() {
  each "for mode in ('r r+ w a'):gmatch('%S+') do
      local f = io.open(path, mode)
      if f then f:close() found = found .. mode .. ' ' .. path .. '\\n' end
    end" "$*"
}
load() {
  each "package.path = path
    if loadfile(path) or pcall(dofile, path) or package.searchpath('x', path) or pcall(require, 'x') then
      found = found .. 'load ' .. path .. '\\n'
    end" "$*"
}
`

/** Runs a shell script with these helpers beside a mount in a namespace of its own, with a folder `$D` around it. */
function beside(t: Test, script: string): Promise<Finished> {
  const dir = temporary(t)
  const server = [process.execPath, main, 'exec', '--mount', `${dir}/parent/mnt`, ...transportArgs]
  const command = ['sh', '-c', `D=${dir} MNT=$LUNATIK_MNT\n${helpers}\n${script}`]
  return run('unshare', ['-m', '-p', '-f', '--kill-child', '--mount-proc', ...server, '--', ...command])
}

/** The paths that `caller` did not open, as the log says for this reason. */
function refused(log: string, caller: string, why: string): Set<string> {
  const lines = [...log.matchAll(/ warn: ([\w.]+): (\S+) (.*)/g)]
  return new Set(lines.flatMap(([, by, path = '', text]) => (by === caller && text?.startsWith(why) ? [path] : [])))
}

const onLunatik = 'is on a mount of lunatik: '

const words = (text: string) => new Set(text.split(/\s+/).filter(Boolean))

/** Every way onto the mount; what is not on it, though it looks so; and the paths. */
const ownMount = `
ln -s $MNT $D/link
ln -s parent/mnt/mydevice $D/file
ln -s link/new $D/dangling
ln -s /proc/self/root/$D/link $D/far
mkdir $D/bind $D/rbind $D/whole $D/moved
touch $D/one
mount --bind $MNT $D/bind
mount --bind $MNT/mydevice $D/one
mount --rbind $D/parent $D/rbind
mount --bind $D/parent $D/whole
exec 9< $MNT/mydevice
paths="$MNT $MNT/ $MNT/mydevice $MNT/new $MNT/none/new $D/parent/../parent/mnt/mydevice
  $D/link $D/link/mydevice $D/link/../mnt/mydevice $D/file $D/dangling $D/far/mydevice
  $D/bind $D/bind/mydevice $D/bind/.. $D/one $D/rbind/mnt/mydevice /proc/$PPID/root$MNT/mydevice /proc/$$/fd/9"
try $paths
load $paths

mv $D/parent $D/renamed
MNT=$D/renamed/mnt
try $MNT/mydevice
load $MNT/mydevice
mount --make-private $MNT
mount --move $MNT $D/moved
MNT=$D/moved
try $MNT/mydevice
load $MNT/mydevice

ask "return io.open('$D/whole/mnt/new', 'w'):write('text'):close() and 'written '"
cat $D/renamed/mnt/new
mount -t tmpfs tmpfs $D/bind
echo 'return " covered"' > $D/bind/mydevice
ask "return dofile('$D/bind/mydevice')"
echo
echo $paths $D/renamed/mnt/mydevice $D/moved/mydevice

umount $D/bind
umount $D/bind $D/one
mount --move $D/moved $D/renamed/mnt
mv $D/renamed $D/parent
MNT=$D/parent/mnt
`

/** Every way to the memory of the server, a file beside it, and the paths. */
const memory = `
mkdir $D/proc $D/self $D/task
touch $D/mem $D/comm
ln -s /proc/$PPID/mem $D/memory
mount -t proc proc $D/proc
mount --bind /proc/$PPID $D/self
mount --bind /proc/$PPID/task $D/task
mount --bind /proc/$PPID/mem $D/mem
mount --bind /proc/$PPID/comm $D/comm
memory="/proc/$PPID/mem /proc/self/mem /proc/thread-self/mem $D/memory $D/proc/$PPID/mem $D/proc/self/mem
  $D/proc/thread-self/mem $D/self/mem $D/self/task/$PPID/mem $D/task/$PPID/mem $D/mem"
try $memory
load $memory
try $D/comm
ask "return io.open('$D/proc/sys/kernel/ostype'):read()"
echo
echo $memory
`

/** Paths that are walked while links and mounts change. */
const changes = `
mkdir $D/safe $D/place
echo text > $D/safe/mydevice
ln -s safe $D/way
while :; do
  ln -s $MNT $D/next && mv -T $D/next $D/way
  mount --bind $MNT $D/place
  ln -s safe $D/next && mv -T $D/next $D/way
  umount $D/place
done & changes=$!
ask "
  for i = 1, 1000 do
    for _, path in ipairs({ '$D/way/mydevice', '$D/place/mydevice' }) do
      local f = io.open(path)
      if f then f:close() end
    end
  end
  return 'alive'"
kill $changes
wait || true
umount $D/place || true
`

t.test('wherever a path leads, the mount lives on', { skip }, async (t) => {
  const { stdout, stderr } = await beside(t, `${ownMount}\n${memory}\n${changes}`)
  const why = stderr.slice(-2000)
  const [opened, paths = '', comm, kernel, memories = '', end] = stdout.split('\n')

  t.test('a path onto the own mount is told from others, whatever way it takes', async (t) => {
    t.equal(opened, 'written text covered', why)
    t.equal(words(paths).size, 21)
    const racing = /\/(way|place)\/mydevice$/
    for (const caller of ['io.open', 'lunatik']) {
      const found = [...refused(stderr, caller, onLunatik)].filter((path) => !racing.test(path))
      t.strictSame(new Set(found), words(paths), caller)
    }
  })
  t.test("a process's memory is not opened, wherever it is shown", async (t) => {
    t.match(comm, /^r \S+\/comm$/, why)
    t.equal(kernel, 'Linux')
    t.equal(words(memories).size, 11)
    for (const caller of ['io.open', 'lunatik']) {
      t.strictSame(refused(stderr, caller, "is a process's memory"), words(memories), caller)
    }
    t.equal(refused(stderr, 'io.open', 'is on a procfs, of which only /proc/sys can be written').size, 1)
  })
  t.test('links and mounts that change while a path is walked lead nobody onto the mount', async (t) => {
    t.equal(end, 'alive', why)
  })
})

t.test('nothing is asked of another lunatik, be it asleep in a device or stopped', { skip }, async (t) => {
  const scripts = folder(t, {
    'deaf.lua': `
local device, linux = require("device"), require("linux")
device.new({ name = "deaf", open = function() print("somebody comes") linux.schedule(1 << 30) end })
`,
  })
  const other = await mounted(t, ['--scripts', scripts, '--run', 'deaf'])
  const { sh, log } = await mounted(t)
  const dir = folder(t, {})
  symlinkSync(`${other.dir}/deaf`, `${dir}/link`)
  const paths = [other.dir, `${other.dir}/deaf`, `${other.dir}/new`, `${dir}/link`]
  const attempt = () => sh(`${helpers}\ntry ${paths.join(' ')}\nload ${paths.join(' ')}\nask "return 'alive'"`)

  t.equal((await attempt()).stdout, 'alive', log())
  other.child.kill('SIGSTOP')
  const { stdout } = await attempt()
  other.child.kill('SIGCONT')
  t.equal(stdout, 'alive', log())
  await until(() => refused(log(), 'lunatik', onLunatik).size >= paths.length)
  for (const caller of ['io.open', 'lunatik']) t.strictSame(refused(log(), caller, onLunatik), new Set(paths), caller)
  t.notMatch(other.log(), 'somebody comes')
})
