// The twin of mydevice.c on a real mount, call by call, beside what mydevice.c did on a kernel.
// variants: (default fengari)
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ENOTTY, ENXIO } from '../../src/errno.js'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { type file, type inode, O_RDWR } from '../../src/vfs/fs.js'
import { vfs_ioctl } from '../../src/vfs/ioctl.js'
import { lookup } from '../../src/vfs/namei.js'
import { fput, vfs_open } from '../../src/vfs/open.js'
import { vfs_read } from '../../src/vfs/read_write.js'
import { wide } from '../engine.js'
import { logged, scripts } from '../lunatik/states.js'
import { fixture, folder, type Mounted, mounted, noFuse, run, temporary } from '../mount/mounted.js'

const conformance = fileURLToPath(new URL('../../../test/conformance/', import.meta.url))
const capi = join(conformance, 'capi')
const recorded = (name: string) => readFileSync(join(capi, name), 'utf8')

/** Probes that can't be run here, and why. */
const impossible: Record<string, string> = {
  busy: 'is about insmod and rmmod',
  stop: 'needs ioctl, which fuse-native never passes on',
}

/** Lines that differ on this transport or engine, and why. */
const different: readonly (readonly [RegExp, string])[] = [
  [/^ioctl /, 'fuse-native never passes ioctl on'],
  [/^(readnull|writenull)/, 'the kernel above FUSE finds the bad pointer, after the callback or without it'],
  [/^read 0 0 /, 'a read of no bytes never reaches a FUSE server'],
  ...(wide ? [] : [[/9223372036854775807|1 << 40/, "fengari's integers have 32 bits"] as const]),
]

/** Lines of whole probes that differ, how many at the most, and why. */
const allowed: Record<string, readonly [number, string]> = {
  offs: [6, 'lseek is not seen on this transport, so the writes after it are pwrites'],
  slow: [1, 'the order depends on how long the command takes'],
}

/** Scripts that run beside the module. */
const scriptsBeside: Record<string, readonly string[]> = { env: ['--run', 'envpeer'] }

/** Logs that rightly differ, and why. */
const differentLogs: Record<string, string> = {
  doc: 'ioctl 3 logs a line',
  return: 'ioctl 3 logs a line',
  offs: 'lseek is not seen on this transport, so the writes after it are pwrites',
  log: 'writes of no bytes never reach a FUSE server',
  both: "the kernel's module leaks the reference of an open, so that lunatik_stop releases nothing",
  softirq: 'the module lunatik has runtime in softirq context as well',
  noglobals: 'reads of no bytes never reach a FUSE server',
}

/** A log without white space: the kernel's print makes a record of each argument and of each tab. */
const squeeze = (log: string) => log.replaceAll(join(capi, 'lua'), '/lib/modules/lua').replace(/\s+/g, '')

const normal = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/type=(chr|reg)/, 'type=dev').trimEnd())

/** The parameters that a probe's first line names, as `--device` takes them. */
function parameters(probe: string): string {
  const words = /^# module parameters: "?([^"\n]*)"?/.exec(probe)?.[1] ?? ''
  return words.startsWith('(')
    ? ''
    : words
        .split(' ')
        .map((word) => `,${word}`)
        .join('')
}

const gcc = existsSync('/usr/bin/gcc') || existsSync('/usr/local/bin/gcc')
const skip = noFuse || (gcc ? false : 'there is no C compiler for devprobe')

t.test('mydevice.c', { skip }, async (t) => {
  const bin = folder(t, { lunatik: '#!/bin/sh\nexec $LUNATIK "$@"\n' })
  chmodSync(join(bin, 'lunatik'), 0o755)
  const devprobe = join(temporary(t), 'devprobe')
  t.equal((await run('gcc', ['-O1', '-w', '-o', devprobe, join(conformance, 'devprobe.c')])).code, 0)

  for (const name of readdirSync(join(capi, 'probes')).map((file) => file.replace('.txt', ''))) {
    t.test(name, { skip: impossible[name] ?? false }, async (t) => {
      const probe = recorded(`probes/${name}.txt`)
      const server: Mounted = await mounted(t, [
        '--scripts',
        join(capi, 'lua'),
        '--device',
        `${fixture('mydevice')}${parameters(probe)}`,
        ...(scriptsBeside[name] ?? []),
      ])
      const { stdout } = await server.sh(`PATH=${bin}:$PATH ${devprobe} $MNT < ${join(capi, 'probes', `${name}.txt`)}`)
      const got = normal(stdout)
      const want = normal(recorded(`transcripts/my_${name}.txt`))
      let differ = 0
      for (const [i, line] of want.entries()) {
        const difference = different.find(([pattern]) => pattern.test(line))
        if (got[i] === line || difference !== undefined) continue
        differ++
        t.comment(`kernel: ${line}`)
        t.comment(`here:   ${got[i]}`)
      }
      const [most, reason] = allowed[name] ?? [0, '']
      t.ok(differ <= most, `${differ} of ${want.length} lines differ${reason && `: ${reason}`}`)
      await server.stop()
      const log = server.log().replace(/^\[ *[0-9.]+\] \w+: /gm, '')
      if (differentLogs[name] === undefined) t.equal(squeeze(log), squeeze(recorded(`transcripts/my_${name}.dmesg`)))
    })
  }
})

t.test('mydevice.c, whose ioctl fuse-native never passes on', async (t) => {
  const { init_module, cleanup_module, module_param } = await import('../fixtures/mydevice.js')
  const log = logged(t)
  scripts(t, { 'myd_log.lua': recorded('lua/myd_log.lua') })
  module_param.script = 'myd_log'
  t.equal(init_module(), 0)
  const file = vfs_open(lookup('mydevice') as inode, O_RDWR) as file
  const read = () => vfs_read(file, new Uint8Array(3), 3, 0)
  t.equal(read(), 3)
  t.equal(vfs_ioctl(file, 2, 0), 1, 'on a kernel 2 is FIGETBSZ, which the VFS answers itself with 0')
  t.equal(vfs_ioctl(file, 4, 0), 1)
  t.equal(vfs_ioctl(file, 3, 0), 3)
  t.equal(vfs_ioctl(file, 99, 0), -ENOTTY)
  t.equal(vfs_ioctl(file, 1, 0), 0)
  t.equal(vfs_ioctl(file, 2, 0), -ENXIO)
  t.equal(read(), -ENXIO)
  t.equal(vfs_ioctl(file, 3, 0), -ENXIO)
  t.equal(fput(file), 0)
  cleanup_module()
  t.match(log, [
    /^myd_log loaded/,
    'mydevice: lunatik_runtime("myd_log", 0) = 0',
    'myread\t3\t0',
    'mydevice: nested lunatik_handle: same runtime 1, top seen 3, top after 3',
    'mydevice: lunatik_stop (one extra reference) = 0',
    'mydevice: lunatik_putobject = 1',
  ])
  t.strictSame(lunatik_ledger(), [])
})
