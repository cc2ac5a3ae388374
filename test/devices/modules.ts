// The modules of devices/, for the tests that every one of them must pass.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const devices = new URL('../../devices/', import.meta.url)

/** The package's own scripts: /lib/modules/lua. */
export const ownScripts = fileURLToPath(new URL('../../../lua/', import.meta.url))

/** The names that --device takes. */
export const moduleNames = readdirSync(devices)
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.slice(0, -'.js'.length))

/** What a module exports. */
export interface Module {
  init_module(): number | Promise<number>
  cleanup_module(): void
}

/** Imports a module of devices/ into this process. */
export const importModule = (name: string): Promise<Module> => import(new URL(`${name}.js`, devices).href)
