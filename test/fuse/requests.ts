// Requests of FUSE's protocol as a kernel writes them, and the answers to them, for tests: by the layouts of
// linux/fuse.h and without protocol.ts.
import { constants } from 'node:os'
import type { Test } from 'tap'
import { DevFuse, type DevFuseOptions } from '../../src/fuse/dev-fuse.js'
import { FuseReply } from '../../src/fuse/reply.js'
import { FuseRequest } from '../../src/fuse/request.js'
import { register_console } from '../../src/printk.js'
import { type file_operations, S_IFLNK } from '../../src/vfs/fs.js'
import { root, vfs_mkdir, vfs_symlink } from '../../src/vfs/namei.js'
import { registered } from '../vfs/device.js'

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * i)
  return bytes
}

export function u64(...values: (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 8 * i)
  return bytes
}

/** A name with the NUL at its end. */
export const nul = (name: string) => Buffer.from(`${name}\0`)

/** What a request's header says besides its opcode and length. */
export interface Header {
  readonly unique?: number | bigint
  readonly nodeid?: number | bigint
  readonly uid?: number
  readonly gid?: number
  readonly pid?: number
  /** Instead of the request's length. */
  readonly len?: number
}

/** A whole request. */
export function request(opcode: number, header: Header, ...body: readonly Uint8Array[]): Buffer {
  const rest = Buffer.concat(body)
  return Buffer.concat([
    u32(header.len ?? 40 + rest.length, opcode),
    u64(header.unique ?? 2, header.nodeid ?? 1),
    u32(header.uid ?? 0, header.gid ?? 0, header.pid ?? 0, 0),
    rest,
  ])
}

/** A request as it was read, into a buffer that held another. */
export function readRequest(bytes: Buffer): FuseRequest {
  const r = new FuseRequest(new Uint8Array(8192))
  r.buf.fill(0xee)
  r.buf.set(bytes)
  return r
}

/** An answer's buffer full of what was there before. */
export function dirtyReply(size: number): FuseReply {
  const reply = new FuseReply(size)
  reply.buf.fill(0xee)
  return reply
}

/** What a kernel says to an answer that nobody waits for. */
export const refusal = (code: 'ENOENT' | 'EIO') => -constants.errno[code]

/** What was sent: an answer, or a notification, whose unique is 0 and whose error is its code. */
export interface Message {
  readonly len: number
  readonly error: number
  readonly unique: number
  readonly body: Buffer
}

export function message(bytes: Buffer): Message {
  return {
    len: bytes.readUInt32LE(0),
    error: bytes.readInt32LE(4),
    unique: Number(bytes.readBigUInt64LE(8)),
    body: bytes.subarray(16),
  }
}

/** The number in 64 bits at `offset` of a body. */
export const at64 = (body: Buffer, offset: number) => Number(body.readBigInt64LE(offset))

/** An entry's node and mode: of LOOKUP and what else makes one known. */
export const entry = (body: Buffer) => ({ nodeid: at64(body, 0), mode: body.readUInt32LE(40 + 60) })

/** The entries of a folder's listing. */
export function dirents(body: Buffer, plus = false) {
  const found: { name: string; off: number; type: number; nodeid: number; kept: number[] }[] = []
  for (let at = 0; at < body.length; ) {
    const nodeid = plus ? at64(body, at) : 0
    // For how many seconds the kernel may keep the name and the attributes.
    const kept = plus ? [at64(body, at + 16), at64(body, at + 24)] : []
    if (plus) at += 128
    const length = body.readUInt32LE(at + 16)
    const name = body.subarray(at + 24, at + 24 + length).toString()
    found.push({ name, off: at64(body, at + 8), type: body.readUInt32LE(at + 20), nodeid, kept })
    at += 24 + Math.ceil(length / 8) * 8
  }
  return found
}

/** Lets everything run that is due by now. */
export const settle = async () => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A connection whose kernel is the test. */
export class Connection {
  readonly fuse: DevFuse
  /** What was sent and is not taken yet. */
  readonly sent: Message[] = []
  /** The nodes whose size the kernel was told to believe large. */
  readonly stores: number[] = []
  /** Notifications that another thread is to send. */
  readonly notifications: Buffer[] = []
  /** How many of them it has sent. */
  notified = 0
  /** How often the thread was woken. */
  woken = 0
  /** The node by which it can be woken. */
  wakes = 0
  /** The names that were to be looked up. */
  readonly looks: string[] = []
  /** How many answers had a body that was lent. */
  lent = 0
  /** What sending gives, and then 0 again. */
  refusal = 0
  #unique = 100

  constructor(t: Test, options: Partial<DevFuseOptions> = {}) {
    this.fuse = new DevFuse({
      send: ({ buf }, length) => this.#send(message(Buffer.from(buf.subarray(0, length)))),
      sendv: ({ buf }, length, behind) => {
        this.lent++
        return this.#send(message(Buffer.concat([buf.subarray(0, length), behind])))
      },
      notify: (bytes) => this.notifications.push(Buffer.from(bytes)),
      notified: () => this.notified,
      woken: () => {
        this.woken++
      },
      wakes: (ino) => {
        this.wakes = ino
      },
      look: (name) => {
        this.looks.push(name)
      },
      uninterruptible: false,
      ...options,
    })
    t.teardown(() => this.fuse.release())
  }

  #send(sent: Message): number {
    // FUSE_NOTIFY_STORE, which most opens begin with, is apart.
    if (sent.unique === 0 && sent.error === 4) {
      this.stores.push(at64(sent.body, 0))
      return sent.len
    }
    const { refusal } = this
    this.refusal = 0
    if (refusal < 0) return refusal
    this.sent.push(sent)
    return sent.len
  }

  /** Serves bytes as they are. Returns whether the connection goes on. */
  bytes(bytes: Uint8Array): boolean {
    this.fuse.request.buf.set(bytes)
    const goesOn = this.fuse.serve(bytes.length)
    this.fuse.rest()
    return goesOn
  }

  /** Serves a request. Returns its unique. */
  start(opcode: number, header: Header, ...body: readonly Uint8Array[]): number {
    this.#unique += 2
    const unique = Number(header.unique ?? this.#unique)
    this.bytes(request(opcode, { ...header, unique }, ...body))
    return unique
  }

  /** The answer to `unique`, which is taken; undefined while there is none. */
  answer(unique: number): Message | undefined {
    const i = this.sent.findIndex((sent) => sent.unique === unique)
    return i < 0 ? undefined : this.sent.splice(i, 1)[0]
  }

  /** Serves a request that is answered at once. */
  call(opcode: number, header: Header, ...body: readonly Uint8Array[]): Message {
    const unique = this.start(opcode, header, ...body)
    const answer = this.answer(unique)
    if (answer === undefined) throw new Error(`opcode ${opcode} has no answer`)
    return answer
  }

  /** The notifications that were sent without another thread, which are taken. */
  notes(): Message[] {
    const notes = this.sent.filter(({ unique }) => unique === 0)
    for (const note of notes) this.sent.splice(this.sent.indexOf(note), 1)
    return notes
  }

  init(major = 7, minor = 45, flags = 0xffff_ffff): Message {
    return this.call(26, {}, u32(major, minor, 65_536, flags), Buffer.alloc(48))
  }

  /** The node of a name; throws where there is none. */
  lookup(name: string, nodeid: number | bigint = 1): number {
    const { error, body } = this.call(1, { nodeid }, nul(name))
    if (error !== 0) throw new Error(`${name}: ${error}`)
    return entry(body).nodeid
  }

  /** A handle of the file of that name. */
  open(name: string, flags = 2): number {
    const { error, body } = this.call(14, { nodeid: this.lookup(name) }, u32(flags, 0))
    if (error !== 0) throw new Error(`${name}: ${error}`)
    return at64(body, 0)
  }

  /** The body of a read or a listing; `flags` as a program's read(2) has them. */
  static reading = (fh: number, size: number, offset: number | bigint = 0, flags = 2) =>
    Buffer.concat([u64(fh, offset), u32(size, flags), u64(0), u32(0, 0)])

  static writing = (fh: number, data: string, offset: number | bigint = 0) =>
    Buffer.concat([u64(fh, offset), u32(Buffer.byteLength(data), 0), u64(0), u32(0, 0), Buffer.from(data)])

  static ioctl = (fh: number, cmd: number, arg: number, input: Uint8Array, out: number) =>
    Buffer.concat([u64(fh), u32(0, cmd), u64(arg), u32(input.length, out), input])

  static release = (fh: number) => Buffer.concat([u64(fh), u32(0, 0), u64(0)])
}

/** An open file of a device of those operations. */
export function opened(t: Test, fops: file_operations, uninterruptible = false) {
  registered(t, 'dev', fops)
  const connection = new Connection(t, { uninterruptible })
  return { connection, fh: connection.open('dev') }
}

/** Empties the tree, and puts a folder `d` and a link `link` to it there. */
export function freshTree(): void {
  root.i_children?.clear()
  root.i_nlink = 2
  vfs_mkdir('d', 0o755)
  vfs_symlink('d', 'link')
}

/** The type bits of a link's entry, as a listing has them. */
export const DT_LNK = S_IFLNK >> 12

/** The log's lines while the test lasts, with their levels. */
export function logged(t: Test): string[] {
  const lines: string[] = []
  t.teardown(register_console(({ level, text }) => lines.push(`${level} ${text}`)))
  return lines
}

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (e: unknown) => void } {
  let resolve!: (value: T) => void
  let reject!: (e: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
