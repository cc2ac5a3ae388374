#!/usr/bin/env node
// The command line.
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EXIT_FAILURE, EXIT_USAGE, UserError } from './cli/errors.js'
import { exec } from './cli/exec.js'
import { mount } from './cli/mount.js'
import type { ServerOptions } from './cli/server.js'
import { MountError } from './fuse/transport.js'
import { describe, dynamic_debug, printk, printk_line, register_console, stackOf } from './printk.js'

const DEFAULT_DIR = '/mnt/lunatik'
const DEFAULT_DEVICES = ['mydevice', 'mybuffer']

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

interface CommonOptions extends Omit<ServerOptions, 'device'> {
  readonly device?: string[]
  readonly verbose: boolean
}

function folder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Give the name of a folder.')
  return value
}

const collect = (value: string, values: string[] | undefined) => [...(values ?? []), folder(value)]

function seconds(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n < 0)
    throw new InvalidArgumentError('Give a number of seconds, 0 or more.')
  return n
}

function mebibytes(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n <= 0)
    throw new InvalidArgumentError('Give a number of MiB above 0.')
  return n
}

/** Prints the log on standard error, and keeps the mount alive whatever happens there and elsewhere. */
function setUp({ verbose }: CommonOptions): void {
  dynamic_debug(verbose)
  register_console((record) => {
    if (verbose || record.level !== 'debug') process.stderr.write(`${printk_line(record)}\n`)
  })
  process.on('SIGUSR1', () => {}) // else it opens Node's inspector to whoever asks
  // A terminal that has gone is no reason to leave a stale mount.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (e: unknown) => {
      printk('err', `${event}: ${describe(e)}`)
      printk('debug', stackOf(e) ?? '')
    })
  }
}

const serverOptions = ({ device = DEFAULT_DEVICES, ...rest }: CommonOptions): ServerOptions => ({ ...rest, device })

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
        `a module of devices/, or the path of your own; may be given again (default: ${DEFAULT_DEVICES.join(', ')})`,
      ).argParser(collect),
    )
    .addOption(
      new Option('--deadline <seconds>', 'end a callback that runs longer, with ETIMEDOUT; 0: never')
        .argParser(seconds)
        .default(5),
    )
    .addOption(
      new Option('--memory <mib>', "limit of lunatik_malloc and of objects' private data for each runtime, in MiB")
        .argParser(mebibytes)
        .default(64),
    )
    .option('--ledger', 'tell at the end which objects are still alive, and where they were made', false)
    .option('--verbose', 'log debug records and stack traces as well', false)

/** Runs a command, then ends the process: fuse-native keeps it alive. */
async function finish(code: Promise<number>): Promise<never> {
  process.exit(await code)
}

const program = new Command('lunatik')
  .description('Lunatik for userspace: device files on a FUSE mount, backed by Lua.')
  .version(version)
  .showSuggestionAfterError(false)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`lunatik: ${text.replace(/^error: /, '')}`) })
  .helpCommand(false)
  .argument('[command]')
  .action((command?: string) => {
    const what = command === undefined ? 'a command is missing' : `unknown command '${command}'`
    program.error(`${what}: give mount or exec, or --help for more`)
  })

withCommonOptions(
  program
    .command('mount')
    .description('serve the devices on DIR until interrupted')
    .argument('[dir]', 'the folder to mount on, made when missing', folder, DEFAULT_DIR),
).action((dir: string, options: CommonOptions) => {
  setUp(options)
  return finish(mount(dir, serverOptions(options)))
})

withCommonOptions(
  program
    .command('exec')
    .description('run COMMAND with the devices on a mount of its own; LUNATIK_MNT names it')
    .usage('[options] -- COMMAND...')
    .argument('<command...>', 'the command and its arguments')
    .option('--mount <dir>', 'the folder to mount on, made when missing', folder, DEFAULT_DIR),
).action((command: string[], options: CommonOptions & { mount: string }) => {
  setUp(options)
  return finish(exec(command, options.mount, serverOptions(options)))
})

try {
  await program.parseAsync()
} catch (e) {
  if (e instanceof CommanderError) process.exit(e.exitCode === 0 ? 0 : EXIT_USAGE)
  const message = e instanceof Error ? e.message : String(e)
  process.stderr.write(`lunatik: ${message}\n`)
  if (!(e instanceof UserError || e instanceof MountError) && e instanceof Error) {
    if (process.argv.includes('--verbose')) process.stderr.write(`${e.stack}\n`)
  }
  process.exit(e instanceof UserError ? e.exitCode : EXIT_FAILURE)
}
