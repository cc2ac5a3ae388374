// The document's example on a real mount, driven by ordinary tools.
// variants: default fuse-native+fengari (fengari fuse-native)
import t from 'tap'
import { fixture, folder, mounted, noFuse } from './mounted.js'

t.test('mydevice', { skip: noFuse }, async (t) => {
  const { sh, log, stop } = await mounted(t)

  t.test('each read gives 42, however often one reads', async (t) => {
    t.match(await sh('head -c 10 $MNT/mydevice'), { stdout: '4242424242', code: 0 })
  })
  t.test('a read of one byte gives the first', async (t) => {
    t.match(await sh('dd if=$MNT/mydevice bs=1 count=1 status=none'), { stdout: '4', code: 0 })
  })
  t.test('a cat goes on until it is interrupted', async (t) => {
    const { stdout, code } = await sh('timeout -s INT 0.3 cat $MNT/mydevice')
    t.equal(code, 124)
    t.match(stdout.slice(0, 1000), /^(42)+$/)
  })
  t.test('echo > and printf >> reach mywrite', async (t) => {
    t.equal((await sh('echo hello > $MNT/mydevice && printf world >> $MNT/mydevice')).code, 0)
    t.match(log(), /info: mywrite\t6\t0\thello/)
    t.match(log(), /info: mywrite\t5\t0\tworld/)
  })
  t.test('it is a regular file of size 0, for all to read and write', async (t) => {
    t.equal((await sh('stat -c "%F %s %a %h" $MNT/mydevice')).stdout, 'regular empty file 0 666 1\n')
  })
  t.test('a folder has 2 links, and one for each folder in it', async (t) => {
    t.equal((await sh('mkdir -p $MNT/d/sub && stat -c %h $MNT $MNT/d $MNT/d/sub')).stdout, '3\n3\n2\n')
    t.equal((await sh('rmdir $MNT/d/sub $MNT/d && stat -c %h $MNT')).stdout, '2\n')
  })
  t.test('a name that is none gives ENOENT, a new one EPERM', async (t) => {
    t.match((await sh('cat $MNT/nothing')).stderr, /No such file or directory/)
    t.match((await sh('echo > $MNT/new')).stderr, /Operation not permitted/)
  })
  t.test('mknod gives EPERM and makes nothing, EEXIST for a name in use', async (t) => {
    for (const type of ['c 1 3', 'b 7 0', 'p']) {
      t.match((await sh(`mknod $MNT/new ${type}`)).stderr, /Operation not permitted/, type)
    }
    t.match((await sh('mknod $MNT/mydevice c 1 3')).stderr, /File exists/)
    t.equal((await sh('ls -I kmsg -I lunatik $MNT')).stdout, 'mybuffer\nmydevice\n')
  })
  t.test('a name of more than 255 bytes is too long, in a folder that is there', async (t) => {
    const attempt = (path: string) => sh(`long=$(printf %0256d 0); cat $MNT/${path}`)
    t.match((await attempt('$long')).stderr, /File name too long/)
    t.match((await attempt('missing/$long')).stderr, /No such file or directory/)
    t.match((await sh('cat $MNT/$(printf %0255d 0)')).stderr, /No such file or directory/)
  })
  t.test('50 readers at once all finish', async (t) => {
    const readers = await Promise.all(Array.from({ length: 50 }, () => sh('head -c 1000 $MNT/mydevice | wc -c')))
    t.strictSame(new Set(readers.map(({ stdout }) => stdout.trim())), new Set(['1000']))
  })
  t.test('SIGTERM unmounts and exits with 0', async (t) => {
    t.equal(await stop(), 0)
    t.match(await sh('ls -A $MNT'), { stdout: '', code: 0 })
  })
})

t.test('mybuffer gives back what was written', { skip: noFuse }, async (t) => {
  const { sh } = await mounted(t)

  t.test('cat ends', async (t) => {
    t.match(await sh('echo one > $MNT/mybuffer; cat $MNT/mybuffer $MNT/mybuffer'), { stdout: 'one\none\n', code: 0 })
  })
  for (const [name, size, count] of [
    ['64 KiB', '64K', 1],
    ['1 MiB in one write', '1M', 1],
    ['1 MiB in many', '64K', 16],
    ['3 MiB and one byte', '3145729', 1],
  ] as const) {
    t.test(`${name}, byte for byte with NULs`, async (t) => {
      const { stdout, code } = await sh(`
        set -e
        f=$(mktemp)
        trap 'rm $f' EXIT
        dd if=/dev/urandom of=$f bs=${size} count=${count} iflag=fullblock status=none
        printf '\\0\\0\\0\\0' | dd of=$f conv=notrunc bs=1 seek=100 status=none
        dd if=$f of=$MNT/mybuffer bs=${size} status=none
        cat $MNT/mybuffer | cmp - $f && echo same`)
      t.match({ stdout, code }, { stdout: 'same\n', code: 0 })
    })
  }
})

t.test('offsets', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'mydevice.lua': `
      local text = "abcdefghijklmnopqrstuvwxyz"
      function myread(len, off) print("read", len, off) return text:sub(off + 1, off + len) end
      function mywrite(buf, off) print("write", buf, off) if buf == "jump" then return nil, 20 end end`,
  })
  const { sh, log } = await mounted(t, ['--scripts', scripts])

  t.test('two programs that read at once each have their own', async (t) => {
    const { stdout } = await sh(`
      exec 3< $MNT/mydevice 4< $MNT/mydevice
      dd bs=3 count=1 status=none <&3; dd bs=2 count=1 status=none <&4
      dd bs=3 count=1 status=none <&3; dd bs=2 count=1 status=none <&4`)
    t.equal(stdout, 'abcabdefcd')
  })
  t.test('a dup and a child share one', async (t) => {
    const { stdout } = await sh(`
      exec 3< $MNT/mydevice
      dd bs=3 count=1 status=none <&3; (dd bs=3 count=1 status=none <&3); dd bs=3 count=1 status=none <&3`)
    t.equal(stdout, 'abcdefghi')
  })
  t.test('a driver moves its own', async (t) => {
    const { stdout } = await sh(`
      exec 3<> $MNT/mydevice
      dd bs=3 count=1 status=none <&3; printf jump >&3; dd bs=3 count=1 status=none <&3`)
    t.equal(stdout, 'abcuvw')
  })
  t.test('a read at an offset leaves it alone', async (t) => {
    const { stdout } = await sh(`
      exec 3< $MNT/mydevice
      dd bs=3 count=1 status=none <&3
      dd if=/dev/fd/3 bs=1 skip=10 count=2 status=none
      dd bs=3 count=1 status=none <&3`)
    t.equal(stdout, 'abckldef', 'a pread of another open file')
  })
  t.test('appending writes follow each other', async (t) => {
    await sh('exec 3>> $MNT/mydevice; printf one >&3; printf three >&3; printf x >&3')
    t.match(log(), /write\tone\t0\n.*write\tthree\t3\n.*write\tx\t8\n/)
  })
})

t.test('the modules that come with the package serve from any folder of scripts', { skip: noFuse }, async (t) => {
  const scripts = folder(t, {
    'mydevice.lua': 'local m = require("sub.mod") function myread() return m end',
    'sub/mod.lua': 'return "sub"',
  })
  const { sh } = await mounted(t, ['--scripts', scripts, '--device', 'mydevice', '--device', fixture('sleeper')])
  t.equal((await sh('head -c 3 $MNT/mydevice')).stdout, 'sub')
  t.equal((await sh('ls -I kmsg -I lunatik $MNT')).stdout, 'mydevice\nsleeper\n')
})
