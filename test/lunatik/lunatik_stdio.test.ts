import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { BUFSIZE, EOF, FILE, FOPEN_MAX, fopen } from '../../src/lunatik/lunatik_stdio.js'
import { logged, scripts } from './states.js'

const max = 1 << 20

/** A file with these contents, open; closed when the test ends. */
function opened(t: Test, contents: string, mode = 'r+'): FILE {
  const dir = scripts(t, { file: contents })
  const f = fopen(`${dir}/file`, mode, 'test') as FILE
  t.teardown(() => f.close())
  return f
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())

t.test('peek leaves the byte that it gives, and the end is no error', async (t) => {
  const f = opened(t, 'ab')
  t.equal(f.peek(), 0x61)
  t.equal(f.peek(), 0x61)
  f.skip()
  t.equal(text(f.read(5, max)), 'b')
  t.equal(f.peek(), EOF)
  t.notOk(f.err)
})

t.test('the end is asked for again each time, as a file may grow', async (t) => {
  const dir = scripts(t, { file: 'a' })
  const f = fopen(`${dir}/file`, 'r', 'test') as FILE
  t.equal(text(f.gets(max)), 'a')
  t.equal(f.peek(), EOF)
  writeFileSync(`${dir}/file`, 'b\n', { flag: 'a' })
  t.equal(text(f.gets(max)), 'b\n')
  t.ok(f.close())
})

t.test('reads of every length around the buffer give each byte once', async (t) => {
  const contents = Array.from({ length: 3 * BUFSIZE }, (_, i) => String.fromCharCode(97 + (i % 25))).join('')
  for (const first of [0, 1, BUFSIZE - 1, BUFSIZE, BUFSIZE + 1]) {
    for (const second of [1, BUFSIZE - 1, BUFSIZE, BUFSIZE + 1, 2 * BUFSIZE, contents.length]) {
      const f = opened(t, contents)
      const parts = [first === 0 ? '' : text(f.read(first, max)), text(f.read(second, max)), text(f.read(max, max))]
      t.equal(parts[0]?.length, first)
      t.equal(parts[1]?.length, Math.min(second, contents.length - first))
      t.equal(parts.join('') === contents, true, `${first}, then ${second}`)
    }
  }
})

t.test('a line ends at the buffer, before it and behind it', async (t) => {
  for (const length of [0, 1, BUFSIZE - 2, BUFSIZE - 1, BUFSIZE, BUFSIZE + 1, 3 * BUFSIZE]) {
    const line = `${'x'.repeat(length)}\n`
    const f = opened(t, `${line}rest`)
    t.equal(text(f.gets(max)) === line, true, String(length))
    t.equal(text(f.gets(max)), 'rest')
    t.equal(text(f.gets(max)), '')
  }
})

t.test('more than may be read is null', async (t) => {
  t.equal(opened(t, 'abc\n').gets(3), null)
  t.equal(text(opened(t, 'abc\n').gets(4)), 'abc\n')
  t.equal(opened(t, 'abcd').read(10, 3), null)
  t.equal(text(opened(t, 'abcd').read(10, 4)), 'abcd')
  t.equal(opened(t, 'abcd').read(1, 0), null)
  t.equal(text(opened(t, '').read(1, 0)), '')
})

t.test('a write goes where the read ended, and the next read goes on behind it', async (t) => {
  const f = opened(t, `${'a'.repeat(BUFSIZE + 10)}bcd`)
  f.read(BUFSIZE + 10, max)
  t.equal(f.write(Buffer.from('XY')), 2)
  t.equal(text(f.read(9, max)), 'd')
})

t.test('in append mode writes go to the end, whoever has moved it', async (t) => {
  const dir = scripts(t, { file: 'ab' })
  const f = fopen(`${dir}/file`, 'a+', 'test') as FILE
  t.equal(text(f.read(1, max)), 'a')
  writeFileSync(`${dir}/file`, 'c', { flag: 'a' })
  t.equal(f.write(Buffer.from('d')), 1)
  t.equal(text(f.read(1, max)), '')
  t.equal(f.seek(0, 'set'), 0)
  t.equal(text(f.read(9, max)), 'abcd')
  f.close()
  t.equal(readFileSync(`${dir}/file`, 'utf8'), 'abcd')
})

t.test('what a full file system takes of a write is told', async (t) => {
  const dir = scripts(t, {})
  const stdio = new URL('../../src/lunatik/lunatik_stdio.js', import.meta.url).href
  const code = `const { fopen } = await import('${stdio}')
    const f = fopen('${dir}/file', 'w', 'test')
    console.log(f.write(Buffer.from('four')), f.err, f.write(Buffer.from('and more')), f.err)`
  // Not here: tap ends this process at the signal that such a write sends.
  const args = ['--fsize=6', process.execPath, '--input-type=module', '-e', code]
  const { NODE_OPTIONS: _, ...env } = process.env
  t.equal(execFileSync('prlimit', args, { encoding: 'utf8', env }), '4 false 2 true\n')
})

t.test('an error is told, and ends nothing', async (t) => {
  const dir = scripts(t, { file: 'a' })
  const f = fopen(`${dir}/file`, 'w', 'test') as FILE
  t.equal(f.peek(), EOF)
  t.ok(f.err)
  f.err = false
  t.equal(text(f.read(3, max)), '')
  t.ok(f.err)
  f.err = false
  t.equal(text(f.gets(3)), '')
  t.ok(f.err)
  t.ok(f.close())
  const closed = new FILE(999_999, false)
  t.notOk(closed.close(), 'what the file system says while closing')
})

t.test('so many files may be open', async (t) => {
  const log = logged(t)
  const dir = scripts(t, { file: '' })
  const all: FILE[] = []
  for (let f = fopen(`${dir}/file`, 'r', 'test'); f !== null; f = fopen(`${dir}/file`, 'r', 'test')) all.push(f)
  t.equal(all.length, FOPEN_MAX)
  t.strictSame(log, [`test: ${dir}/file can't be opened: 512 files are open, which scripts have not closed`])
  for (const f of all) f.close()
  const again = fopen(`${dir}/file`, 'r', 'test')
  t.not(again, null)
  again?.close()
})
