// How a trace's lines look, and which texts are none.
import t from 'tap'
import { lineOf, recordsOf } from '../../src/cli/calls.js'
import type { trace_record } from '../../src/vfs/trace.js'

const of = { begin: 1, end: 2, time: 1.5, ms: 0.25, pid: 7, comm: 'cat', uid: 0, name: 'a/b', file: 1 } as const

t.test('a line has what strace has', async (t) => {
  const lines: readonly (readonly [trace_record, string])[] = [
    [{ ...of, op: 'open', flags: 0o6002, ret: 0 }, 'cat[7] open(a/b, O_RDWR|O_APPEND|O_NONBLOCK) = 0 <0.000250>'],
    [
      { ...of, op: 'read', len: 9, off: 3, out: '2\n\udcff', ret: 3 },
      'cat[7] read(a/b, "2\\n\\xff", 9, 3) = 3 <0.000250>',
    ],
    [
      { ...of, op: 'pwrite', len: 40, off: 0, in: 'x'.repeat(40), ret: -125, errname: 'ECANCELED' },
      `cat[7] pwrite(a/b, "${'x'.repeat(32)}"..., 40, 0) = -1 ECANCELED <0.000250>`,
    ],
    [
      { ...of, op: 'ioctl', cmd: 0x80047001, in: '', out: 'a"', ret: 0 },
      'cat[7] ioctl(a/b, 0x80047001, "") = 0 "a\\"" <0.000250>',
    ],
    [{ ...of, op: 'ioctl', cmd: 1, arg: 5, ret: 2 }, 'cat[7] ioctl(a/b, 0x1, 5) = 2 <0.000250>'],
    [{ ...of, op: 'poll', ret: 5 }, 'cat[7] poll(a/b) = 5 <0.000250>'],
    [{ ...of, comm: '\x1b[2J', op: 'close', ret: 0 }, '\\x1b[2J[7] close(a/b) = 0 <0.000250>'],
  ]
  for (const [record, line] of lines) t.equal(lineOf(record), `[    1.500000] ${line}`)
})

t.test('one that sleeps is not finished, and one from nobody has no process', async (t) => {
  const { end: _, ms: __, pid: ___, comm: ____, ...rest } = of
  t.equal(lineOf({ ...rest, op: 'read', len: 9, off: 0 }), '[    1.500000] read(a/b, 9, 0 <unfinished ...>')
})

t.test('what is no trace is said, with its line', async (t) => {
  t.same(recordsOf(`${JSON.stringify({ ...of, op: 'close' })}\n\n`), [{ ...of, op: 'close' }])
  for (const text of ['nonsense', '{}', '[]', '1', '{"begin":1}', '{"begin":1,"op":'])
    t.throws(() => recordsOf(`\n${text}\n`), { message: 'line 2 is no record of a trace' })
})
