// The ways to mount on this machine, and which one a command takes: what it needs is looked at before anything is
// begun.
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { EXIT_USAGE, UserError } from '../errors.js'
import { fusermountPath, runCommand, whichCommand } from './command.js'
import { mayMount } from './privilege.js'
import { canReceive } from './scm_rights.js'

/** How the kernel's requests come. */
export type Transport = 'dev-fuse' | 'fuse-native'

/** How a mount is made. */
export type Way =
  /** By this process, which has the right to mount. */
  | 'mount'
  /** The same in a user namespace of its own, where anybody has it: what it runs sees the mount, and nobody else. */
  | 'namespace'
  /** By fusermount3, a program with the set-user-ID bit. */
  | 'fusermount'

/** The way that a command takes. */
export interface Chosen {
  readonly way: Way
  readonly transport: Transport
}

/** How long unshare(1) may take, in milliseconds. */
const unshareMs = 10_000

/**
 * The command that runs another one in namespaces of its own, where this process may not mount: the user stays who he
 * is, and gets all capabilities there. Where the process may mount, a mount namespace alone.
 */
export const namespaceCommand = (): string[] =>
  mayMount() ? ['unshare', '-m'] : ['unshare', '--map-current-user', '--keep-caps', '-m']

/** The error of opening /dev/fuse; null where that works. */
export function fuseError(): string | null {
  try {
    closeSync(openSync('/dev/fuse', constants.O_RDWR))
    return null
  } catch (e) {
    return (e as NodeJS.ErrnoException).code ?? String(e)
  }
}

/** What is wrong with /dev/fuse where opening it gives `code`, and what to do. */
export function fuseProblem(code: string): string {
  if (code === 'ENOENT') {
    return '/dev/fuse is missing: load the module (modprobe fuse), or give the container --device /dev/fuse'
  }
  if (code === 'ENODEV' || code === 'ENXIO')
    return `/dev/fuse can't be opened (${code}): load the module (modprobe fuse)`
  if (code === 'EPERM') return `/dev/fuse may not be opened (${code}): give the container --device /dev/fuse`
  return `/dev/fuse may not be opened (${code}): have root run 'chmod 666 /dev/fuse', as distributions have it, or run as root`
}

/** A sysctl(8) that turns user namespaces off, and its value that does. */
const switches = [
  ['user.max_user_namespaces', '0', '10000'],
  ['kernel.unprivileged_userns_clone', '0', '1'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
] as const

/** Why user namespaces can't be had here, and what to do; null where they can. */
export async function namespaceProblem(): Promise<string | null> {
  if (whichCommand('unshare') === null || whichCommand('setpriv') === null) {
    return "a user namespace takes util-linux's unshare and setpriv: install util-linux"
  }
  const { code, stderr } = await runCommand([...namespaceCommand(), 'true'], unshareMs)
  if (code === 0) return null
  for (const [name, off, on] of switches) {
    try {
      const value = readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim()
      if (value === off) return `user namespaces are off (${name} is ${off}): have root run 'sysctl -w ${name}=${on}'`
    } catch {} // This kernel hasn't it.
  }
  const said = stderr.trim().split('\n')[0] || `unshare ended with ${code ?? 'no answer'}`
  if (/unrecognized option|invalid option/.test(said)) {
    return `this unshare knows no --map-current-user (${said}): install util-linux 2.36 or later`
  }
  return `a user namespace can't be had (${said}): a container's seccomp profile may refuse it`
}

/**
 * Which way a command mounts here. Throws a UserError where none is left, which says what each lacks.
 * @param alone whether nobody but what the command runs must see the mount
 * @param transport the one that was asked for
 */
export async function wayToMount(alone: boolean, transport?: Transport): Promise<Chosen> {
  const device = fuseError()
  // fusermount3 opens it as the user, too.
  if (device !== null) throw new UserError(fuseProblem(device))
  if (mayMount()) return { way: 'mount', transport: transport ?? 'dev-fuse' }
  const problem = alone ? await namespaceProblem() : null
  if (alone && problem === null) return { way: 'namespace', transport: transport ?? 'dev-fuse' }
  const fusermount = fusermountPath() !== null
  if (fusermount && transport !== 'fuse-native' && canReceive()) return { way: 'fusermount', transport: 'dev-fuse' }
  if (fusermount && transport !== 'dev-fuse') return { way: 'fusermount', transport: 'fuse-native' }
  const lacking = fusermount
    ? 'install the package koffi, by which dev-fuse mounts through fusermount3 (npm install koffi)'
    : 'install fuse3 for its fusermount3'
  const exec = alone ? null : 'use lunatik exec, whose command alone sees the mount'
  const choices = [problem, lacking, exec, 'run as root (in a container with --cap-add SYS_ADMIN)']
  throw new UserError(`not permitted to mount: ${choices.filter((choice) => choice !== null).join('; or ')}`)
}

/**
 * The way that `exec` takes. Throws a UserError.
 * @param dev whether the mount is to be at /dev as well, which takes a mount namespace
 */
export async function wayOfExec(dev: boolean, transport?: Transport): Promise<Chosen> {
  if (dev && transport === 'fuse-native') throw new UserError('--dev needs the transport dev-fuse', EXIT_USAGE)
  const chosen = await wayToMount(true, transport)
  if (!dev || chosen.way === 'namespace') return chosen
  const problem = await namespaceProblem()
  if (problem !== null) throw new UserError(`--dev: ${problem}`)
  return chosen
}
