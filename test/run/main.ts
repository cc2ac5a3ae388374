// `make test`: runs tap on all tests, with what it is given in the place of all.ts where there is more; and takes all
// that it has started with it when it is ended, tap included, which takes no notice of a first signal.
import { spawn, spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { whichCommand } from '../../src/fuse/command.js'
import './guard.js'
import { root } from './variants.js'

const tap = join(root, 'node_modules/tap/dist/esm/run.mjs')
const all = fileURLToPath(new URL('all.js', import.meta.url))
const files = process.argv.slice(2)

const args = [tap, '--disable-coverage', ...(files.length > 0 ? files : [all])]

/**
 * PATH with the folder of Python itself first, where `python3` is a script that looks for it anew at each start, as
 * pyenv's is: that takes ten times as long as Python does.
 */
function pathToPython(path = process.env.PATH ?? ''): string {
  const found = whichCommand('python3')
  if (found === null) return path
  const { status, stdout } = spawnSync(found, ['-c', 'import sys; print(sys.executable)'], { encoding: 'latin1' })
  const dir = dirname(stdout.trim())
  return status !== 0 || dir === dirname(found) ? path : `${dir}${delimiter}${path}`
}

// Certificates of the machine's own, which each start of Node would read: nothing here leaves the machine.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
env.PATH = pathToPython()
spawn(process.execPath, args, { stdio: 'inherit', cwd: root, env }).on('exit', (code) => process.exit(code ?? 1))
