// The tutorial of README.md and docs/tutorial.md, word for word: its script, its program and its commands, on a real
// mount, give what it shows.
// variants: (default fengari)
//
// TUTORIAL=exec plays it below `lunatik exec`, where one command does what the first terminal does otherwise.
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isMounted, noFuse, temporary, until } from './mounted.js'
import { groupsOf, loop, makeHome, noTerminal, page, plain, section, Terminal } from './pages.js'

t.test('the tutorial', { skip: noFuse || noTerminal }, async (t) => {
  const [first, ...groups] = groupsOf(section('Write a driver'))
  const steps = [...groups, ...groupsOf(page('docs/tutorial.md'))].flat()
  t.ok(first !== undefined && steps.length > 25, `${steps.length} commands`)

  const home = realpathSync(temporary(t))
  makeHome(home)

  const server = new Terminal(t, home)
  const below = process.env.TUTORIAL === 'exec'
  if (below) {
    server.type('mkdir ~/dev')
    server.type(`lunatik exec --mount ~/dev --scripts ~/drivers --run thermo --watch 2> ~/log -- bash -c '${loop}'`)
  } else {
    for (const { command } of first ?? []) server.type(command)
    await until(() => server.output.includes('mounted on'))
  }
  const log = () => (below ? readFileSync(join(home, 'log'), 'utf8') : server.output)

  const user = below ? server : new Terminal(t, home)
  for (const { command, output } of steps) {
    t.equal(plain(await user.run(command), home), plain(output, home), command)
    if (command.startsWith('sed -i')) await until(() => /has changed: \w+ runs again/.test(log()))
  }
  await server.end()
  await until(() => !isMounted(join(home, 'dev')))
})
