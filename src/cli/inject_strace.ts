// `lunatik inject syscall --strace`: the system calls of a real program, as strace has written them.
import { readFileSync } from 'node:fs'
import { UserError } from '../errors.js'
import type { Injected } from '../lib/inject.js'
import { syscallNumber } from '../lib/luasyscall.js'
import { kstrdup_quotable, quotable_json } from '../string_helpers.js'
import type { ClientOptions } from './control.js'
import { codeOf, injecting, shownHooks } from './inject.js'

/** How many calls are injected at once. */
const batchCalls = 1000

/**
 * The names of the calls of a trace, in the order in which they began. Lines of signals and exits have none, and a call
 * that was resumed began before.
 */
export function readStrace(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, name] = /^(?:\[pid +\d+\] |\d+ +)?(?:\d[\d:.]* )?(\w+)\(/.exec(line) ?? []
    return name === undefined ? [] : [name]
  })
}

/** Runs the command. Resolves with its exit code. */
export function injectStrace(file: string, options: ClientOptions): Promise<number> {
  return injecting(options, async (injector) => {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (e) {
      throw new UserError(`${file}: ${(e as Error).message}`)
    }
    const all = readStrace(text)
    const names = all.filter((name) => syscallNumber.has(name))
    if (names.length === 0) throw new UserError(`${file}: no line is a system call as strace writes it`)
    const came: Injected[] = []
    for (let i = 0; i < names.length; i += batchCalls)
      came.push(await injector.inject({ event: 'syscall', name: names.slice(i, i + batchCalls) }))
    const code = codeOf(came)
    const calls = came.flatMap((injected) => injected.calls)
    const answer = { event: 'syscall', hooks: Math.max(...came.map(({ hooks }) => hooks)), calls, refused: null }
    const made = { made: names.length, unknown: all.length - names.length }
    process.stdout.write(
      options.json
        ? `${quotable_json({ ok: code !== 1, ...answer, ...made })}\n`
        : `${[...shownHooks(answer), `made: ${made.made}`, `unknown: ${made.unknown}`].map(kstrdup_quotable).join('\n')}\n`,
    )
    return code
  })
}
