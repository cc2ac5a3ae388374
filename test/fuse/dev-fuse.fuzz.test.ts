// DevFuse under requests that no kernel sends: each is answered once and in form, and nothing piles up.
import t from 'tap'
import { ENOENT } from '../../src/errno.js'
import { WAKE_INO } from '../../src/fuse/dev-fuse-nodes.js'
import type { file_operations } from '../../src/vfs/fs.js'
import { root, vfs_mkdir } from '../../src/vfs/namei.js'
import { node, registered } from '../vfs/device.js'
import { at64, Connection, freshTree, nul, request, u32, u64 } from './requests.js'

const requests = 100_000
/** How many requests a promise has to settle in, and after how many the tree is a fresh one. */
const [turnEvery, freshEvery] = [50, 500]

/** xorshift32: the same numbers each time. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Those that the others need, or that rarely find what they need. */
const frequent = [1, 1, 9, 10, 12, 12, 13, 13, 14, 14, 14, 14, 15, 16, 20, 20, 28, 39, 39, 40, 44, 45, 45, 5]

const silent = new Set([2, 36, 41, 42])

/** A device whose every operation is done now, done later, wrong, or an exception. */
function fops(below: (n: number) => number): file_operations {
  const any = (right: number) => {
    const which = below(12)
    if (which === 0) throw new Error('broken')
    if (which === 1) return Promise.reject(new Error('broken'))
    if (which === 2) return Promise.resolve(right)
    if (which === 3) return (which * 2 ** 31) as number
    return which === 4 ? Promise.resolve(-4096) : which === 5 ? -11 : right
  }
  return {
    open: () => any(0),
    release: () => any(0),
    read: (_, buf, len) => {
      buf.fill(1, 0, Math.min(len, 16))
      return any(Math.min(len, 16))
    },
    write: (_, _buf, len) => any(len),
    poll: (_, wake) => {
      wake?.()
      return any(1)
    },
    unlocked_ioctl: () => any(0),
    fsync: () => any(0),
  }
}

/** Handles of open files, or of folders: each kind has numbers of its own. */
class Handles {
  readonly open = new Set<number>()
  /** How many there were at once, and the largest. */
  most = 0
  largest = 0

  /** Returns whether it was not there. */
  add(handle: number): boolean {
    const fresh = !this.open.has(handle)
    this.open.add(handle)
    this.most = Math.max(this.most, this.open.size)
    this.largest = Math.max(this.largest, handle)
    return fresh
  }
}

/** What the answers have told of, as a kernel knows it. */
class Known {
  readonly nodes = new Set<number>()
  readonly files = new Handles()
  readonly folders = new Handles()
  /** How often each opcode had an answer without an error. */
  readonly well = new Map<number, number>()
}

/** Requests that mean something, most of them: of nodes and handles that there may be. */
function generator(below: (n: number) => number, known: Known) {
  const pick = <T>(...of: readonly T[]): T => of[below(of.length)] as T
  const id = () => pick<number | bigint>(1, 1, 1, ...known.nodes, 999_999, 2n ** 64n - 1n, 2 ** 40, 0)
  const fh = () => pick<number | bigint>(...known.files.open, ...known.folders.open, below(40), 2n ** 63n, 2 ** 32 + 1)
  const number = () => pick<number | bigint>(0, 1, below(100), 2n ** 63n, 2n ** 64n - 1n, 2n ** 63n - 1n, 2 ** 53)
  const size = () => pick(0, 1, below(200), 4096, 0xffff_ffff, 1 << 20, 0x8000_0000)
  const name = () =>
    pick(
      nul('dev'),
      nul('dev'),
      nul('dev'),
      nul('d'),
      nul('link'),
      nul('a'),
      nul('b'),
      nul(''),
      nul('..'),
      nul('x'.repeat(300)),
      bytes(12),
    )
  const bytes = (most: number) => Buffer.from(Array.from({ length: below(most + 1) }, () => below(256)))
  const words = (n: number) => u32(...Array.from({ length: n }, () => pick(0, 1, below(2 ** 31), 0xffff_ffff)))
  const transfer = (length = size()) =>
    Buffer.concat([u64(fh(), pick(0, number())), u32(length, pick(2, 2, 0)), u64(0), u32(0, 0)])
  const body = (opcode: number): Buffer => {
    switch (opcode) {
      case 1:
      case 10:
      case 11:
        return name()
      case 2:
      case 36:
        return u64(number())
      case 3:
        return Buffer.concat([u32(0, 0), u64(fh())])
      case 4:
        return Buffer.concat([u32(below(4096), 0), u64(fh(), 0, 0, number(), number(), 0), words(8)])
      case 6:
        return Buffer.concat([name(), name()])
      case 8:
      case 35:
        return Buffer.concat([words(4), name()])
      case 9:
        return Buffer.concat([words(2), name()])
      case 12:
        return Buffer.concat([u64(id()), name(), name()])
      case 13:
        return Buffer.concat([u64(id()), name()])
      case 14:
      case 27:
        return u32(pick(0, 1, 2, 3, 0o40002, below(2 ** 31)), 0)
      case 15:
      case 28:
      case 44:
        return transfer()
      case 16:
        return Buffer.concat([transfer(pick(0, 1, 2, 3, size())), bytes(40)])
      case 18:
      case 29:
        return Buffer.concat([u64(fh()), u32(0, 0), u64(0)])
      case 20:
      case 23:
        return Buffer.concat([u64(fh()), u32(below(2), 0)])
      case 26:
        return Buffer.concat([u32(pick(7, 7, 6, 8), pick(31, 45, 30, 99)), words(14)])
      case 39: {
        const input = bytes(20)
        return Buffer.concat([u64(fh()), words(2), u64(number()), u32(pick(input.length, size()), size()), input])
      }
      case 40:
        return Buffer.concat([u64(fh(), number()), u32(below(2), 0)])
      case 42:
        return Buffer.concat([u32(pick(1, 2, 1000, 0xffff_ffff), 0), u64(id(), number(), id(), number())])
      case 45:
        return Buffer.concat([u64(id()), u32(below(5), 0), name(), name()])
      default:
        return bytes(64)
    }
  }
  return (unique: number): Buffer => {
    if (below(20) === 0) {
      const noise = bytes(200)
      if (noise.length >= 16) noise.set(u64(unique), 8)
      if (noise.length >= 4 && below(2) === 0) noise.writeUInt32LE(noise.length, 0)
      return noise
    }
    const opcode = pick(1 + below(47), pick(...frequent), pick(...frequent), below(2 ** 16))
    let made = request(opcode, { unique, nodeid: id(), uid: below(3) }, body(opcode))
    if (below(8) === 0) {
      made = made.subarray(0, 40 + below(made.length - 39))
      made.writeUInt32LE(made.length, 0)
    }
    if (below(30) === 0) made.writeUInt32LE(pick(size(), made.length + 1, 40), 0)
    if (below(8) === 0 && made.length > 40) made[40 + below(made.length - 40)] = below(256)
    return made
  }
}

for (const seed of [1, 0x1234_5678]) {
  t.test(`malformed requests are answered once each, seed ${seed}`, async (t) => {
    const below = random(seed)
    freshTree()
    registered(t, 'dev', fops(below))
    const device = node('dev')
    const connection = new Connection(t)
    const known = new Known()
    const next = generator(below, known)
    const open = new Map<number, Buffer>()
    const bad: string[] = []
    let answers = 0
    const learn = (asked: Buffer, body: Buffer) => {
      const opcode = asked.readUInt32LE(4)
      known.well.set(opcode, (known.well.get(opcode) ?? 0) + 1)
      if ([1, 6, 9, 13].includes(opcode)) known.nodes.add(at64(body, 0))
      if (opcode === 18) known.files.open.delete(at64(asked, 40))
      if (opcode === 29) known.folders.open.delete(at64(asked, 40))
      if (opcode !== 14 && opcode !== 27) return
      const handle = at64(body, 0)
      if (handle === 0) return
      if (!known[opcode === 14 ? 'files' : 'folders'].add(handle)) bad.push(`handle ${handle} is given twice`)
    }
    const take = () => {
      for (const { len, error, unique, body } of connection.sent.splice(0)) {
        if (len !== 16 + body.length) bad.push(`${unique}: length ${len}`)
        if (unique === 0) continue
        if (error > 0 || error < -4095) bad.push(`${unique}: error ${error}`)
        if (error < 0 && body.length > 0) bad.push(`${unique}: an error with a body`)
        const asked = open.get(unique)
        if (asked === undefined) bad.push(`${unique}: one answer too many`)
        else if (error === 0) learn(asked, body)
        open.delete(unique)
        answers++
      }
    }
    const begun = process.cpuUsage()
    for (let i = 1; i <= requests / 2; i++) {
      const bytes = next(i * 2)
      const opcode = bytes.length >= 40 ? bytes.readUInt32LE(4) : 2
      if (!silent.has(opcode)) open.set(i * 2, bytes)
      try {
        connection.bytes(bytes)
      } catch (e) {
        bad.push(`${i}: opcode ${opcode}: ${e}`)
      }
      take()
      if (i % turnEvery === 0) {
        await new Promise((resolve) => setImmediate(resolve))
        take()
        for (const [unique, asked] of open) bad.push(`${unique}: ${asked.toString('hex')} has no answer`)
        open.clear()
        if (bad.length > 0) break
      }
      if (i % freshEvery === 0) {
        root.i_children?.clear()
        root.i_children?.set('dev', device)
        vfs_mkdir('d', 0o755)
        // A kernel forgets what it knows, and closes what is open.
        for (const nodeid of known.nodes) {
          connection.start(2, { nodeid, unique: 1 }, u64(2 ** 52))
          const { error } = connection.call(3, { nodeid, unique: 1 }, u32(0, 0), u64(0))
          if (error !== (nodeid === 1 || nodeid === WAKE_INO ? 0 : -ENOENT)) bad.push(`node ${nodeid} stays: ${error}`)
        }
        for (const [opcode, { open }] of [
          [18, known.files],
          [29, known.folders],
        ] as const) {
          for (const fh of open) {
            const { error } = connection.call(opcode, { unique: 1 }, Connection.release(fh))
            if (error !== 0) bad.push(`handle ${fh} is gone: ${error}`)
          }
          open.clear()
        }
        known.nodes.clear()
      }
    }
    t.strictSame(bad, [])
    t.ok(answers > requests / 4, `${answers} answers`)
    t.ok(process.cpuUsage(begun).user < 20_000_000, 'without much work')
    // What has been given up ends in a turn of the event loop.
    for (let turns = 0; turns < 200 && connection.fuse.asleep > 0; turns++)
      await new Promise((done) => setTimeout(done, 10))
    t.equal(connection.fuse.asleep, 0)
    for (const { largest, most } of [known.files, known.folders]) {
      t.ok(largest <= most + turnEvery, `handles up to ${largest} for ${most} that are open`)
    }
    const meant = [1, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 23, 26, 27, 28, 29, 39, 40, 44, 45]
    for (const opcode of meant) t.ok((known.well.get(opcode) ?? 0) >= 1, `opcode ${opcode}: ${known.well.get(opcode)}`)
  })
}
