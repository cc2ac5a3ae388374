// kernel/module/main.c: loading and unloading the modules that `--device` names.
import { existsSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { errname } from '../errname.js'
import { EXIT_USAGE, UserError } from '../errors.js'
import { lunatik_delopener, lunatik_openers } from '../lunatik/lunatik_openers.js'
import { moduleUrl, packageRoot } from '../package.js'
import { describe, printk, register_console } from '../printk.js'
import { hookImports, ImportGraph } from './imports.js'
import type { FileUse } from './use.js'

/** What a module in devices/ exports: C's module_init and module_exit. */
interface KernelModule {
  /** Returns 0, or a negative errno when the module can't be used. */
  init_module(): number | Promise<number>
  cleanup_module?(): void
  /** Its parameters with their defaults, whose types they keep: set before init_module. */
  readonly module_param?: Record<string, string | number | boolean>
}

/** A module whose init_module has succeeded. */
export interface LoadedModule {
  readonly name: string
  /** What LUNATIK_NEWLIB has defined while it was loaded. */
  readonly libraries: readonly string[]
  unload(): void
}

const devices = pathToFileURL(`${packageRoot}build/devices/`)

/** A path, rather than the name of a module in devices/. */
const isPath = (name: string) => name.includes('/') || extname(name) !== ''

function locate(name: string): URL {
  if (isPath(name)) {
    const path = resolve(name)
    if (!existsSync(path)) throw new UserError(`device '${name}': there is no file ${path}`, EXIT_USAGE)
    if (!statSync(path).isFile()) throw new UserError(`device '${name}': ${path} is not a file`, EXIT_USAGE)
    // With another copy of the package a module would register its devices in a registry that no mount shows.
    hookImports(import.meta.url)
    return pathToFileURL(path)
  }
  const url = new URL(`${encodeURIComponent(name)}.js`, devices)
  if (!existsSync(fileURLToPath(url))) {
    throw new UserError(
      `unknown device '${name}': give mydevice, mybuffer or another module of devices/, or the path of your own`,
      EXIT_USAGE,
    )
  }
  // They import the package by its name too; run from build/src, this isn't what that name means.
  if (import.meta.resolve('lunatik') !== moduleUrl('index.js').href) hookImports(import.meta.url)
  return url
}

function importError(name: string, url: URL, e: unknown): UserError {
  const { code, message } = e as NodeJS.ErrnoException
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    const path = fileURLToPath(url)
    return new UserError(
      extname(path) === '.ts'
        ? `device '${name}': Node ${process.versions.node} runs no TypeScript: compile ${path} first`
        : `device '${name}': ${path} is no JavaScript module`,
    )
  }
  return new UserError(`device '${name}': ${message.split('\n')[0]}`)
}

async function importModule(name: string, url: URL): Promise<KernelModule> {
  let exports: Partial<KernelModule>
  try {
    exports = await import(url.href)
  } catch (e) {
    throw importError(name, url, e)
  }
  if (typeof exports.init_module !== 'function') {
    throw new UserError(`device '${name}': ${fileURLToPath(url)} exports no function init_module`)
  }
  return exports as KernelModule
}

/**
 * Runs a module's init_module. What it logs is on the terminal at once, lest it is lost where the module never returns.
 */
async function init(name: string, { init_module }: KernelModule): Promise<void> {
  let errors = 0
  const unregister = register_console(({ level }) => {
    if (level === 'err') errors++
  })
  let ret: number
  try {
    ret = await init_module()
  } catch (e) {
    throw new UserError(`device '${name}': init_module threw ${e instanceof Error ? e.message : describe(e)}`)
  } finally {
    unregister()
  }
  if (ret >= 0) return
  const why = errors > 0 ? ': the log says why' : ''
  throw new UserError(`device '${name}': init_module failed (${errname(ret) ?? describe(ret)})${why}`)
}

/** A parameter's value as the default's type says: linux/moduleparam.h's charp, int or bool. Null for what is none. */
function parameter(value: string, type: string): string | number | boolean | null {
  if (type === 'string') return value
  if (type === 'boolean') return /^[yY1]$/.test(value) ? true : /^[nN0]$/.test(value) ? false : null
  const number = Number(value)
  return value !== '' && Number.isInteger(number) ? number : null
}

/** Sets a module's parameters from `name=value` words. */
function setParameters(name: string, { module_param = {} }: KernelModule, words: readonly string[]): void {
  for (const word of words) {
    const [key = '', ...rest] = word.split('=')
    const current = Object.hasOwn(module_param, key) ? module_param[key] : undefined
    if (current === undefined) {
      const known = Object.keys(module_param).join(', ') || 'none'
      throw new UserError(`device '${name}': unknown parameter '${key}': it knows ${known}`, EXIT_USAGE)
    }
    const value = parameter(rest.join('='), typeof current)
    if (value === null) {
      throw new UserError(
        `device '${name}': parameter '${key}' takes a ${typeof current}, not '${rest.join('=')}'`,
        EXIT_USAGE,
      )
    }
    module_param[key] = value
  }
}

/** Notes which files modules are made of, from now on. */
export const noteImports = (tell: (device: string, file: FileUse) => void) => new ImportGraph(import.meta.url, tell)

/** Imports a module and runs its init_module. */
async function start(device: string, graph: ImportGraph | null): Promise<[string, KernelModule]> {
  const [name = '', ...parameters] = device.split(/,(?=[A-Za-z_]\w*=)/)
  const url = locate(name)
  let module: KernelModule
  try {
    module = await importModule(name, graph?.importing(device, url) ?? url)
  } finally {
    graph?.imported(device)
  }
  setParameters(name, module, parameters)
  await init(name, module)
  return [name, module]
}

/**
 * Loads a module.
 * @param device a module of devices/ without its ending, or the path of a JavaScript module; then its parameters, each
 *   as `,name=value`
 * @param graph told of its files, if somebody wants to know
 */
export async function loadModule(device: string, graph: ImportGraph | null = null): Promise<LoadedModule> {
  const before = lunatik_openers()
  const defined = () => [...lunatik_openers()].filter(([library, open]) => before.get(library) !== open)
  try {
    const [name, module] = await start(device, graph)
    const libraries = defined()
    return {
      name,
      libraries: libraries.map(([library]) => library),
      unload: () => {
        try {
          module.cleanup_module?.()
        } catch (e) {
          printk('err', `device '${name}': cleanup_module threw ${e instanceof Error ? e.message : describe(e)}`)
        }
        for (const [library, open] of libraries) lunatik_delopener(library, open)
      },
    }
  } catch (e) {
    for (const [library, open] of defined()) lunatik_delopener(library, open)
    throw e
  }
}
