// A script that is named by its file rather than by its name below a folder of scripts.
import { statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** Where a script lies, and its name there. */
export interface ScriptFile {
  readonly folder: string
  readonly name: string
}

/** The file that a path means: `.lua` at its end may be left out. */
export const scriptPath = (path: string) => resolve(path.replace(/(\.lua)?$/, '.lua'))

/**
 * The file of a script that is given as a path, `./mine/sensor.lua`, `../sensor` or an absolute one.
 * @returns null for a name, and where there is no such file
 */
export function scriptFile(script: string): ScriptFile | null {
  if (!/^\.{0,2}\//.test(script)) return null
  const path = scriptPath(script)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null
  return { folder: dirname(path), name: basename(path, '.lua') }
}

/** The name below a folder of scripts: `./thermo` is `thermo`. */
export const scriptName = (script: string) => script.replace(/^(\.\/+)+/, '').replace(/\.lua$/, '')
