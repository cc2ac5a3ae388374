// `lunatik check`: what a kernel would refuse of scripts, and what would fail there. It reads them and runs nothing.
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type Options, type Parsed, parse } from '../check/check.js'
import { type Definitions, readDefinitions } from '../check/definitions.js'
import { type Finding, printable } from '../check/finding.js'
import { isContext } from '../check/modules.js'
import type { RuntimeContext } from '../check/script.js'
import { loadedModules } from '../check/stdlib.js'
import { EXIT_FAILURE, EXIT_USAGE, UserError } from '../errors.js'
import { packageRoot } from '../package.js'
import { quotable_json } from '../string_helpers.js'

/** What stands for standard input, and how its findings call it. */
const stdin = '-'
const stdinName = '<stdin>'

/** The largest script, in bytes. */
const scriptMax = 16 << 20
/** How many files of folders are looked at, and how deep. */
const filesMax = 10_000
const depthMax = 32

/** What the command line says. */
export interface CheckOptions {
  readonly context: RuntimeContext
  readonly scripts: readonly string[]
  /** Modules that the kernel is said to have. */
  readonly module: readonly string[]
  readonly json: boolean
  readonly verbose: boolean
}

/** A script that is to be checked. */
interface Target {
  /** As findings call it. */
  readonly name: string
  /** null for standard input. */
  readonly path: string | null
  /** The folders that scripts and modules are looked for in. */
  readonly folders: readonly string[]
  readonly contexts: Set<RuntimeContext>
}

/** A finding with its file, as `--json` prints it. */
interface Located extends Finding {
  readonly file: string
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead round in circles',
  ENOENT: 'there is no such file or folder, and no script of this name',
  ENOTDIR: 'a part of the path is no folder',
  ENXIO: 'it is no regular file',
}

class Unreadable extends Error {}

const unreadable = (why: string) => new Unreadable(`cannot be read: ${why}`)

function failure(e: unknown): Unreadable {
  if (e instanceof Unreadable) return e
  const { code, message } = e as NodeJS.ErrnoException
  return unreadable(reasons[code ?? ''] ?? (message.split(',')[0] as string))
}

/** The bytes of a descriptor, one character for each. A file may be longer than it says. */
function readAll(fd: number): string {
  const pieces: Buffer[] = []
  for (let length = 0; ; ) {
    const piece = Buffer.allocUnsafe(64 << 10)
    const n = readSync(fd, piece)
    if (n === 0) return Buffer.concat(pieces).toString('latin1')
    length += n
    if (length > scriptMax) throw unreadable(`it is longer than ${scriptMax >> 20} MiB`)
    pieces.push(piece.subarray(0, n))
  }
}

function readScript(path: string | null): string {
  // Who waits at a terminal or a pipe is read to the end; a FIFO on the way must not be waited for.
  if (path === null) return readFileSync(0, 'latin1')
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw unreadable(stat.isDirectory() ? (reasons.EISDIR as string) : (reasons.ENXIO as string))
    return readAll(fd)
  } finally {
    closeSync(fd)
  }
}

function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const isFile = (path: string) => statOf(path)?.isFile() === true

/** The scripts below a folder. Hidden folders and those of packages are not the user's; a link is followed once. */
function scriptsBelow(dir: string): string[] {
  const found: string[] = []
  const seen = new Set<string>()
  const look = (folder: string, depth: number) => {
    const stat = statOf(folder)
    const id = `${stat?.dev}:${stat?.ino}`
    if (stat === undefined || depth > depthMax || seen.has(id)) return
    seen.add(id)
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name)
      if (name.startsWith('.') || name === 'node_modules') continue
      const entry = statOf(path)
      if (entry?.isDirectory()) look(path, depth + 1)
      else if (entry?.isFile() && name.endsWith('.lua')) found.push(path)
      if (found.length > filesMax) throw unreadable(`there are more than ${filesMax} scripts below it`)
    }
  }
  look(dir, 0)
  return found
}

/** The file of a script by its name below the folders; of a module also `NAME/init.lua`. */
function find(folders: readonly string[], name: string, isModule: boolean): string | null {
  const stem = isModule ? name.replaceAll('.', '/') : name
  for (const folder of folders) {
    for (const file of isModule ? [`${stem}.lua`, `${stem}/init.lua`] : [`${stem}.lua`]) {
      const path = join(folder, file)
      if (isFile(path)) return path
    }
  }
  return null
}

function definitions(): Definitions {
  const luals = join(packageRoot, 'luals')
  const files = readdirSync(luals, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.lua'))
  return readDefinitions(
    files.map((file) => [
      file.slice(0, -'.lua'.length).replaceAll('/', '.'),
      readFileSync(join(luals, file), 'latin1'),
    ]),
  )
}

/** The modules that the package's devices make: what they give to LUNATIK_NEWLIB. */
function exampleModules(): Set<string> {
  const devices = join(packageRoot, 'devices')
  const files = readdirSync(devices).filter((file) => file.endsWith('.ts'))
  const texts = files.map((file) => readFileSync(join(devices, file), 'utf8'))
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/^LUNATIK_NEWLIB\('([^']+)'/gm)].map(([, name]) => name as string)),
  )
}

class Checker {
  readonly #examples = exampleModules()
  readonly #definitions = definitions()
  readonly #parsed = new Map<string, Parsed>()
  /** By path; standard input by its name. */
  readonly #targets = new Map<string, Target>()
  /** The folders among the arguments. */
  readonly #given: string[] = []
  readonly #findings: Located[] = []

  constructor(
    readonly context: RuntimeContext,
    /** Those that the command line names. */
    readonly folders: readonly string[],
    readonly modules: readonly string[],
  ) {}

  #fail(file: string, e: unknown): void {
    const { message } = failure(e)
    this.#findings.push({ file, line: 0, column: 0, severity: 'error', code: 'unreadable', message })
  }

  #empty(folder: string): void {
    const message = 'there is no script below it: no file that ends in .lua'
    this.#findings.push({ file: folder, line: 0, column: 0, severity: 'warning', code: 'no-scripts', message })
  }

  #target(name: string, path: string | null, context: RuntimeContext, folders: readonly string[]): void {
    const key = path === null ? stdinName : resolve(path)
    const known = this.#targets.get(key)
    if (known !== undefined) known.contexts.add(context)
    else {
      const own = path === null ? [] : [dirname(path)]
      const all = [
        ...new Set([...this.folders, ...folders, ...own, join(packageRoot, 'lua')].map((dir) => resolve(dir))),
      ]
      this.#targets.set(key, { name, path, folders: all, contexts: new Set([context]) })
    }
  }

  /** Adds what an argument names: a file, a folder, or a script below the folders. */
  add(argument: string): void {
    try {
      if (argument === stdin) {
        this.#target(stdinName, null, this.context, [process.cwd()])
        return
      }
      const stat = statSync(argument, { throwIfNoEntry: false })
      if (stat?.isDirectory()) {
        this.#given.push(argument)
        const paths = scriptsBelow(argument)
        if (paths.length === 0) this.#empty(argument)
        for (const path of paths) this.#target(path, path, this.context, [argument])
        return
      }
      const path = stat === undefined ? find([...this.folders, join(packageRoot, 'lua')], argument, false) : argument
      if (path === null) throw unreadable(reasons.ENOENT as string)
      this.#target(path, path, this.context, [])
    } catch (e) {
      this.#fail(argument, e)
    }
  }

  #parse(path: string | null): Parsed {
    const key = path === null ? stdinName : resolve(path)
    let parsed = this.#parsed.get(key)
    if (parsed === undefined) {
      const own = path === null ? process.cwd() : dirname(path)
      const isShadowed = (name: string) => this.#scriptOf([...this.folders, ...this.#given, own], name) !== null
      parsed = parse(readScript(path), this.#definitions, isShadowed)
      this.#parsed.set(key, parsed)
    }
    return parsed
  }

  /** The script that `require` gives; null for a module of Lunatik's, and for what there isn't. */
  #scriptOf(folders: readonly string[], name: string): string | null {
    const path = loadedModules.has(name) ? null : find(folders, name, true)
    return path === null || resolve(path).startsWith(join(packageRoot, 'lua/')) ? null : path
  }

  /** What the scripts set that a script requires, and those that they require. */
  #sharedOf(parsed: Parsed, folders: readonly string[]): Options['shared'] {
    const globals = new Set<string>()
    const added = new Set<string>()
    const seen = new Set<string>()
    const rest = [...parsed.requires]
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      const path = this.#scriptOf(folders, name)
      if (path === null || seen.has(path)) continue
      seen.add(path)
      try {
        const { requires, shared } = this.#parse(path)
        rest.push(...requires)
        for (const each of shared.globals) globals.add(each)
        for (const each of shared.added) added.add(each)
      } catch {} // That it can't be read is said where it is a target.
    }
    return { globals, added }
  }

  /** Adds the scripts that the targets start, with the contexts that they start them in. */
  #follow(): void {
    // What is added on the way is visited as well.
    for (const { name, path, folders } of this.#targets.values()) {
      try {
        for (const { script, context } of this.#parse(path).starts) {
          const started = find(folders, script, false)
          if (started === null || !isContext(context) || resolve(started).startsWith(join(packageRoot, 'lua/')))
            continue
          const shown = name.startsWith('/') ? started : relative(process.cwd(), started)
          this.#target(shown, started, context, folders)
        }
      } catch (e) {
        this.#fail(name, e)
        this.#targets.delete(path === null ? stdinName : resolve(path))
      }
    }
  }

  /** All findings, by file and place. */
  run(): Located[] {
    this.#follow()
    for (const { name, path, folders, contexts } of this.#targets.values()) {
      const parsed = this.#parse(path)
      const found = parsed.check({
        folders: {
          hasModule: (module) => this.modules.includes(module) || find(folders, module, true) !== null,
          isExample: (module) => this.#examples.has(module),
          hasScript: (script) => find(folders, script, false) !== null,
        },
        shared: this.#sharedOf(parsed, folders),
        contexts,
      })
      for (const finding of found) this.#findings.push({ file: name, ...finding })
    }
    return this.#findings.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
  }
}

/** `FILE:LINE:COLUMN: error: MESSAGE` */
function lineOf({ file, line, column, severity, message, code }: Located): string {
  const place = line === 0 ? '' : `:${line}:${column}`
  return `${printable(Buffer.from(file).toString('latin1'))}${place}: ${severity}: ${message} [${code}]\n`
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

/**
 * Checks scripts and prints what it finds.
 * @param scripts files, folders, names of scripts, or `-` for standard input
 * @returns 1 with errors, else 0
 */
export function check(scripts: readonly string[], options: CheckOptions): number {
  for (const dir of options.scripts) {
    if (!statOf(dir)?.isDirectory()) throw new UserError(`--scripts ${dir}: there is no such folder`, EXIT_USAGE)
  }
  const checker = new Checker(options.context, options.scripts, options.module)
  for (const script of scripts) checker.add(script)
  const all = checker.run()
  const of = (severity: Finding['severity']) => all.filter((finding) => finding.severity === severity).length
  const errors = of('error')
  if (options.json) {
    const found = all.map(({ file, line, column, severity, code, message }) => ({
      file,
      line,
      column,
      severity,
      code,
      message,
    }))
    process.stdout.write(`${quotable_json(found, 2)}\n`)
  } else {
    const shown = all.filter(({ severity }) => options.verbose || severity !== 'info')
    process.stdout.write(shown.map(lineOf).join(''))
    if (errors + of('warning') > 0) {
      process.stderr.write(`${count(errors, 'error')}, ${count(of('warning'), 'warning')}\n`)
    }
  }
  return errors > 0 ? EXIT_FAILURE : 0
}
