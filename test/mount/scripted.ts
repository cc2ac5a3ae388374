// A mount with a folder of scripts, for the commands that reach its control device.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Test } from 'tap'
import { type Finished, folder, lunatik, type Mounted, main, mounted } from './mounted.js'

/** A mount and its commands. */
export interface Scripted extends Mounted {
  /** The folder of the scripts. */
  readonly scripts: string
  /** Runs `lunatik ARGS --mount DIR`. */
  lunatik(...args: string[]): Promise<Finished>
  /** Starts it, with its standard streams open. */
  start(...args: string[]): ChildProcess
}

/**
 * Mounts.
 * @param files the scripts, by file name
 * @param args further arguments of `lunatik mount`
 */
export async function scripted(
  t: Test,
  files: Record<string, string>,
  args: readonly string[] = [],
): Promise<Scripted> {
  const scripts = folder(t, { 'control.lua': '', ...files })
  const mount = await mounted(t, ['--scripts', scripts, ...args])
  return {
    ...mount,
    scripts,
    lunatik: (...rest) => lunatik(...rest, '--mount', mount.dir),
    start: (...rest) => {
      const child = spawn(process.execPath, [main, ...rest, '--mount', mount.dir])
      t.teardown(() => child.kill('SIGKILL'))
      return child
    },
  }
}
