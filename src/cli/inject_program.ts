// The command line of `lunatik inject`: an event's words become its fields.
import type { Command } from 'commander'
import type { ClientOptions } from './control.js'

/** What the commands below `lunatik inject` do. Each resolves with an exit code. */
export interface InjectCommands {
  /** @param event an event's fields, and `event` */
  inject(event: object, options: ClientOptions): Promise<number>
}

const exitCodes = `
The exit code is 0 where a hook heard of it and none failed, 1 where one failed or the event is wrong, 2 for a wrong
command line, 3 where nothing is hooked.`

const example = (...lines: string[]) => `\nExample:\n${lines.map((line) => `  $ ${line}\n`).join('')}${exitCodes}`

/** `\n`, `\t`, `\e`, `\b`, `\r`, `\\` and `\xHH` of a word of the command line, as printf has them. */
const unescaped = (text: string): string =>
  text.replace(/\\(x[\da-f]{2}|[nterb\\])/gi, (_, c: string) => {
    const known: Record<string, string> = { n: '\n', t: '\t', e: '\x1b', r: '\r', b: '\b', '\\': '\\' }
    return known[c.toLowerCase()] ?? String.fromCharCode(Number.parseInt(c.slice(1), 16))
  })

const collect = (value: string, values: string[]) => [...values, value]

/** Without what was not given. */
const given = (fields: object): object => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined))

/**
 * Adds the command.
 * @param withOptions adds the options of a command on a mount
 * @param run has a command's exit code be the program's
 */
export function addInject(
  program: Command,
  commands: InjectCommands,
  withOptions: (command: Command) => Command,
  run: (make: (resolved: (options: ClientOptions) => ClientOptions) => Promise<number>) => Promise<void>,
): void {
  const inject = program
    .command('inject')
    .description("give an event to the scripts' hooks in the kernel, and say what each did")
    .usage('EVENT ...')
    .helpCommand(false)
    .addHelpText('after', `\n'lunatik inject EVENT --help' has an example of each.${exitCodes}`)
  const event = (options: ClientOptions, fields: object) => {
    const { mount, json, ...rest } = options
    return run((resolved) => commands.inject(given({ ...fields, ...rest }), resolved({ mount, json })))
  }

  withOptions(
    inject
      .command('keyboard')
      .description('keys of a US keyboard, for notifier.keyboard: those that type TEXT, then those of --key')
      .argument('[text]', 'what is typed; \\n, \\t, \\b and \\e are keys as well')
      .option(
        '--key <key>',
        'press and release KEY, a name of input-event-codes.h as UP, a number, or a chord as LEFTCTRL+C; with :down, :up or :repeat no more than that; may be given again',
        collect,
        [],
      )
      .addHelpText('after', example("lunatik inject keyboard 'hello\\n'", 'lunatik inject keyboard --key LEFTCTRL+C')),
  ).action((text: string | undefined, { key, ...options }: ClientOptions & { key: string[] }) =>
    event(options, {
      event: 'keyboard',
      text: text === undefined ? undefined : unescaped(text),
      keys: key.length === 0 ? undefined : key,
    }),
  )

  withOptions(
    inject
      .command('vt')
      .description('a virtual terminal, for notifier.vterm: actions, then TEXT is written on it')
      .argument('[text]', 'what is written')
      .option('--vc <number>', 'its number, from 0', '0')
      .option('--action <name>', 'allocate, deallocate or update; may be given again', collect, [])
      .addHelpText(
        'after',
        example("lunatik inject vt 'hello\\n' --vc 1", 'lunatik inject vt --action allocate --vc 7'),
      ),
  ).action((text: string | undefined, { vc, action, ...options }: ClientOptions & { vc: string; action: string[] }) =>
    event(options, { event: 'vt', text: text === undefined ? undefined : unescaped(text), vc, action }),
  )

  withOptions(
    inject
      .command('netdev')
      .description('a network device, for notifier.netdevice')
      .argument('<name>', 'its name; one of the machine, or one that was registered by this command')
      .argument(
        '<action...>',
        'register, up, down, unregister, or an event of linux.netdev as changemtu; in this order',
      )
      .addHelpText('after', example('lunatik inject netdev eth7 register up', 'lunatik inject netdev eth7 unregister')),
  ).action((name: string, action: string[], options: ClientOptions) =>
    event(options, { event: 'netdev', name, action }),
  )

  withOptions(
    inject
      .command('event')
      .description('any event, as JSON: an object with the field event, and those that docs/inject.md has')
      .argument('<json>', 'the event')
      .addHelpText('after', example(`lunatik inject event '{"event": "keyboard", "text": "hello"}'`)),
  ).action((json: string, options: ClientOptions, command: Command) => {
    let fields: unknown
    try {
      fields = JSON.parse(json)
    } catch (e) {
      command.error(`the event is no JSON: ${(e as Error).message}`)
    }
    return run((resolved) => commands.inject(fields as object, resolved(options)))
  })
}
