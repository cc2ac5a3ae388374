// A mount at /dev, in a mount namespace of its own: it covers the machine's /dev, which is bound to another folder
// first, and shows it by links (vfs/underlay.ts).
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { type Argument, mountCommand, runCommand } from './command.js'

/** How long mount(8) and umount(8) may take, in milliseconds. */
const commandMs = 10_000

/** Runs mount(8). Throws a UserError. */
async function mount(...args: readonly Argument[]): Promise<void> {
  const { code, stderr } = await runCommand(mountCommand('mount', ...args), commandMs)
  if (code === 0) return
  const why = stderr.trim().split('\n')[0] || `mount(8) ended with ${code ?? 'no answer'}`
  throw new UserError(`--dev: ${why}`)
}

/**
 * Binds the machine's /dev, and what is mounted below it, to a new folder. Throws a UserError.
 * @returns the folder
 */
export async function bindDev(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'lunatik-dev-'))
  try {
    await mount('--rbind', '--', '/dev', dir)
  } catch (e) {
    rmdirSync(dir)
    throw e
  }
  return dir
}

/** Takes that away again. Never rejects. */
export async function unbindDev(dir: string): Promise<void> {
  await runCommand(mountCommand('umount', '-l', '--', dir), commandMs)
  try {
    rmdirSync(dir)
  } catch {} // It is still mounted on: it goes with the namespace.
}

/**
 * Shows a mount at /dev as well. Of the machine's log, which has the name of ours, the machine's is shown there. Throws
 * a UserError.
 * @param mountpoint where the mount is served by now
 * @param machine what {@link bindDev} gave
 */
export async function coverDev(mountpoint: string, machine: string): Promise<void> {
  await mount('--bind', '--', mountpoint, '/dev')
  const kmsg = join(machine, 'kmsg')
  if (existsSync(kmsg)) await mount('--bind', '--', kmsg, '/dev/kmsg')
}
