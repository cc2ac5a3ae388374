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
  const buf = Buffer.alloc(1)
  const file = opened(path, 'r')
  let read = 0
  for (let n = file.read(buf); n > 0; n = file.read(buf)) read += n
  t.equal(read, 1000)
  t.equal(buf.toString(), 'x')
  t.equal(file.read(buf), 0)
  t.equal(file.write(buf, 1), -EBADF, 'as it was opened to read')
  const folder = opened(dir, 'r')
  // libc's from some reads on.
  for (let i = 0; i < 1000; i++) if (folder.read(buf) !== -EISDIR) t.fail(`read ${i}`)
  const written = opened(join(dir, 'written'), 'w')
  t.equal(written.write(Buffer.from('hello'), 4), 4)
  t.equal(written.read(buf), -EBADF)
  t.equal(readFileSync(join(dir, 'written'), 'utf8'), 'hell')
})

t.test('libc is null where the package is none of this machine', async (t) => {
  t.equal(
    libc(() => {
      throw new Error(String(EACCES))
    }),
    null,
  )
})
