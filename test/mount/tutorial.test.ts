// The tutorial of README.md, word for word: its script, its program and its commands, on a real mount, give what it shows.
// variants: default fengari
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { isMounted, noFuse, run, temporary, until } from './mounted.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A command line and what it prints. */
interface Step {
  readonly command: string
  readonly output: string
}

/** A `$ ` line begins a step; what follows is its output. */
function stepsOf(block: string): Step[] {
  return block
    .split(/^ {4}\$ /m)
    .slice(1)
    .map((text) => {
      const [command = '', ...output] = text.split('\n')
      return { command, output: output.map((line) => line.slice(4)).join('\n') }
    })
}

/** What of an output is the same for everybody: not the home, a script's line number or the columns of ls. */
const plain = (output: string, home: string) =>
  output
    .replaceAll(home, '/home/you')
    .replace(/^bash: line \d+: /gm, 'bash: ')
    .trim()
    .replace(/\s+/g, ' ')

/** A shell that takes lines as one in a terminal does, without the prompt and the echo. */
const loop = 'shopt -s expand_aliases; exec 2>&1; while IFS= read -r line; do eval "$line"; done'

/** A terminal with a shell. */
class Terminal {
  #shell: ChildProcessWithoutNullStreams
  output = ''

  constructor(t: Test, home: string) {
    const env = { ...process.env, HOME: home, LC_ALL: 'C' }
    this.#shell = spawn('env', ['-u', 'NODE_OPTIONS', '-u', 'LUNATIK_MNT', 'bash', '-c', loop], {
      cwd: root,
      env,
      detached: true,
    })
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
    t.teardown(() => this.end())
  }

  /** Ctrl-C, for all that runs in it. */
  async end(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return
    process.kill(-(this.#shell.pid as number), 'SIGINT')
    this.#shell.stdin.end()
    await once(this.#shell, 'exit')
  }

  type(command: string): void {
    this.#shell.stdin.write(`${command}\n`)
  }

  /** Runs a command to its end and gives what it printed. */
  async run(command: string): Promise<string> {
    const end = `end ${Math.random()}`
    const start = this.output.length
    this.type(`${command}\necho "${end}"`)
    await until(() => this.output.includes(end))
    return this.output.slice(start, this.output.indexOf(end))
  }
}

const { code } = await run('sh', ['-c', 'command -v bash && command -v python3'])
const skip = noFuse || (code === 0 ? false : 'bash or python3 is missing')

t.test('the tutorial', { skip }, async (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const tutorial = /^## Write a driver\n(.*?)^## /ms.exec(readme)?.[1] ?? ''
  const fenced = (language: string) => new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(tutorial)?.[1] ?? ''
  const [first, ...blocks] = tutorial
    .replaceAll(/^```.*?^```/gms, '')
    .split(/\n\n(?! {4}| *\n)/)
    .map(stepsOf)
    .filter((steps) => steps.length > 0)
  const steps = blocks.flat()
  t.ok(first !== undefined && steps.length > 25, `${steps.length} commands`)

  const home = realpathSync(temporary(t))
  mkdirSync(join(home, 'drivers'))
  writeFileSync(join(home, 'drivers/thermo.lua'), fenced('lua'))
  writeFileSync(join(home, 'drivers/measure.py'), fenced('python'))

  const server = new Terminal(t, home)
  for (const { command } of first ?? []) server.type(command)
  await until(() => server.output.includes('mounted on'))

  const user = new Terminal(t, home)
  for (const { command, output } of steps) {
    t.equal(plain(await user.run(command), home), plain(output, home), command)
    if (command.startsWith('sed -i')) await until(() => /has changed: \w+ runs again/.test(server.output))
  }
  await server.end()
  await until(() => !isMounted(join(home, 'dev')))
})
