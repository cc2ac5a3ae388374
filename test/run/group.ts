// Several test files in one process, one after the other: most take less time than a process takes to start.
//   node build/test/run/group.js FILE...
// Each is followed by a test of its name, so that what came before is known to be its own.
import { pathToFileURL } from 'node:url'
import t from 'tap'

for (const file of process.argv.slice(2)) {
  await import(pathToFileURL(file).href)
  await t.test(file, async () => {})
}
