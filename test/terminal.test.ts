import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openOwnTerminal, type Terminal } from '../src/terminal.js'
import { openTerminal } from '../src/terminal_relay.js'
import { temporary, until } from './mount/mounted.js'

/** The flags of an open file. */
const flagsOf = (fd: number) =>
  Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8)

/** A FIFO with both ends open. */
function fifo(t: Test): { readonly path: string; readonly reader: number; readonly writer: number } {
  const path = join(temporary(t), 'fifo')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { path, reader, writer: openSync(path, constants.O_WRONLY) }
}

/** Writes until nothing is taken any more. Returns how many bytes were. */
function fill(terminal: Terminal): number {
  for (let bytes = 0; ; ) {
    const n = terminal.write(Buffer.alloc(1000, 'x'))
    if (n === 0) return bytes
    bytes += n
  }
}

t.test('a pipe takes what it has room for, and never makes anybody wait', async (t) => {
  const { reader, writer } = fifo(t)
  const terminal = openOwnTerminal(writer)
  if (terminal === null) throw new Error('not opened')
  t.ok(fill(terminal) > 0)
  t.equal(terminal.failed, false)
  t.equal(flagsOf(writer) & constants.O_NONBLOCK, 0, 'whoever shares the descriptor waits as before')
  readSync(reader, Buffer.alloc(1 << 20))
  t.equal(terminal.write(Buffer.from('more')), 4)
  await terminal.close(0)
  closeSync(reader)
  closeSync(writer)
})
t.test('a pipe that nobody has open to read fails, and goes on with the next who has', async (t) => {
  const { path, reader, writer } = fifo(t)
  const before = openOwnTerminal(writer)
  closeSync(reader)
  const after = openOwnTerminal(writer)
  for (const terminal of [before, after]) {
    t.equal(terminal?.write(Buffer.from('x')), 0)
    t.equal(terminal?.failed, true)
  }
  const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  for (const terminal of [before, after]) {
    t.equal(terminal?.write(Buffer.from('x')), 1)
    t.equal(terminal?.failed, false)
    await terminal?.close(0)
  }
  closeSync(again)
  closeSync(writer)
})
t.test('a file is written where others who have it open go on', async (t) => {
  const path = join(temporary(t), 'file')
  const fd = openSync(path, 'w')
  const terminal = openOwnTerminal(fd)
  terminal?.write(Buffer.from('one '))
  writeSync(fd, 'two ')
  terminal?.write(Buffer.from('three'))
  t.equal(readFileSync(path, 'utf8'), 'one two three')
  closeSync(fd)
})
t.test('a full disk fails', async (t) => {
  const fd = openSync('/dev/full', 'w')
  const terminal = openOwnTerminal(fd)
  t.equal(terminal?.write(Buffer.from('x')), 0)
  t.equal(terminal?.failed, true)
  await terminal?.close(0)
  closeSync(fd)
})

/** A program whose standard input is a socket, and that socket. */
function socket(...command: readonly [string, ...string[]]): { readonly child: ChildProcess; readonly fd: number } {
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] })
  return { child, fd: (child.stdin as unknown as { _handle: { fd: number } })._handle.fd }
}

t.test('another program waits for a socket, which can not be opened again', async (t) => {
  const { child, fd } = socket('cat')
  t.equal(openOwnTerminal(fd), null)
  let text = ''
  child.stdout?.on('data', (data) => {
    text += data
  })
  const terminal = openTerminal(fd)
  t.equal(terminal.write(Buffer.from('through\n')), 8)
  await until(() => text === 'through\n')
  terminal.write(Buffer.from('at the end\n'))
  await terminal.close(20_000)
  child.stdin?.end()
  await once(child, 'close')
  t.equal(text, 'through\nat the end\n')
})
t.test('and takes no more than its share', async (t) => {
  const { child, fd } = socket('sleep', '100')
  const terminal = openTerminal(fd)
  for (let still = 0; still < 10; ) {
    still = fill(terminal) > 0 ? 0 : still + 1
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.equal(terminal.failed, false)
  await terminal.close(10)
  child.kill('SIGKILL')
  await once(child, 'close')
})
t.test('what can not be written at all takes nothing', async (t) => {
  const fd = openSync('/dev/null', 'r')
  closeSync(fd)
  const terminal = openTerminal(fd)
  t.equal(terminal.write(Buffer.from('x')), 0)
  t.equal(terminal.failed, true)
  await terminal.close(0)
})
