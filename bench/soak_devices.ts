// The devices of the soak, 50 scripts with one each, and which errors they may give.

/** What a device does: a kind has ten. */
export type Kind = 'buffer' | 'sleeper' | 'raiser' | 'blocker' | 'churn'

const each = 10
const kinds: readonly Kind[] = ['buffer', 'sleeper', 'raiser', 'blocker', 'churn']

/** The names of a kind's devices, which are those of their scripts as well. */
export const namesOf = (kind: Kind): string[] => Array.from({ length: each }, (_, n) => `${kind}${n}`)

/** What raisers raise, as the log has it. */
export const raised = 'raised on purpose'

/**
 * Bodies of the drivers.
 * @param blockMs how long a blocked read lasts where nobody ends it
 */
const bodies = (blockMs: number): Record<Kind, string> => ({
  buffer: `
local data = ""
local function read(self, len, off) return data:sub(off + 1, off + len) end
local function write(self, buf, off) data = data:sub(1, off) .. buf end`,
  sleeper: `
local function read(self, len, off) linux.schedule(linux.random(0, 20)) return "slept" end
local function write(self, buf, off) linux.schedule(linux.random(0, 20)) end`,
  raiser: `
local calls = 0
local function read(self, len, off)
  calls = calls + 1
  if calls % 3 == 0 then error("${raised}") end
  return "calm"
end
local function write(self, buf, off)
  linux.schedule(1)
  error("${raised}")
end`,
  blocker: `
local function read(self, len, off) linux.schedule(${blockMs}) return "late" end
local function write(self, buf, off) end`,
  churn: `
local function read(self, len, off) linux.schedule(linux.random(0, 30)) return "here" end
local function write(self, buf, off) linux.schedule(linux.random(0, 5)) end`,
})

/** The scripts by file name. */
export function soakScripts(blockMs: number): Record<string, string> {
  const texts = bodies(blockMs)
  return Object.fromEntries(
    kinds.flatMap((kind) =>
      namesOf(kind).map((name) => [
        `${name}.lua`,
        `local linux = require("linux")
local completion = require("completion")
${texts[kind]}
-- An object of its own, so that what is forgotten shows in the ledger.
require("device").new{name = "${name}", mode = 438, read = read, write = write, kept = completion.new()}
`,
      ]),
    ),
  )
}

/** The errors that a kind's devices may give, each for one reason; anything else is a violation. */
export const expected: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  buffer: {},
  sleeper: {},
  raiser: { ECANCELED: 'the callback raises' },
  blocker: {},
  churn: {
    ENOENT: 'opened while its script is stopped',
    ENXIO: 'its script was stopped while it was open, or is loading',
  },
}

export const kindOf = (device: string): Kind => device.replace(/\d+$/, '') as Kind
