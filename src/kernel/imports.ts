// Which files a JavaScript module is made of: the graph of imports, as Node's hooks tell it (module_hooks.ts).
import { createRequire, register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { moduleUrl } from '../package.js'
import { type HooksData, type HooksMessage, RELOAD } from './module_hooks.js'
import { type FileUse, fileAt, realPath } from './use.js'

const index = moduleUrl('index.js').href

let hooked = false

/** Registers the hooks, once for a thread. Without a port they only have `import 'lunatik'` mean this very package. */
export function hookImports(importer: string, port: MessagePort | null = null): void {
  if (hooked) return
  hooked = true
  const data: HooksData = { index, importer, port }
  register(moduleUrl('kernel/module_hooks.js'), { data, transferList: port === null ? [] : [port] })
}

const withoutQuery = (url: string) => fileURLToPath(url.replace(/[?#].*$/, ''))

/** The imports of one thread. */
export class ImportGraph {
  readonly #importer: string
  readonly #tell: (device: string, file: FileUse) => void
  readonly #port: MessagePort
  /** By the address of who imports: addresses, and the paths by which they were named. */
  readonly #edges = new Map<string, Map<string, string>>()
  readonly #digests = new Map<string, string>()
  /** How often what has changed was imported anew: Node keeps each address that it has imported for ever. */
  #reload = 0
  /** As what each module was imported last. */
  readonly #modules = new Map<string, { readonly path: string; readonly reload: number }>()

  /**
   * @param importer the address of the file whose imports are the modules
   * @param tell told of each file, and again when something of it has changed
   */
  constructor(importer: string, tell: (device: string, file: FileUse) => void) {
    this.#importer = importer
    this.#tell = tell
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    hookImports(importer, port2)
    port1.on('message', (message: HooksMessage) => {
      this.#heard(message)
      for (const device of this.#modules.keys()) this.imported(device)
    })
    port1.unref()
  }

  #heard(message: HooksMessage): void {
    if (message.type === 'read') {
      this.#digests.set(message.url, message.digest)
      return
    }
    const { parent, url, path } = message
    const imports = this.#edges.get(parent) ?? new Map<string, string>()
    this.#edges.set(parent, imports.set(url, path))
  }

  #file(url: string, path: string): FileUse {
    const digest = this.#digests.get(url)
    if (digest === undefined) return fileAt(path)
    return { paths: [path], found: digest === '' ? -1 : 0, digest, real: realPath(path) }
  }

  /** The files of a module: itself, what it imports and what that imports. */
  #files(path: string, reload: number): FileUse[] {
    const found = new Map<string, FileUse>()
    const visit = (url: string, path: string) => {
      if (found.has(url)) return
      found.set(url, this.#file(url, path))
      for (const [next, nextPath] of this.#edges.get(url) ?? []) visit(next, nextPath)
    }
    for (const [url, root] of this.#edges.get(this.#importer) ?? []) {
      if (root === path && Number(new URL(url).searchParams.get(RELOAD) ?? 0) === reload) visit(url, path)
    }
    return [...found.values()]
  }

  /**
   * A module is about to be imported: its file is told before anything of it runs.
   * @returns the address by which it is to be imported
   */
  importing(device: string, url: URL): URL {
    const path = fileURLToPath(url)
    this.#modules.set(device, { path, reload: this.#reload })
    this.#tell(device, fileAt(path))
    const address = new URL(url)
    if (this.#reload > 0) address.searchParams.set(RELOAD, `${this.#reload}`)
    return address
  }

  /** What is imported from now on is read anew. */
  anew(): void {
    this.#reload++
    // CommonJS modules are kept by their paths.
    const { cache } = createRequire(this.#importer)
    for (const url of this.#digests.keys()) delete cache[withoutQuery(url)]
  }

  /** A module was imported, or could not be. */
  imported(device: string): void {
    for (let m = receiveMessageOnPort(this.#port); m !== undefined; m = receiveMessageOnPort(this.#port)) {
      this.#heard(m.message as HooksMessage)
    }
    const module = this.#modules.get(device)
    if (module === undefined) return
    for (const file of this.#files(module.path, module.reload)) this.#tell(device, file)
  }

  /** Ends it; what the hooks tell from now on is lost. */
  close(): void {
    this.#port.close()
  }
}
