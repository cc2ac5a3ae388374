// The folder of a mount that nobody has named.
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** The folder for who may make it. */
const SYSTEM_DIR = '/mnt/lunatik'

/** How help names it. */
export const DEFAULT_DIR_HELP = `${SYSTEM_DIR}; XDG_RUNTIME_DIR/lunatik for who may not write /mnt`

/** The folder: /mnt/lunatik; for who may not write there, `lunatik` in the folder that a log-in makes for its user. */
export function defaultDir(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_RUNTIME_DIR: runtime } = env
  if (!runtime?.startsWith('/')) return SYSTEM_DIR
  try {
    accessSync('/mnt', constants.W_OK)
    return SYSTEM_DIR
  } catch {
    return join(runtime, 'lunatik')
  }
}
