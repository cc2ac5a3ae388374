// What README.md and the pages of docs/ show beside the tutorial, run as a reader would run it: it gives what they
// show.
// variants: (default)
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { whichCommand } from '../../src/fuse/command.js'
import { isMounted, mounted, noFuse, run, temporary, until } from './mounted.js'
import { fenced, groupsOf, makeHome, noTerminal, page, plain, root, type Step, section, Terminal } from './pages.js'

/** Why a test without a program isn't run. */
const without = (program: string) => whichCommand(program) === null && `${program} is missing`

/** Lines of the log. */
const logged = /^\[ +[\d.]+\] .*\n?/gm

/** What `lunatik trace` and `lunatik top` show of a mount on ~/dev, but for times, pids and what is done at the moment. */
async function live(t: Test, home: string): Promise<void> {
  const shown = groupsOf(page('docs/trace.md')).flat()
  const watch = async (name: string, ready: string, use: string, last: RegExp) => {
    const { command, output } = shown.find(({ command }) => command.startsWith(`lunatik ${name}`)) as Step
    const terminal = new Terminal(t, home)
    terminal.type(`export LUNATIK_MNT=~/dev; ${command}`)
    await until(() => terminal.output.includes(ready))
    await run('sh', ['-c', use], { ...process.env, LUNATIK_MNT: join(home, 'dev') })
    await until(() => last.test(terminal.output))
    await terminal.end()
    return [terminal.output, output] as const
  }
  const use = 'cat $LUNATIK_MNT/thermo/temp; sh -c "echo warm > $LUNATIK_MNT/thermo/heater"'
  const trace = (text: string) =>
    text
      .split('\n')
      // A call that sleeps is shown as such if the server is asked meanwhile.
      .filter((line) => line.startsWith('[') && !line.includes('unfinished'))
      .map((line) =>
        line
          .replace(/^\[ *\d+\.\d{6}\]/, '[time]')
          .replace(/\[\d+\]/, '[pid]')
          .replace(/ \d{5,},/, ' size,'),
      )
      .map((line) => line.replace(/<\d\.\d{6}>$/, '<took>'))
  const [traced, told] = await watch('trace', 'tracing', use, /close\(thermo\/heater\) = 0 <\S+>\n/)
  t.ok(trace(told).length >= 7)
  t.strictSame(trace(traced), trace(told))
  // The first sample: its heads, the names of thermo's, and how it shows numbers and memory.
  const sample = (text: string) =>
    text
      .split('\n')
      .filter((line) => /^(DEVICE|SCRIPT|thermo)/.test(line))
      .map((line) => line.replace(/^(thermo\/\w+)( +[\d.]+){3} .*/, '$1 numbers').replace(/ [\d.]+(?= |$)/g, ' number'))
      .map((line) => line.replace(/ +/g, ' '))
      .slice(0, 6)
  const [seen, drawn] = await watch('top', 'KiB', ':', /KiB\n/)
  t.equal(sample(drawn).length, 6)
  t.strictSame(sample(seen), sample(drawn))
}

t.test('the pages', { skip: noFuse || noTerminal }, async (t) => {
  const home = realpathSync(temporary(t))
  makeHome(home)
  const terminal = new Terminal(t, home)
  const show = async (t: Test, steps: readonly Step[]) => {
    t.ok(steps.length > 0)
    for (const { command, output } of steps)
      t.equal(plain(await terminal.run(command), home), plain(output, home), command)
  }

  t.test('README.md begins with a terminal at work', async (t) => {
    const picture = fenced(page('README.md'), '').replace(/^/gm, '    ')
    const [first, ...steps] = groupsOf(picture).flat()
    // Its shell takes the lines that come. The log comes beside what they print, as the terminal is a socket.
    terminal.type(first?.command ?? '')
    for (const { command, output } of steps) {
      const printed = (await terminal.run(command)).replaceAll(logged, '')
      t.equal(plain(printed, home), plain(output.replaceAll(logged, ''), home), command)
    }
    const lines = steps.flatMap(({ output }) => output.match(logged) ?? []).map((line) => line.replace(/^\[.*?\] /, ''))
    t.equal(lines.length, 2)
    await until(() => lines.every((line) => plain(terminal.output, home).includes(plain(line, home))))
    terminal.type('exit')
  })
  t.test('its example', async (t) => {
    const { dir, log } = await mounted(t)
    const [steps = []] = groupsOf(section('The example'))
    const here = steps.map(({ command, output }) => ({ command: command.replaceAll('/mnt/lunatik', dir), output }))
    await show(t, here)
    const [, logged = ''] = /# the first terminal: (.*)$/m.exec(section('The example')) ?? []
    t.ok(plain(log(), home).includes(plain(logged, home)), logged)
  })
  t.test('its devices for a test', async (t) => {
    const text = section('Devices for a test')
    mkdirSync(join(home, 'project/node_modules'), { recursive: true })
    symlinkSync(root, join(home, 'project/node_modules/lunatik'))
    const test = fenced(text, 'js')
    const [, name = '', command = ''] = /^\/\/ (\S+): (.*)$/m.exec(test) ?? []
    writeFileSync(join(home, 'project', name), test)
    writeFileSync(join(home, 'project/package.json'), '{ "type": "module" }')
    t.match(await terminal.run(`cd ~/project; ${command}; cd - > /dev/null`), /^# pass 1$/m)
    await show(t, groupsOf(text).flat())
  })
  t.test('docs/kernel.md', async (t) => show(t, groupsOf(page('docs/kernel.md')).flat()))
  for (const name of ['docs/crypto.md', 'docs/signal.md'])
    t.test(name, async (t) => {
      const text = page(name)
      for (const [, driver = '', file = ''] of text.matchAll(/^```lua\n(-- (\w+\.lua)\n.*?)^```/gms))
        writeFileSync(join(home, 'drivers', file), driver)
      await show(t, groupsOf(text).flat())
    })
  t.test('docs/commands.md', async (t) => show(t, groupsOf(page('docs/commands.md')).flat()))
  t.test('the replay of docs/trace.md', async (t) => {
    const [, replay = [], changed = []] = groupsOf(page('docs/trace.md'))
    // The listing at the end comes behind the last close, which nobody waits for.
    const uses = ['echo 40 > heater', 'cat temp', 'head -c 1 temp', 'cat stats', 'echo 20 > heater', 'cat stats', 'ls']
    writeFileSync(join(home, 'use-it'), `#!/bin/sh\ncd "$LUNATIK_MNT/thermo"\n(${uses.join('; ')}) > /dev/null\n`, {
      mode: 0o755,
    })
    const driver = join(home, 'drivers/thermo.lua')
    const script = readFileSync(driver, 'utf8')
    const programs = (text: string) => plain(text.replaceAll(logged, ''), home).replace(/\[\d+\]/g, '[pid]')
    await terminal.run('cd ~')
    for (const { command, output } of replay) t.equal(programs(await terminal.run(command)), programs(output), command)
    writeFileSync(driver, script.replace('STEP = 10', 'STEP = 5'))
    for (const { command, output } of changed) t.equal(programs(await terminal.run(command)), programs(output), command)
    writeFileSync(driver, script)
    await terminal.run('cd - > /dev/null')
  })
  t.test('docs/stand-ins.md', async (t) => {
    const text = page('docs/stand-ins.md')
    const [, clock = ''] = /`(lunatik exec [^`]*hwclock.*?)`/.exec(text) ?? []
    await t.test('a client of one that is ready-made', { skip: without('hwclock') }, async (t) => {
      t.match(await terminal.run(`S='${join(root, 'stand-ins')}'; ${clock}`), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*\n$/)
    })
    const dir = join(home, 'mouse')
    mkdirSync(join(dir, 'fakes'), { recursive: true })
    const [, fake = '', file = ''] = /^```lua\n(-- (fakes\/\w+\.lua):.*?)^```/ms.exec(text) ?? []
    const mouse = 'require("hid").register{name = "mouse"}\nprint(#require("hid").drivers, "registered")\n'
    for (const [name, content] of [
      [file, fake],
      ['mouse.lua', mouse],
      ['test.sh', '#!/bin/sh\nls "$LUNATIK_MNT"\n'],
    ] as const)
      writeFileSync(join(dir, name), content, { mode: 0o755 })
    const [step] = groupsOf(text).flat()
    const said = await terminal.run(`cd ~/mouse; ${step?.command}; cd - > /dev/null`)
    t.match(said, /^\[.*\] info: 1\tregistered$/m)
  })
  t.test('the module of docs/bindings.md', async (t) => {
    const module = fenced(page('docs/bindings.md'), 'js')
    const [, name = '', command = ''] = /^\/\/ (\S+): (.*)$/m.exec(module) ?? []
    writeFileSync(join(home, name), module)
    t.equal(await terminal.run(`cd ~; ${command}; cd - > /dev/null`), 'hello\n')
  })
  t.test('its table of examples', async (t) => {
    const rows = [...page('docs/bindings.md').matchAll(/^\| \[(\w+)\]\(\S+\) \|.*\| `(.*)` gives (.*) \|$/gm)]
    t.ok(rows.length > 5)
    const { dir } = await mounted(
      t,
      rows.flatMap(([, module = '']) => ['--device', module]),
    )
    for (const [, module = '', command = '', given = ''] of rows) {
      const { stdout } = await run('sh', ['-c', command], { ...process.env, LUNATIK_MNT: dir })
      t.equal(stdout.trim().replaceAll('\n', ', '), given.replace(/, once$/, ''), module)
      if (given.endsWith(', once')) {
        const [, again = ''] = /; (.*)$/.exec(command) ?? []
        t.equal((await run('sh', ['-c', again], { ...process.env, LUNATIK_MNT: dir })).stdout, '', 'once')
      }
    }
  })
  t.test('docs/watch.md', async (t) => {
    const [step] = groupsOf(page('docs/watch.md')).flat()
    const server = new Terminal(t, home)
    writeFileSync(join(home, 'mymodule.js'), fenced(page('docs/bindings.md'), 'js'))
    server.type('cd ~')
    server.type(step?.command ?? '')
    await until(() => server.output.includes('mounted on'))
    await t.test('the live output of docs/trace.md', (t) => live(t, home))
    writeFileSync(join(home, 'drivers/thermo.lua'), `${fenced(section('Write a driver'), 'lua')}\n`)
    await until(() => /^.*info: watch: .* has changed: thermo runs again$/m.test(server.output))
    await server.end()
    await until(() => !isMounted(join(home, 'dev')))
  })
})
