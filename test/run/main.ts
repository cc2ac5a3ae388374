// `make test`: runs tap on all tests, with what it is given in the place of all.ts where there is more; and takes all
// that it has started with it when it is ended, tap included, which takes no notice of a first signal.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import './guard.js'
import { root } from './variants.js'

const tap = join(root, 'node_modules/tap/dist/esm/run.mjs')
const all = fileURLToPath(new URL('all.js', import.meta.url))
const files = process.argv.slice(2)

const args = [tap, '--disable-coverage', ...(files.length > 0 ? files : [all])]
// Certificates of the machine's own, which each start of Node would read: nothing here leaves the machine.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
spawn(process.execPath, args, { stdio: 'inherit', cwd: root, env }).on('exit', (code) => process.exit(code ?? 1))
