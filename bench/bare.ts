// A program of its own: serves the folder of its argument with one file, `bare`, straight on fuse-native. The file
// answers constants and drops what is written: the least that any file on fuse-native costs.
//
// Loading and mounting are as in src/fuse/fuse-native.ts, options included, so that only the handlers differ.
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import type FuseNative from 'fuse-native'
import type shared from 'fuse-shared-library-linux'
import { Mount, newMountTag } from '../src/fuse/mount.js'

const require = createRequire(import.meta.url)
const RTLD_NODELETE = 0x1000
const ENOENT = 2
const settleMs = 50

const tag = newMountTag()
const mountOptions = [
  'fsname=bare',
  'subtype=bare',
  'default_permissions',
  'direct_io',
  'big_writes',
  'atomic_o_trunc',
  'use_ino',
  'nonempty',
  'entry_timeout=0',
  'attr_timeout=0',
  tag,
  ...(process.geteuid?.() === 0 ? ['allow_other'] : []),
]

function load(): typeof FuseNative {
  const { lib } = require('fuse-shared-library-linux') as typeof shared
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen
  try {
    process.dlopen({ exports: {} }, lib, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE)
  } catch (e) {
    // dlopen complains that the library is no addon after it has loaded it.
    if (!String(e).includes('did not self-register')) throw e
  }
  return require('fuse-native') as typeof FuseNative
}

const now = new Date()
const stat = (mode: number, ino: number) => ({
  mode,
  ino,
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  size: 0,
  nlink: 1,
  atime: now,
  mtime: now,
  ctime: now,
})
const folder = stat(0o040755, 1)
const file = stat(0o100666, 2)

const answer = Buffer.alloc(1 << 20, '4')

const handlers = {
  getattr: (path, cb) => {
    if (path === '/') cb(0, folder)
    else if (path === '/bare') cb(0, file)
    else cb(-ENOENT)
  },
  open: (_path, _flags, cb) => cb(0, 1),
  release: (_path, _fd, cb) => cb(0),
  read: (_path, _fd, buf, len, _pos, cb) => cb(answer.copy(buf, 0, 0, len)),
  write: (_path, _fd, _buf, len, _pos, cb) => cb(len),
} satisfies Partial<FuseNative.Handlers>

const dir = process.argv[2] as string
const Fuse = load()
class Tagged extends Fuse {
  override _fuseOptions() {
    return `-o${mountOptions.join(',')}`
  }
}

let ending = false
async function end(): Promise<void> {
  if (ending) return
  ending = true
  await Mount.find(tag)?.unmount()
  setTimeout(() => process.exit(0), settleMs)
}

// The operations that are left out answer as fuse-native does for them.
new Tagged(dir, handlers as unknown as FuseNative.Handlers, { timeout: false }).mount((err) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end())
  if (err === null) console.log(`bare: mounted on ${dir}`)
  else {
    console.error(`bare: can't mount on ${dir}: ${err.message}`)
    process.exit(1)
  }
})
