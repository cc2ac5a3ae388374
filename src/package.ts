// Where the package's files lie. The command and the exports are bundled into build/dist, as Node takes longer to find
// and to load three hundred small modules than all else takes that a server's start does; tests load build/src. A file
// has the same place in both.
import { fileURLToPath } from 'node:url'

/** The package's folder, with a slash at its end. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The address of a compiled module that is loaded by its address: what a thread or a process begins with.
 * @param path below src, `kernel/kernel_thread.js`; rolldown.config.js names each of them
 */
export const moduleUrl = (path: string): URL => new URL(path, import.meta.url)
