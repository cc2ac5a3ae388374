// "Did you mean": the nearest of the names that there are, for one that there isn't.
import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { UserError } from '../errors.js'
import { packageRoot } from '../package.js'

/** The candidate that is nearest to a word, where a slip of the fingers tells the two apart; null for none. */
function closest(word: string, candidates: Iterable<string>): string | null {
  // A third of the name may be wrong; the folder of a script's path tells nothing of that.
  let [nearest, least]: [string | null, number] = [null, Math.max(1, Math.floor((basename(word).length + 1) / 3)) + 1]
  for (const candidate of candidates) {
    const far = distance(word.toLowerCase(), candidate.toLowerCase())
    if (far >= least) continue
    nearest = candidate
    least = far
  }
  return nearest
}

/** What a message about a wrong word ends in: `: did you mean NAME?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const name = closest(word, candidates)
  return name === null ? '' : `: did you mean ${name}?`
}

/** The names of the files below folders that end so, without that; a folder that can't be read has none. */
const namesBelow = (folders: readonly string[], ext: string): string[] =>
  folders.flatMap((folder) => {
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(ext))
        .map((name) => name.slice(0, -ext.length))
    } catch {
      return []
    }
  })

/**
 * What to put behind the message of a script that there isn't, which the kernel gives: `cannot open FOLDER/NAME.lua`.
 * @param folders where scripts are looked for; by default the folder of the message, and the package's own
 */
export function scriptMeant(message: string, name: string, folders?: readonly string[]): string {
  const [, path] = /cannot open (.*)\.lua$/.exec(message) ?? []
  if (path === undefined) return ''
  const stem = name.replace(/\.lua$/, '')
  const folder = path.endsWith(`/${stem}`) ? path.slice(0, -stem.length) : dirname(path)
  return didYouMean(stem, namesBelow(folders ?? [folder, `${packageRoot}lua`], '.lua'))
}

/** The error of a server that has not started, with what was meant by the name of a script or a module. */
export function withSuggestion(e: unknown, folders: readonly string[]): unknown {
  if (!(e instanceof UserError)) return e
  const [, script] = /^--run (.*?): cannot open /.exec(e.message) ?? []
  const [, device] = /^unknown device '(.*?)': /.exec(e.message) ?? []
  const meant =
    script !== undefined
      ? scriptMeant(e.message, script, [...folders, `${packageRoot}lua`])
      : device !== undefined
        ? didYouMean(device, namesBelow([`${packageRoot}build/devices`], '.js'))
        : ''
  return meant === '' ? e : new UserError(e.message + meant, e.exitCode, { cause: e })
}
