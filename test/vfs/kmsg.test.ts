import t from 'tap'
import { EINVAL, ENXIO } from '../../src/errno.js'
import { LOG_BUF_LEN, LOG_TEXT_MAX, log_stream, printk } from '../../src/printk.js'
import { type file, O_RDWR, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../../src/vfs/fs.js'
import { kmsg_exit, kmsg_init } from '../../src/vfs/kmsg.js'
import { vfs_open } from '../../src/vfs/open.js'
import { vfs_llseek, vfs_read, vfs_write } from '../../src/vfs/read_write.js'
import { node } from './device.js'

kmsg_init()
t.teardown(kmsg_exit)

function opened(): file {
  const file = vfs_open(node('kmsg'), O_RDWR)
  if (typeof file === 'number' || file instanceof Promise) throw new Error(`not opened: ${file}`)
  return file
}

/** The texts of a read at `offset`, without time. */
function read(file: file, offset: number, len = 1 << 20): string {
  const buf = Buffer.alloc(len)
  return buf.toString('utf8', 0, vfs_read(file, buf, len, offset) as number).replaceAll(/^\[ *[\d.]+\] /gm, '')
}

const write = (text: string | Buffer) => vfs_write(opened(), Buffer.from(text), Buffer.byteLength(text), 0)

/** Logs until nothing is left that was logged before. */
function flood(): void {
  for (const end = log_stream.head + LOG_BUF_LEN; log_stream.tail < end; ) printk('info', 'x'.repeat(1000))
}

t.test('a reader gets what was logged before, then the end, then what comes', async (t) => {
  const file = opened()
  printk('err', 'one')
  const offset = log_stream.head
  t.match(read(file, 0), /err: one\n$/)
  t.equal(read(file, offset), '')
  printk('info', 'two')
  t.equal(read(file, offset), 'info: two\n')
})
t.test('its size and time move with the log, so that nobody may keep them', async (t) => {
  const kmsg = node('kmsg')
  t.equal(kmsg.i_dynamic, true)
  const before = kmsg.i_size
  printk('info', 'moves')
  t.equal(kmsg.i_size, log_stream.head)
  t.ok(kmsg.i_size > before)
})
t.test('a read may end within a line', async (t) => {
  const at = log_stream.head
  printk('info', 'split')
  const file = opened()
  t.equal(read(file, at, 20), 'info:')
  t.equal(read(file, at + 20), ' split\n')
})
t.test('each write is a record; a prefix is its level, newlines in it are escaped', async (t) => {
  const at = log_stream.head
  for (const text of ['plain\n', '<3>bad', '<4>so so', '<14>facility 1', 'two\nlines\n', '', '<x>none']) write(text)
  t.equal(
    read(opened(), at),
    'info: plain\nerr: bad\nwarn: so so\ninfo: facility 1\ninfo: two\\x0alines\ninfo: \ninfo: <x>none\n',
  )
})
t.test('bytes that are no UTF-8 stay readable', async (t) => {
  const at = log_stream.head
  write(Buffer.from('\x00\xff\xc3\xa9\x9b\\x41\x1b\x7f', 'latin1'))
  t.equal(read(opened(), at), 'info: \\x00\\xffé\\x9b\\x5cx41\\x1b\\x7f\n')
})
t.test('it has data from its beginning to its end, and none beyond', async (t) => {
  flood()
  const file = opened()
  const { head, tail } = log_stream
  t.ok(tail > 0)
  t.equal(vfs_llseek(file, 0, SEEK_DATA), 0)
  t.equal(vfs_llseek(file, 5, SEEK_DATA), 5)
  t.equal(vfs_llseek(file, 0, SEEK_HOLE), head)
  for (const whence of [SEEK_DATA, SEEK_HOLE]) {
    for (const offset of [-1, head, head + 1]) t.equal(vfs_llseek(file, offset, whence), -ENXIO)
  }
  t.equal(vfs_llseek(file, -2, SEEK_END), head - 2)
  t.equal(vfs_llseek(file, -3, SEEK_CUR), head - 5)
  t.equal(vfs_llseek(file, 7, SEEK_SET), 7)
  t.equal(vfs_llseek(file, -1, SEEK_SET), -EINVAL)
})
t.test('a write of more than a record takes gives EINVAL', async (t) => {
  t.equal(write('x'.repeat(LOG_TEXT_MAX + 1)), -22)
})
t.test('size and time tell that there is more', async (t) => {
  const kmsg = node('kmsg')
  for (let n = 0; n < 5; n++) {
    const before = kmsg.i_mtime
    read(opened(), 0)
    printk('info', 'more')
    t.ok(kmsg.i_mtime > before, 'a later time after each read, however fast')
  }
  t.equal(kmsg.i_size, log_stream.head)
})
t.test('a reader who fell behind goes on at the oldest line', async (t) => {
  const file = opened()
  printk('info', 'before')
  const first = log_stream.tail
  const got = Buffer.alloc(100)
  t.equal(vfs_read(file, got, 100, first), 100)
  flood()
  printk('info', 'last')
  let [offset, text] = [first + 100, '']
  for (let piece = read(file, offset, 4096); piece !== ''; piece = read(file, offset, 4096)) {
    text += piece
    offset += 4096
  }
  t.match(text, /^info: x/)
  t.match(text, /info: last\n$/)
  t.notMatch(text, 'before')
})
t.test('a new reader begins at the oldest line, from wherever it jumps to 0', async (t) => {
  flood()
  t.match(read(opened(), 0, 100), /^info: x/)
  const file = opened()
  read(file, 0, 100)
  t.match(read(file, 0, 100), /^info: x/)
})
t.test('who jumps to lines that are gone finds zeros up to the oldest', async (t) => {
  flood()
  const { tail } = log_stream
  t.equal(read(opened(), tail - 3, 10), '\0\0\0')
  t.match(read(opened(), tail), /^info: x/)
})
t.test('the device goes, and may come again', async (t) => {
  kmsg_exit()
  t.throws(() => node('kmsg'))
  t.equal(kmsg_init(), 0)
  t.equal(node('kmsg').i_size, log_stream.head)
})
