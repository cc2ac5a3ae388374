// What a test starts, mounts and writes ends with its process, also where that is killed: guard.sh waits beside it for
// its end. A process that ends as it should has left nothing behind, or the run fails.
//
// An import of this makes a folder for this process, which is TMPDIR from then on, here and in all that it starts.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../../test/run/guard.sh', import.meta.url))

/** The folder of this process, below that of the process that has started it. Short, as it is in messages. */
const folder = mkdtempSync(join(tmpdir(), process.env.LUNATIK_TEST === undefined ? 'lunatik-test-' : 't-'))
// Other users' programs reach mounts below it.
chmodSync(folder, 0o755)

const { LUNATIK_TEST: _, ...unmarked } = process.env
// In a session of its own, as what ends this process may end its group or its terminal's.
const guard = spawn('/bin/sh', [script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: unmarked })
guard.unref()
if (guard.stdin instanceof Socket) guard.stdin.unref()

process.env.TMPDIR = folder
process.env.LUNATIK_TEST = folder

// Whoever has started this process for a run, tap or all.ts, holds a channel to it, and nobody reads on after its end.
if (process.channel !== undefined) {
  process.once('disconnect', () => process.exit(1))
  process.channel.unref()
}

/** The command lines of what this process has started and what still runs. */
function running(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const marked = readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`LUNATIK_TEST=${folder}`)
        return marked ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')] : []
      } catch {
        return [] // It has just ended, or is another user's.
      }
    })
}

/** How long what was ended may take to be gone, in milliseconds. */
const patience = 20_000
const never = new Int32Array(new SharedArrayBuffer(4))

/** Complaints about what is still there when the process ends. */
function leftBehind(): string[] {
  let left = running()
  for (const end = Date.now() + patience; left.length > 0 && Date.now() < end; left = running()) {
    Atomics.wait(never, 0, 0, 50)
  }
  const files = readdirSync(folder)
  return [...left.map((command) => `still runs: ${command}`), ...files.map((file) => `${folder}/${file} is left`)]
}

process.on('exit', (code) => {
  if (code !== 0) return
  const complaints = leftBehind()
  if (complaints.length === 0) rmdirSync(folder)
  else process.exitCode = 1
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
})
