// `lunatik doctor`: what this machine has of what a mount needs, what each command would do here, and what to do about
// the rest. It changes nothing.
import { statSync } from 'node:fs'
import { EXIT_FAILURE, UserError } from '../errors.js'
import { fusermountPath } from '../fuse/command.js'
import { isStale } from '../fuse/mountpoint.js'
import { mayMount } from '../fuse/privilege.js'
import { canReceive } from '../fuse/scm_rights.js'
import { type Chosen, fuseError, fuseProblem, namespaceProblem, wayOfExec, wayToMount } from '../fuse/ways.js'
import { lunatikType, mountInfo } from '../mountinfo.js'
import { kstrdup_quotable } from '../string_helpers.js'

/** The oldest Node that is supported: package.json's engines. */
const nodeMin = 20

/** Something that a mount may need. */
export interface Part {
  /** What there is; null for nothing. */
  readonly found: string | null
  /** What is wrong with it, and what to do; null for nothing. */
  readonly problem: string | null
}

/** What a command would do: how it mounts, and by which transport; or why it can't. */
export type Outcome = Chosen | { readonly problem: string }

/** What doctor has found. */
export interface Findings {
  readonly node: Part
  readonly fuse: Part
  /** Whether this process has the right to mount. */
  readonly mayMount: boolean
  readonly namespaces: Part
  readonly fusermount: Part
  readonly koffi: Part
  /** The mounts of servers that are dead, and the command that takes each away. */
  readonly stale: readonly { readonly mountpoint: string; readonly fix: string }[]
  readonly commands: Readonly<Record<'mount' | 'exec' | 'exec --dev', Outcome>>
}

function node(): Part {
  const { version } = process
  const old = Number.parseInt(version.slice(1), 10) < nodeMin
  return { found: version, problem: old ? `Node ${nodeMin} is the oldest that serves: install a newer one` : null }
}

function fuse(): Part {
  const error = fuseError()
  let found: string | null = null
  try {
    const { mode, uid, gid } = statSync('/dev/fuse')
    found = `mode ${(mode & 0o7777).toString(8)}, user ${uid}, group ${gid}`
  } catch {} // The error says so.
  return { found, problem: error === null ? null : fuseProblem(error) }
}

async function outcome(way: () => Promise<Chosen>): Promise<Outcome> {
  try {
    return await way()
  } catch (e) {
    if (e instanceof UserError) return { problem: e.message }
    throw e
  }
}

async function stale(): Promise<Findings['stale']> {
  const mounts = mountInfo().filter(({ type }) => type === lunatikType)
  const dead: { mountpoint: string; fix: string }[] = []
  for (const mount of mounts) {
    if (!(await isStale(mount))) continue
    const { mountpoint } = mount
    const program = mayMount() ? 'umount -l' : 'fusermount3 -uz'
    dead.push({ mountpoint, fix: `${program} '${mountpoint.replaceAll("'", "'\\''")}'` })
  }
  return dead
}

async function examine(): Promise<Findings> {
  const problem = await namespaceProblem()
  const fusermount = fusermountPath()
  const koffi = canReceive()
  return {
    node: node(),
    fuse: fuse(),
    mayMount: mayMount(),
    namespaces: { found: problem === null ? 'can be had' : null, problem },
    fusermount: {
      found: fusermount,
      problem: fusermount === null ? 'missing, which `lunatik mount` of an ordinary user takes: install fuse3' : null,
    },
    koffi: {
      found: koffi ? 'can be loaded' : null,
      problem: koffi
        ? null
        : 'missing, which dev-fuse through fusermount3 and sockets of scripts take: npm install koffi',
    },
    stale: await stale(),
    commands: {
      mount: await outcome(() => wayToMount(false)),
      exec: await outcome(() => wayOfExec(false)),
      'exec --dev': await outcome(() => wayOfExec(true)),
    },
  }
}

const ways = {
  mount: '',
  namespace: ', in a user namespace: COMMAND alone sees the mount',
  fusermount: ', through fusermount3',
} as const

const line = (name: string, text: string) => `${`${name}:`.padEnd(20)} ${kstrdup_quotable(text)}\n`

const partLine = (name: string, { found, problem }: Part) =>
  line(name, [found ?? (problem === null ? 'none' : null), problem].filter((text) => text !== null).join('; '))

function report({ node, fuse, mayMount, namespaces, fusermount, koffi, stale, commands }: Findings): string {
  const lines = [
    partLine('node', node),
    partLine('/dev/fuse', fuse),
    line('right to mount', mayMount ? 'yes' : 'no'),
    partLine('user namespaces', namespaces),
    partLine('fusermount3', fusermount),
    partLine('koffi', koffi),
    ...stale.map(({ mountpoint, fix }) => line('stale mount', `${mountpoint}: a dead server's; take it away: ${fix}`)),
  ]
  for (const [command, outcome] of Object.entries(commands)) {
    const text = 'problem' in outcome ? `not here: ${outcome.problem}` : `${outcome.transport}${ways[outcome.way]}`
    lines.push(line(`lunatik ${command}`, text))
  }
  return lines.join('')
}

/**
 * Prints what it has found.
 * @returns 1 where no command can mount
 */
export async function doctor({ json }: { readonly json: boolean }): Promise<number> {
  const findings = await examine()
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : report(findings))
  return Object.values(findings.commands).every((outcome) => 'problem' in outcome) ? EXIT_FAILURE : 0
}
