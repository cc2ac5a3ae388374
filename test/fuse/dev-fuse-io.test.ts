import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { EACCES, EBADF, EISDIR } from '../../src/errno.js'
import { DeviceIo } from '../../src/fuse/dev-fuse-io.js'
import { libc } from '../../src/libc.js'

t.test('reads and writes give bytes or errnos, with node:fs first and with libc later', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'io-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'file')
  writeFileSync(path, 'x'.repeat(1000))
  const opened = (path: string, flags: string) => {
    const fd = openSync(path, flags)
    t.teardown(() => closeSync(fd))
    return new DeviceIo(fd)
  }
  const message = (buf: Buffer) => ({ buf, address: 0 })
  const byte = message(Buffer.alloc(1))
  const file = opened(path, 'r')
  let read = 0
  for (let n = file.read(byte); n > 0; n = file.read(byte)) read += n
  t.equal(read, 1000)
  t.equal(byte.buf.toString(), 'x')
  t.equal(file.read(byte), 0)
  t.equal(file.write(byte, 1), -EBADF, 'as it was opened to read')
  const folder = opened(dir, 'r')
  // libc's from some reads on.
  for (let i = 0; i < 1000; i++) if (folder.read(byte) !== -EISDIR) t.fail(`read ${i}`)
  const written = opened(join(dir, 'written'), 'w')
  t.equal(written.write(message(Buffer.from('hello')), 4), 4)
  const shared = Buffer.from(new SharedArrayBuffer(100_000)).subarray(1)
  shared.write('o, world')
  t.equal(written.writev(message(Buffer.from(' no')), 1, shared.subarray(0, 8)), 9)
  // libc's from here on.
  for (let i = 0; i < 500; i++) t.equal(written.read(byte), -EBADF)
  t.equal(written.writev(message(Buffer.from('!?')), 1, shared), 100_000)
  const text = readFileSync(join(dir, 'written'), 'latin1')
  t.equal(text.slice(0, 14), 'hell o, world!')
  t.equal(text.slice(14, 22), 'o, world')
  t.equal(text.length, 4 + 9 + 100_000)
  t.equal(file.writev(byte, 1, shared), -EBADF)
  t.equal(opened(path, 'r').writev(byte, 1, shared), -EBADF)
})

t.test('libc is null where the package is none of this machine', async (t) => {
  t.equal(
    libc(() => {
      throw new Error(String(EACCES))
    }),
    null,
  )
})
