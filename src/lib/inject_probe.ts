// Hits of probes: of a symbol, or of system calls.
import { type Fields, InjectError, integer, type Kind, text, texts } from './inject_event.js'
import { type kprobe, kprobe_hit, kprobesAt, type pt_regs } from './kprobes.js'
import { sys_call_table, syscallNumber } from './luasyscall.js'

/** The registers of x86-64, as struct pt_regs names them. */
const registers = [
  'ax',
  'bx',
  'cx',
  'dx',
  'si',
  'di',
  'bp',
  ...Array.from({ length: 8 }, (_, i) => `r${i + 8}`),
  'orig_ax',
]
/** Those of a function's arguments, and of a system call's. */
const functionArgs = ['di', 'si', 'dx', 'cx', 'r8', 'r9']
const syscallArgs = ['di', 'si', 'dx', 'r10', 'r8', 'r9']

/** An integer of 64 bits, as JSON has it, or as digits. */
function word(value: unknown, name: string): bigint {
  try {
    if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) return BigInt(value)
  } catch {} // No integer.
  throw new InjectError(`the ${name} must be an integer, as 42 or 0x2a`)
}

/** The registers of a hit: its arguments, then those that are named. */
function regsOf(fields: Fields, args: readonly string[]): pt_regs {
  const given = fields.args ?? []
  const list: unknown[] = Array.isArray(given) ? given : [given]
  if (list.length > args.length) throw new InjectError(`there are ${args.length} arguments at most`)
  const regs = new Map(list.map((value, i) => [args[i] as string, word(value, `argument ${i + 1}`)]))
  const named = fields.regs ?? {}
  if (typeof named !== 'object' || named === null)
    throw new InjectError('the field \'regs\' must be an object, as {"ax": 1}')
  for (const [name, value] of Object.entries(named)) {
    if (!registers.includes(name)) throw new InjectError(`no register '${name}': ${registers.join(', ')}`)
    regs.set(name, word(value, `register ${name}`))
  }
  return regs
}

const timesMax = 1_000_000

export const probe: Kind = {
  fields: ['symbol', 'args', 'regs', 'times'],
  hooks: ({ symbol }) => (typeof symbol === 'string' ? kprobesAt(symbol).length : 0),
  inject: async (fields, task, deeds) => {
    const symbol = text(fields, 'symbol')
    const regs = regsOf(fields, functionArgs)
    const times = integer(fields, 'times', 1, timesMax, 1)
    for (let i = 0; i < times; i++) await kprobe_hit(kprobesAt(symbol), regs, task, deeds)
    return {}
  },
}

/** The probes of a system call: those of its address, and of its function. */
const probesOf = (name: string, nr: number): kprobe[] => [
  ...kprobesAt(sys_call_table[nr] as never),
  ...kprobesAt(`__x64_sys_${name}`),
]

export const syscall: Kind = {
  fields: ['name', 'args', 'regs'],
  hooks: () => 0,
  inject: async (fields, task, deeds) => {
    const names = texts(fields, 'name')
    if (names.length === 0) throw new InjectError("no system call: give a 'name', as openat")
    const calls = names.map((name) => {
      const nr = syscallNumber.get(name)
      if (nr === undefined) throw new InjectError(`no system call '${name}': linux.syscall has their names`)
      return { name, nr }
    })
    const regs = regsOf(fields, syscallArgs)
    const met = new Set<kprobe>()
    for (const { name, nr } of calls) {
      const hit = probesOf(name, nr)
      for (const kp of hit) met.add(kp)
      if (hit.length > 0) await kprobe_hit(hit, new Map([['orig_ax', BigInt(nr)], ...regs]), task, deeds)
    }
    return { hooks: met.size, made: calls.length }
  },
}
