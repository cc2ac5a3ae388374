// The commands that a page shows, typed into a terminal: what they print is compared with what the page shows.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { main, run, until } from './mounted.js'

/** The package's folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A command line and what it prints. */
export interface Step {
  readonly command: string
  readonly output: string
}

/** A `$ ` line begins a step; what follows is its output. */
export function stepsOf(block: string): Step[] {
  return block
    .split(/^ {4}\$ /m)
    .slice(1)
    .map((text) => {
      const [command = '', ...output] = text.split('\n')
      return { command, output: output.map((line) => line.slice(4)).join('\n') }
    })
}

/** What of an output is the same for everybody: not the home, a script's line number or the columns of ls. */
export const plain = (output: string, home: string) =>
  output
    .replaceAll(home, '/home/you')
    .replace(/^bash: line \d+: /gm, 'bash: ')
    .trim()
    .replace(/\s+/g, ' ')

/** A shell that takes lines as one in a terminal does, without the prompt and the echo. */
export const loop = 'shopt -s expand_aliases; exec 2>&1; while IFS= read -r line; do eval "$line"; done'

/** A terminal with a shell. */
export class Terminal {
  #shell: ChildProcessWithoutNullStreams
  output = ''

  constructor(t: Test, home: string) {
    const PATH = `${join(home, 'bin')}:${process.env.PATH}`
    const env = { ...process.env, PATH, HOME: home, LC_ALL: 'C' }
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
/** Why there is no terminal here; false where there is. */
export const noTerminal: string | false = code === 0 ? false : 'bash or python3 is missing'

/** A page of the package: `README.md`, `docs/kernel.md`. */
export const page = (name: string) => readFileSync(join(root, name), 'utf8')

/** What stands below a heading of README.md. */
export const section = (heading: string): string =>
  page('README.md')
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`)) ?? ''

/** A page's first block of a language. */
export const fenced = (text: string, language: string) =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(text)?.[1] ?? ''

/** A page's groups of commands, which code and text part. */
export const groupsOf = (text: string): Step[][] =>
  text
    .replaceAll(/^```.*?^```/gms, '')
    .split(/\n\n(?! {4}| *\n)/)
    .map(stepsOf)
    .filter((steps) => steps.length > 0)

/** Makes a home that has the tutorial's files, and the command lunatik in its bin. */
export function makeHome(home: string): void {
  for (const folder of ['drivers', 'bin']) mkdirSync(join(home, folder))
  writeFileSync(join(home, 'drivers/thermo.lua'), fenced(section('Write a driver'), 'lua'))
  writeFileSync(join(home, 'drivers/measure.py'), fenced(page('docs/tutorial.md'), 'python'))
  const command = join(home, 'bin/lunatik')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`)
  chmodSync(command, 0o755)
}
