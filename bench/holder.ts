// A program of its own: opens a file many times, tells how often it could, and keeps it open until its input ends.
// Only such a process may wait for a mount.
import { openSync } from 'node:fs'

const [path = '', most] = process.argv.slice(2)
let files = 0
try {
  for (; files < Number(most); files++) openSync(path, 'r')
} catch (e) {
  // The limit of this process, which is the machine's.
  if ((e as NodeJS.ErrnoException).code !== 'EMFILE') throw e
}
console.log(files)
process.stdin.resume().on('end', () => process.exit())
