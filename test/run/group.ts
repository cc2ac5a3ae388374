// Several test files in one process, one after the other: most take less time than a process takes to start.
//   GROUP='FILE...' node build/test/run/group.js
// In the environment, as tap names its folders by the arguments.
// Each is followed by a test of its name, so that what came before is known to be its own.
import { pathToFileURL } from 'node:url'
import t from 'tap'

for (const file of process.env.GROUP?.split(' ') ?? []) {
  await import(pathToFileURL(file).href)
  await t.test(file, async () => {})
}
