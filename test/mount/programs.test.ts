// Ordinary programs read a device as they do on a kernel: those that look at a file's size, or leave the copying to the
// kernel, have the driver's bytes or an error, and never an empty file without one.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type Finished, folder, mounted, noFuse, temporary } from './mounted.js'

const inPath = (command: string) =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, command)))

/** Why the tests of a program are skipped; false where it is there. */
const without = (command: string): string | false => (inPath(command) ? false : `there is no ${command}`)

const native = process.env.TRANSPORT === 'fuse-native'
const skip = noFuse || (native ? 'fuse-native has no such means: docs/transports.md' : false)

/** The program of test/fixtures/reads.c. */
function compiled(t: Test): string {
  const program = join(temporary(t), 'reads')
  const source = fileURLToPath(new URL('../../../test/fixtures/reads.c', import.meta.url))
  execFileSync('cc', ['-Wall', '-o', program, source], { stdio: ['ignore', 'ignore', 'inherit'] })
  return program
}

const text = 'twenty bytes a line\n'.repeat(100)

const scripts = {
  'text.lua': `
local device = require("device")
local stat = require("linux.stat")
local d = {name = "text", mode = stat.IRUGO | stat.IWUGO, text = ${JSON.stringify(text.slice(0, 20))}}
d.text = d.text:rep(100)
function d:read(len, off) return self.text:sub(off + 1, off + len) end
local lines = {name = "lines", mode = stat.IWUGO}
function lines:write(buf) for n = 1, tonumber(buf) do print("a line of the log", n) end end
device.new(d)
device.new(lines)
`,
}

t.test('programs that look at a size, or have the kernel copy', { skip }, async (t) => {
  const { sh } = await mounted(t, ['--scripts', folder(t, scripts), '--run', 'text'])
  const dir = temporary(t)
  /** Runs a shell script with the device as $DEV and a new file as $OUT; gives what is in the file then. */
  const copies = (script: string) => sh(`DEV=$MNT/text OUT=${dir}/out; : > $OUT; ${script}; cat $OUT; rm $OUT`)

  for (const [program, script] of [
    ['cat', 'cat $DEV > $OUT'],
    ['cp', 'cp $DEV $OUT'],
    ['dd', 'dd if=$DEV of=$OUT status=none'],
    ['busybox', 'busybox cat $DEV > $OUT'],
    ['busybox', 'busybox cp $DEV $OUT'],
    ['python3', 'python3 -c "import shutil, sys; shutil.copyfile(*sys.argv[1:])" $DEV $OUT'],
    ['python3', 'python3 -c "import shutil, sys; shutil.copy2(*sys.argv[1:])" $DEV $OUT'],
  ] as const) {
    t.test(script, { skip: without(program) }, async (t) => {
      t.strictSame(await copies(script), { code: 0, stdout: text, stderr: '' })
    })
  }

  t.test('cp -p and cp -a copy from a device and to it', async (t) => {
    for (const option of ['-p', '-a']) {
      t.strictSame(await copies(`cp ${option} $DEV $OUT || exit`), { code: 0, stdout: text, stderr: '' })
      t.strictSame(await sh(`cp ${option} ${scriptOf(t)} $MNT/text`), { code: 0, stdout: '', stderr: '' })
    }
    await sh('chmod 666 $MNT/text')
  })

  t.test('the log can be copied, also where its oldest lines are gone', async (t) => {
    const same =
      'cp $MNT/kmsg $OUT && cmp $MNT/kmsg $OUT && cp -a $MNT/kmsg $OUT && cmp $MNT/kmsg $OUT || exit; : > $OUT'
    t.strictSame(await copies(same), { code: 0, stdout: '', stderr: '' })
    t.strictSame(await copies(`echo 60000 > $MNT/lines; ${same}`), { code: 0, stdout: '', stderr: '' })
    t.not((await copies('head -c 3 $MNT/kmsg > $OUT')).stdout, '\0\0\0')
  })

  t.test('a program in C', { skip: without('cc') }, async (t) => {
    const reads = compiled(t)
    const read = (way: string, device = '$MNT/text') => sh(`${reads} ${way} ${device}`)
    /** Whether the system has that way; a test of one that it has not is skipped. */
    const has = (t: Test, way: string, { code }: Finished) => {
      if (code === 77) t.pass(`the system has no ${way}`, { skip: true })
      return code !== 77
    }
    for (const way of ['io_uring', 'aio']) {
      t.test(`${way} has the driver's bytes, each once`, async (t) => {
        const finished = await read(way)
        if (has(t, way, finished)) t.strictSame(finished, { code: 0, stdout: text, stderr: '' })
      })
    }
    for (const way of ['sendfile', 'splice']) {
      t.test(`${way} is EINVAL`, async (t) => {
        t.strictSame(await sh(`${reads} ${way} $MNT/text | cat`), {
          code: 0,
          stdout: '',
          stderr: `${way}: Invalid argument\n`,
        })
      })
    }
    t.test('so it is whatever was done with the device before, and its size is 0 for everybody', async (t) => {
      const after = await read('aio')
      if (!has(t, 'aio', after)) return
      for (const [held, before] of [
        ['', 'stat -c %s $DEV'],
        ['<', 'stat -c %s $DEV'],
        ['<', 'stat -L -c %s /dev/fd/3'],
        ['<', 'stat -c %s $DEV; cat $DEV | wc -c > /dev/null'],
        ['<', 'chmod 644 $DEV; stat -c %s $DEV; chmod 666 $DEV'],
        ['<', 'touch $DEV; stat -c %s $DEV'],
        ['<', 'ln $DEV $MNT/link; stat -c %s $MNT/link; rm $MNT/link'],
        ['<', 'mv $DEV $MNT/moved; stat -c %s $MNT/moved; mv $MNT/moved $DEV'],
        ['<', 'ls -l $MNT > /dev/null; stat -c %s $DEV'],
        ['<', 'echo x > $DEV; stat -c %s $DEV'],
        ['<', 'echo x >> $DEV; stat -c %s $DEV'],
        ['<', 'truncate -s 0 $DEV 2> /dev/null; stat -c %s $DEV'],
        ['>', 'stat -c %s $DEV'],
        ['>>', 'echo x >&3; stat -c %s $DEV'],
      ] as const) {
        const hold = held === '' ? '' : `exec 3${held} $DEV;`
        const { stdout, stderr } = await sh(`DEV=$MNT/text; ${hold} ${before}; ${reads} aio $DEV`)
        t.equal(stderr, '', before)
        t.equal(stdout, `0\n${text}`, `${held} ${before}`)
      }
    })
    t.test('a file that is open all the time reads on, whatever others do', { skip: without('python3') }, async (t) => {
      const script = `
import os, sys
d = os.environ["MNT"] + "/text"
fd = os.open(d, os.O_RDONLY)
null = os.open("/dev/null", os.O_WRONLY)
def sendfile():
    try: return os.sendfile(null, fd, 0, 4096)
    except OSError as e: return e.strerror
def opened(flags, use=lambda fd: None):
    other = os.open(d, flags); use(other); os.close(other)
for what in (
    lambda: None, lambda: os.fstat(fd), lambda: os.stat(d), lambda: os.chmod(d, 0o666), lambda: os.utime(d),
    lambda: [e.stat() for e in os.scandir(os.environ["MNT"])], lambda: (os.link(d, d + "2"), os.unlink(d + "2")),
    lambda: opened(os.O_RDONLY), lambda: opened(os.O_WRONLY | os.O_TRUNC, lambda o: os.write(o, b"x")),
    lambda: opened(os.O_WRONLY | os.O_TRUNC), lambda: opened(os.O_WRONLY | os.O_APPEND, lambda o: os.write(o, b"x")),
):
    what(); print(sendfile(), os.fstat(fd).st_size)
for whence in range(5):
    try: print(os.lseek(fd, 0, whence))
    except OSError as e: print(e.strerror)`
      const { stdout, stderr } = await sh(`python3 -c '${script}'`)
      t.equal(stderr, '')
      const seeks = '0\n0\nIllegal seek\nIllegal seek\nIllegal seek\n'
      t.equal(stdout, `${'Invalid argument 0\n'.repeat(11)}${seeks}`)
    })
  })
})

/** An ordinary file. */
const scriptOf = (t: Test) => join(folder(t, { plain: 'plain\n' }), 'plain')
