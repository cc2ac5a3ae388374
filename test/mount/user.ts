// An ordinary user for a test, on a machine as distributions make it: anybody may open /dev/fuse. It is the machine
// that the test is on, seen from a mount namespace.
import { chmodSync, chownSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { whichCommand } from '../../src/fuse/command.js'
import { mayMount } from '../../src/fuse/privilege.js'
import { type Finished, main, noFuse, run, temporary } from './mounted.js'

/** The user's number. */
export const UID = 1000

/** Whether the user may look at a file. */
async function mayRead(path: string): Promise<boolean> {
  const user = ['--reuid', String(UID), '--regid', String(UID), '--clear-groups']
  return (await run('setpriv', [...user, 'test', '-r', path])).code === 0
}

/** Why there is no such user here, for tap's `skip`; false where there is. */
export const noUser: string | false =
  noFuse ||
  (!mayMount() && 'may not mount') ||
  (!(await mayRead(main)) && `user ${UID} may not read ${main}`) ||
  (!(await mayRead(process.execPath)) && `user ${UID} may not read ${process.execPath}`)

/** What is different on the machine: shell commands that root runs in the mount namespace first. */
export const machines = {
  /** As distributions make it. */
  usual: '',
  noFuse: 'mount -t tmpfs none /dev',
  closed: 'chmod 600 /dev/fuse',
  /** Inside of a user namespace that may have none below it, as a root who may nothing. */
  noNamespaces: `
[ -n "$within" ] || within=1 exec unshare --map-root-user -- "$0" -c "$script" "$0" "$@"
echo 0 > /proc/sys/user/max_user_namespaces
unset script within
exec setpriv --bounding-set -all --inh-caps -all -- "$@"`,
}

/** The command line that runs another one as the user, on such a machine. */
export function asUser(command: readonly string[], machine: string = machines.usual, env: NodeJS.ProcessEnv = {}) {
  const script = `
if [ -z "$within" ]; then
  d=$(mktemp -d) && mount -t tmpfs none "$d" && mknod "$d/fuse" c 10 229 && chmod 666 "$d/fuse" &&
  mount --bind "$d/fuse" /dev/fuse && umount -l "$d" && rmdir "$d" || exit 99
fi
${machine}
unset script within
exec setpriv --reuid ${UID} --regid ${UID} --clear-groups -- "$@"`
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const namespace = ['unshare', '-m', 'env', `script=${script}`, '/bin/sh', '-c', script, '/bin/sh']
  return [...namespace, '/usr/bin/env', ...variables, ...command]
}

/** The command line `lunatik ARGS` of the user. */
export const lunatikOf = (args: readonly string[]): string[] => [process.execPath, main, ...args]

/** Runs `lunatik ARGS` as the user to its end. */
export function lunatikAsUser(
  args: readonly string[],
  machine: string = machines.usual,
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const [unshare = '', ...rest] = asUser(lunatikOf(args), machine, env)
  return run(unshare, rest)
}

/** An empty folder of the user's, which others may look into. */
export function userFolder(t: Test): string {
  const dir = temporary(t)
  chmodSync(dir, 0o755)
  chownSync(dir, UID, UID)
  return dir
}

/** A PATH with what a mount needs of programs, and `more`, by name and path; fusermount3 is not among them. */
export function toolPath(t: Test, more: Readonly<Record<string, string>> = {}): string {
  const dir = userFolder(t)
  for (const name of ['unshare', 'setpriv', 'true', 'stat', 'mount']) {
    symlinkSync(whichCommand(name) ?? name, join(dir, name))
  }
  for (const [name, target] of Object.entries(more)) symlinkSync(target, join(dir, name))
  return dir
}
