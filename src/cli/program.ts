// The command line: what commands and options there are, what each means, and what is said of a wrong one. It does
// nothing by itself: what a command does is given to it (commands.ts).
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { EXIT_FAILURE, EXIT_USAGE, UserError } from '../errors.js'
import type { ServerOptions } from '../kernel/server.js'
import { CLOCKS } from '../lib/timekeeping.js'
import { ENGINES } from '../lua/api.js'
import { packageRoot } from '../package.js'
import { stackOf } from '../printk.js'
import { kstrdup_quotable, quotable_lines } from '../string_helpers.js'
import {
  collect,
  collectScripts,
  fileName,
  folder,
  mebibytes,
  milliseconds,
  script,
  seconds,
  slots,
  stackMin,
} from './arguments.js'
import type { CheckOptions } from './check.js'
import type { ClientOptions } from './control.js'
import { DEFAULT_DIR_HELP, defaultDir } from './default_dir.js'
import type { DmesgOptions } from './dmesg.js'
import { addInject, type InjectCommands } from './inject_program.js'

const DEFAULT_DEVICES = ['mydevice', 'mybuffer']

const { version } = JSON.parse(readFileSync(`${packageRoot}package.json`, 'utf8')) as {
  version: string
}

/** The options of `mount` and `exec`, as what serves wants them. */
export interface ServeOptions extends ServerOptions {
  /** Which Lua runs the scripts; by default as the environment says. */
  readonly engine?: string
  /** Whether to copy the log to the kernel's. */
  readonly kmsg: boolean
  readonly verbose: boolean
}

/** The options of `mount`. */
export interface MountOptions extends ServeOptions {
  /** Whether to end when standard input does, and to take the folder away then, if it was made. */
  readonly untilEof: boolean
  /** Whether to serve in the background, and to return as soon as it serves. */
  readonly daemon: boolean
}

/** The options of `exec`. */
export interface ExecOptions extends ServeOptions {
  /** Whether the mount is to be at /dev as well. */
  readonly dev: boolean
}

/** What the commands do. Each resolves with an exit code. */
export interface Commands extends InjectCommands {
  mount(dir: string, options: MountOptions): Promise<number>
  umount(dir: string, options: { readonly lazy: boolean }): Promise<number>
  wait(dir: string, options: { readonly timeout: number }): Promise<number>
  /** @param dir null for a new folder */
  exec(command: readonly string[], dir: string | null, options: ExecOptions): Promise<number>
  doctor(options: { readonly json: boolean }): Promise<number>
  init(dir: string): Promise<number>
  check(scripts: readonly string[], options: CheckOptions): Promise<number>
  /** @param how a context and `percpu`, in any order, or less */
  run(script: string, how: readonly string[], options: ClientOptions): Promise<number>
  /** @param how as for run */
  spawn(script: string, how: readonly string[], options: ClientOptions): Promise<number>
  stop(script: string, options: ClientOptions): Promise<number>
  load(command: 'load' | 'unload' | 'reload'): Promise<number>
  test(dir: string): Promise<number>
  list(options: ClientOptions): Promise<number>
  /** @param version the package's */
  status(version: string, options: ClientOptions): Promise<number>
  dmesg(options: DmesgOptions): Promise<number>
  /** @param names devices; none for all */
  trace(names: readonly string[], options: ClientOptions): Promise<number>
  /** @param file a trace */
  replay(file: string, options: ClientOptions): Promise<number>
  top(options: ClientOptions): Promise<number>
  prompt(options: ClientOptions): Promise<number>
}

/** What the command line works with. */
export interface Io {
  readonly commands: Commands
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes to standard output. */
  readonly out: (text: string) => void
  /** Writes to standard error. */
  readonly err: (text: string) => void
}

/** The options of `mount` and `exec`, as they are given. */
interface GivenOptions extends Omit<ServeOptions, 'device' | 'examples'> {
  readonly device?: string[]
}

/** The options that `mount` alone has. */
interface GivenMountOptions {
  readonly untilEof: boolean
  readonly daemon: boolean
}

const serveOptions = ({ device, ...rest }: GivenOptions): ServeOptions => ({
  ...rest,
  device: device ?? (rest.run.length > 0 ? [] : DEFAULT_DEVICES),
  examples: device === undefined,
})

const withCommonOptions = (command: Command) =>
  command
    .addOption(
      new Option('--scripts <dir>', "a folder of Lua scripts, searched before the package's own; may be given again")
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--device <name>',
        `a module of devices/, or the path of your own; may be given again (default: ${DEFAULT_DEVICES.join(', ')}; with --run none)`,
      ).argParser(collect),
    )
    .addOption(
      new Option('--run <script>', 'start a script; may be given again').argParser(collectScripts).default([], 'none'),
    )
    .option('--watch', 'run scripts, and load modules, again when their files change', false)
    .addOption(
      new Option('--deadline <seconds>', 'end a callback that computes for longer, with ETIMEDOUT; 0: never')
        .argParser(seconds)
        .default(5),
    )
    .addOption(
      new Option('--slice <ms>', 'how long a callback computes before others have their turn; 0: to its end')
        .argParser(milliseconds)
        .default(5),
    )
    .addOption(
      new Option('--stack <slots>', "the size of Lua's stack; a kernel's has 200").argParser(slots).default(stackMin),
    )
    .addOption(new Option('--memory <mib>', "limit of each runtime's memory, in MiB").argParser(mebibytes).default(64))
    .addOption(
      new Option(
        '--transport <name>',
        'how requests come from the kernel (default: dev-fuse, with the right to mount)',
      ).choices(['dev-fuse', 'fuse-native']),
    )
    .addOption(
      new Option('--engine <name>', `which Lua runs the scripts (default: LUNATIK_ENGINE, or ${ENGINES[0]})`).choices(
        ENGINES,
      ),
    )
    .addOption(
      new Option(
        '--clock <name>',
        "how the scripts' time passes: as the machine's, at once over what all sleep, or as a test says",
      )
        .choices(CLOCKS)
        .default('real'),
    )
    .addOption(
      new Option('--trace <file>', 'write each call on a device to a file, which replay reads').argParser(fileName),
    )
    .addOption(
      new Option('--events <file>', "inject events for scripts' hooks at their times, a line of JSON each").argParser(
        fileName,
      ),
    )
    .option('--uninterruptible', "let no signal end a callback's sleep that the kernel's driver would not end", false)
    .option('--ledger', 'tell at the end which objects are still alive, and where they were made', false)
    .option('--kmsg', "copy the log to the kernel's, /dev/kmsg", false)
    .option('--verbose', 'log debug records and stack traces as well', false)

/** The folder of a running mount. */
const withMount = (command: Command) =>
  command.addOption(
    new Option('--mount <dir>', `the folder of the mount (default: LUNATIK_MNT, or ${DEFAULT_DIR_HELP})`).argParser(
      folder,
    ),
  )

const withClientOptions = (command: Command) =>
  withMount(command).option('--json', 'print the outcome for a program, errors included', false)

/** An error of commander's as the one line that it is here. */
const errorLine = (text: string) =>
  text.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)/, ': did you mean $1?')

/**
 * Where `--` belongs in a command line of exec that has none, when an option of its command was taken for one of ours.
 */
function whereDashes(argv: readonly string[]): string | null {
  const at = argv.indexOf('exec')
  const command = argv.slice(at + 1)
  if (at === -1 || argv.includes('--')) return null
  const shown = command[0]?.startsWith('-') ? '[options] -- COMMAND...' : `-- ${command.join(' ')}`
  return `the command stands behind --, as in 'lunatik exec ${shown}'`
}

/** The whole of it. `ended` is told the exit code of the command. */
function define(argv: readonly string[], { commands, env, out, err }: Io, ended: (code: number) => void): Command {
  const program = withMount(new Command('lunatik'))

  /** The folder that is meant: as an argument says, before the command or after it, else as the environment does. */
  const chosen = (dir: string | undefined) =>
    dir ?? program.opts<{ mount?: string }>().mount ?? (env.LUNATIK_MNT || undefined)

  /** The options with the folder that is meant. */
  const resolved = <T extends object>(options: T & { mount?: string }) => ({
    ...options,
    mount: chosen(options.mount) ?? defaultDir(env),
  })

  const ends = async (code: Promise<number>) => ended(await code)

  program
    .description('Lunatik for userspace: device files on a FUSE mount, backed by Lua. Without a command: a prompt.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: err,
      outputError: (text, write) => {
        const dashes = /^error: unknown option/.test(text) ? whereDashes(argv) : null
        const line = dashes === null ? errorLine(text) : `${errorLine(text.split('\n')[0] ?? '')}: ${dashes}\n`
        write(`lunatik: ${quotable_lines(line)}`)
      },
    })
    .helpCommand(false)
    .argument('[command...]')
    .usage('[options] [command]')
    .action(async ([command]: string[]) => {
      if (command === undefined) return ends(commands.prompt(resolved({ json: false })))
      const { didYouMean } = await import('./suggest.js')
      const meant = didYouMean(
        command,
        program.commands.map((known) => known.name()),
      )
      program.error(`unknown command '${command}'${meant || ': --help lists them'}`)
    })

  withCommonOptions(
    program
      .command('mount')
      .description('serve the devices on DIR until interrupted')
      .argument(
        '[dir]',
        `the folder to mount on, made when missing (default: LUNATIK_MNT, or ${DEFAULT_DIR_HELP})`,
        folder,
      )
      .option('--until-eof', 'end when standard input does, and take the folder away that was made', false)
      .addOption(
        new Option('--daemon', 'serve in the background, and return as soon as programs can use the devices')
          .default(false)
          .conflicts('untilEof'),
      ),
  ).action((dir: string | undefined, { untilEof, daemon, ...options }: GivenOptions & GivenMountOptions) =>
    ends(commands.mount(chosen(dir) ?? defaultDir(env), { ...serveOptions(options), untilEof, daemon })),
  )

  program
    .command('umount')
    .description('end the mount on DIR, and its server')
    .argument('[dir]', `its folder (default: LUNATIK_MNT, or ${DEFAULT_DIR_HELP})`, folder)
    .option('-l, --lazy', 'also while programs have files open', false)
    .action((dir: string | undefined, options: { lazy: boolean }) =>
      ends(commands.umount(chosen(dir) ?? defaultDir(env), options)),
    )

  program
    .command('wait')
    .description('return as soon as programs can use the mount on DIR')
    .argument('[dir]', `its folder (default: LUNATIK_MNT, or ${DEFAULT_DIR_HELP})`, folder)
    .addOption(new Option('--timeout <seconds>', 'give up after that; 0: never').argParser(seconds).default(30))
    .action((dir: string | undefined, options: { timeout: number }) =>
      ends(commands.wait(chosen(dir) ?? defaultDir(env), options)),
    )

  withCommonOptions(
    program
      .command('exec')
      .description('run COMMAND with the devices on a mount of its own; LUNATIK_MNT names it')
      .usage('[options] -- COMMAND...')
      .argument('<command...>', 'the command and its arguments')
      .option('--mount <dir>', 'the folder to mount on, made when missing (default: LUNATIK_MNT, or a new one)', folder)
      .option('--dev', "show each device below /dev as well, beside the machine's own; COMMAND alone sees that", false),
  ).action((command: string[], { mount, dev, ...options }: GivenOptions & { mount?: string; dev: boolean }) =>
    ends(commands.exec(command, chosen(mount) ?? null, { ...serveOptions(options), dev })),
  )

  program
    .command('doctor')
    .description('say what this machine has of what a mount needs, and what to do; changes nothing')
    .option('--json', 'print it for a program', false)
    .action((options: { json: boolean }) => ends(commands.doctor(options)))

  program
    .command('init')
    .description('make a folder with a driver script, its test and what an editor needs to know')
    .argument('<dir>', "the folder, made when missing; its name is the driver's. No file in it is overwritten", folder)
    .action((dir: string) => ends(commands.init(dir)))

  program
    .command('check')
    .description('say what a kernel would refuse of scripts, and what would fail there; runs nothing')
    .argument('<script...>', 'a file, a folder, the name of a script, or - for standard input', collectScripts)
    .addOption(
      new Option('--context <name>', 'where the scripts run')
        .choices(['process', 'softirq', 'hardirq'])
        .default('process'),
    )
    .addOption(
      new Option('--scripts <dir>', "a folder of scripts, searched before the script's own; may be given again")
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--module <name>', 'a module in C that the kernel has; may be given again')
        .argParser(collectScripts)
        .default([], 'none'),
    )
    .option('--json', 'print the findings for a program', false)
    .option('--verbose', 'print what is only worth knowing as well', false)
    .action((scripts: string[], options: CheckOptions) => ends(commands.check(scripts, options)))

  withClientOptions(
    program
      .command('run')
      .description('run SCRIPT on a mount')
      .argument(
        '<script>',
        "its name below a folder of scripts, or below the package's lua/; or its path, ./NAME.lua",
        script,
      )
      .argument('[how...]', 'process, softirq or hardirq; percpu: once for each CPU'),
  ).action((script: string, how: string[], options: ClientOptions) =>
    ends(commands.run(script, how, resolved(options))),
  )

  withClientOptions(
    program
      .command('spawn')
      .description('run SCRIPT on a mount in a thread of its own')
      .argument('<script>', 'its name or path', script)
      .argument('[how...]', 'process'),
  ).action((script: string, how: string[], options: ClientOptions) =>
    ends(commands.spawn(script, how, resolved(options))),
  )

  withClientOptions(
    program.command('stop').description('stop SCRIPT on a mount').argument('<script>', 'its name or path', script),
  ).action((script: string, options: ClientOptions) => ends(commands.stop(script, resolved(options))))

  for (const command of ['load', 'unload', 'reload'] as const) {
    program
      .command(command)
      .description('does nothing: for scripts that were written for a kernel')
      .action(() => ends(commands.load(command)))
  }

  program
    .command('test')
    .description('run the tests *.test.sh')
    .argument('[dir]', 'their folder, or one of them', folder, '.')
    .action((dir: string) => ends(commands.test(dir)))

  withClientOptions(program.command('list').description('print the scripts that run on a mount')).action(
    (options: ClientOptions) => ends(commands.list(resolved(options))),
  )

  withClientOptions(program.command('status').description('print the modules that a mount has')).action(
    (options: ClientOptions) => ends(commands.status(version, resolved(options))),
  )

  withMount(program.command('dmesg').description("print a mount's log"))
    .option('-C, --clear', 'hide the records so far, and print nothing', false)
    .option('-w, --follow', 'go on with each new record until interrupted', false)
    .option('--time', 'print time and level as well', false)
    .option('--json', 'print each record as an object on a line of its own', false)
    .action((options: DmesgOptions) => ends(commands.dmesg(resolved(options))))

  withMount(program.command('trace').description('print each call on the devices of a mount, until interrupted'))
    .argument('[name...]', 'the paths of devices on the mount; all by default')
    .option('--json', 'print each call as an object on a line of its own, which replay reads', false)
    .action((names: string[], options: ClientOptions) => ends(commands.trace(names, resolved(options))))

  addInject(program, commands, withClientOptions, (make) => ends(make(resolved)))

  withClientOptions(
    program
      .command('top')
      .description('show what the devices and scripts of a mount are at, each second; with --json once'),
  ).action((options: ClientOptions) => ends(commands.top(resolved(options))))

  withClientOptions(
    program
      .command('replay')
      .description('make the calls of a trace anew, and say which have other results; exit code 1 if any has')
      .argument('<file>', 'what --trace or trace --json has written', fileName),
  ).action((file: string, options: ClientOptions) => ends(commands.replay(file, resolved(options))))

  if (argv[0] !== 'completion' && argv[0] !== 'complete') {
    // For --help alone: completion.ts has what it does.
    program
      .command('completion')
      .description('print what a shell needs to complete command lines: zsh, bash, fish')
      .argument('<shell>')
  }
  return program
}

/**
 * Does what a command line says. What goes wrong is one line.
 * @param argv its words, without the program's name
 * @returns the exit code; never rejects
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  const program = define(argv, io, (ended) => {
    code = ended
  })
  try {
    if (argv[0] === 'completion' || argv[0] === 'complete') (await import('./completion.js')).addCompletion(program)
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (e) {
    if (e instanceof CommanderError) return e.exitCode === 0 ? 0 : EXIT_USAGE
    io.err(`lunatik: ${kstrdup_quotable(e instanceof Error ? e.message : String(e))}\n`)
    if (e instanceof UserError) return e.exitCode
    const stack = stackOf(e)
    if (argv.includes('--verbose') && stack !== null) io.err(`${quotable_lines(stack)}\n`)
    return EXIT_FAILURE
  }
}
