// Node's hooks for the modules of `--device`, which run in a thread of Node's own: what `import 'lunatik'` means, which
// files a module is made of, and that a file which has changed is another module.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'

/** What the hooks are given. */
export interface HooksData {
  /** The address of the package's index. */
  readonly index: string
  /** The address of the file that imports modules. */
  readonly importer: string
  /** Where to tell what is imported; null for nowhere. */
  readonly port: MessagePort | null
}

/** What the hooks tell. */
export type HooksMessage =
  | {
      /** A file imports another. */
      readonly type: 'edge'
      readonly parent: string
      readonly url: string
      /** The file as the import names it, symbolic links and all. */
      readonly path: string
    }
  | {
      /** A file was read, or is none. */
      readonly type: 'read'
      readonly url: string
      readonly digest: string
    }

/** In an address: how often the module was loaded before. What a module imports has its number. */
export const RELOAD = 'reload'

let data: HooksData = { index: '', importer: '', port: null }
/** The files that count: a module and its own, not the packages that they use. */
const counted = new Set<string>()

const tell = (message: HooksMessage) => data.port?.postMessage(message)

export const initialize: InitializeHook<HooksData> = async (given) => {
  data = given
}

/** The address of the file that a path in an import names; null for the name of a package. */
function named(specifier: string, parent: string): URL | null {
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return null
  const url = new URL(specifier, parent)
  return url.protocol === 'file:' ? url : null
}

/** Whether a file that `parent` imports is the package's own, or another package's. */
const isForeign = (url: string, path: URL | null) =>
  url.startsWith(new URL('.', data.index).href) || (path === null && url.includes('/node_modules/'))

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier === 'lunatik') return { url: data.index, shortCircuit: true }
  const parent = context.parentURL
  if (parent === undefined || (parent !== data.importer && !counted.has(parent))) return next(specifier, context)
  const path = named(specifier, parent)
  let resolved: Awaited<ReturnType<typeof next>>
  try {
    resolved = await next(specifier, context)
  } catch (e) {
    if (path !== null) {
      tell({ type: 'edge', parent, url: path.href, path: fileURLToPath(path) })
      tell({ type: 'read', url: path.href, digest: '' })
    }
    throw e
  }
  if (!resolved.url.startsWith('file:') || isForeign(resolved.url, path)) return resolved
  const url = new URL(resolved.url)
  const reload = new URL(parent).searchParams.get(RELOAD)
  if (reload !== null) url.searchParams.set(RELOAD, reload)
  counted.add(url.href)
  tell({ type: 'edge', parent, url: url.href, path: fileURLToPath(path ?? url) })
  return { ...resolved, url: url.href }
}

export const load: LoadHook = async (url, context, next) => {
  if (!counted.has(url) || data.port === null) return next(url, context)
  // Not what is loaded in the end: another hook may have translated that.
  const bytes = await readFile(new URL(url)).catch(() => null)
  const digest = bytes === null ? '' : createHash('sha256').update(bytes).digest('base64')
  tell({ type: 'read', url, digest })
  const loaded = await next(url, context)
  // Given its source, a CommonJS module requires others by these hooks as well.
  return loaded.format === 'commonjs' && bytes !== null ? { ...loaded, source: loaded.source ?? bytes } : loaded
}
