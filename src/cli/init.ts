// `lunatik init`: a folder with a driver script, a test that runs it, and what an editor needs to know of both.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '../errors.js'
import { packageRoot } from '../package.js'

const templates = join(packageRoot, 'templates/driver')
const definitions = join(packageRoot, 'luals')
/**
 * Where the folder has the definition files, which is what its .luarc.json names: it works wherever the package lies.
 */
const library = '.luals/lunatik'

/** The template's script and device, whose name gives way to the folder's. */
const placeholder = 'mydriver'

/** The longest name that is made, in bytes: a line with it is still read at a glance. */
const nameMax = 64

/** Names in a kernel's /dev, besides those of modules, that a device can't have. */
const taken = 'console cuse full fuse kvm loop mem null port ppp ptmx pts random rtc shm tty urandom vcs zero'.split(
  ' ',
)

/** A file of the folder. */
interface MadeFile {
  readonly path: string
  readonly text: string
}

/** The files below a folder, in their order. */
function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(dir, entry.name)).map((file) => join(entry.name, file)) : [entry.name],
    )
}

/**
 * A name for a script, a device and a class, from a folder's. What they can't have becomes `_`; one that is a module's,
 * or that /dev has, gets `_device` behind it.
 */
export function driverName(dir: string): string {
  const words = basename(resolve(dir))
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, nameMax)
  if (words === '') {
    throw new UserError(`${resolve(dir)} gives a driver no name: name a folder with a letter or a digit in it`)
  }
  const name = /^\d/.test(words) ? `device_${words}` : words
  const isModule = filesBelow(definitions).includes(`${name}.lua`)
  return isModule || taken.includes(name) ? `${name}_device` : name
}

/** What the folder is to have. */
function filesOf(dir: string, name: string): MadeFile[] {
  const made = (from: string) => (file: string) => ({ from: join(from, file), to: file })
  const driver = filesBelow(templates)
    .map(made(templates))
    .map(({ from, to }) => ({
      path: join(dir, to.replaceAll(placeholder, name)),
      text: readFileSync(from, 'utf8').replaceAll(placeholder, name),
    }))
  const editor = filesBelow(definitions)
    .map(made(definitions))
    .map(({ from, to }) => ({ path: join(dir, library, to), text: readFileSync(from, 'utf8') }))
  return [...driver, ...editor]
}

const exists = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Why something can't be made, as the system says it. */
function failure(path: string, e: unknown): UserError {
  const { code, message } = e as NodeJS.ErrnoException
  const why = {
    EACCES: 'permission denied',
    ENOSPC: 'no space is left',
    ENOTDIR: 'a part of the path is no folder',
    EROFS: 'its file system is read-only',
  }
  return new UserError(`can't make ${path}: ${why[code as keyof typeof why] ?? message.split(',')[0]}`)
}

/** Whether there is something else than a folder. */
function inTheWay(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false
  } catch (e) {
    throw failure(path, e) // The path leads through a file, for example.
  }
}

/** Throws where something is in the way, before anything is made. */
function check(dir: string, files: readonly MadeFile[]): void {
  const folders = new Set([dir])
  for (const { path } of files) for (let at = dirname(path); at.length > dir.length; at = dirname(at)) folders.add(at)
  for (const path of folders) {
    if (inTheWay(path)) throw new UserError(`${path} is not a folder: take it away, or name another folder`)
  }
  for (const { path } of files) {
    if (exists(path))
      throw new UserError(`${path} is there already, and nothing is overwritten: take it away, or name another folder`)
  }
}

/** Makes all files and the folders for them, or nothing. */
function makeAll(dir: string, files: readonly MadeFile[]): void {
  const undo: (() => void)[] = []
  const makeFolder = (path: string): void => {
    if (exists(path)) return
    makeFolder(dirname(path))
    mkdirSync(path)
    undo.push(() => rmdirSync(path))
  }
  let at = dir
  try {
    makeFolder(dir)
    for (const { path, text } of files) {
      at = path
      makeFolder(dirname(path))
      // One that has come meanwhile is left as it is.
      writeFileSync(path, '', { flag: 'wx', mode: path.endsWith('.sh') ? 0o777 : 0o666 })
      undo.push(() => unlinkSync(path))
      writeFileSync(path, text)
    }
  } catch (e) {
    for (const step of undo.reverse()) {
      try {
        step()
      } catch {} // Somebody has put something into a folder meanwhile.
    }
    throw failure(at, e)
  }
}

/** A word for a shell. */
const quoted = (word: string) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** The command line that runs the test of a folder, which is there by now. */
function testCommand(dir: string): string {
  const test = `sh ${quoted(join(dir, 'test.sh'))}`
  // npx looks into the project that the folder is in, and nowhere else.
  let project = resolve(dir)
  while (project !== '/' && !['package.json', 'node_modules'].some((name) => exists(join(project, name))))
    project = dirname(project)
  if (packageRoot === join(project, 'node_modules/lunatik/')) return test
  return `LUNATIK=${quoted(`node ${quoted(join(packageRoot, 'build/dist/main.js'))}`)} ${test}`
}

/**
 * Makes the folder.
 * @param given the folder, made when missing; its name is the driver's
 * @returns 0
 * @throws UserError where anything of it is there already or can't be made; then nothing is made
 */
export function init(given: string): number {
  const dir = resolve(given)
  const name = driverName(dir)
  const files = filesOf(dir, name)
  check(dir, files)
  makeAll(dir, files)
  const shown = (path: string) => join(given, path.slice(dir.length))
  const lines = files.filter(({ path }) => !path.startsWith(join(dir, library))).map(({ path }) => shown(path))
  process.stdout.write(
    `${lines.map((line) => `made ${line}\n`).join('')}made ${shown(join(dir, library))}/: ${files.length - lines.length} definition files for editors\n`,
  )
  process.stdout.write(`next: ${testCommand(given)}\n`)
  return 0
}
