// The prompt's history: a file of the user's, one line an entry, the oldest first.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/** How many lines are kept. */
const linesMax = 1000

/** The history's file, by the XDG Base Directory Specification: a relative path in the environment counts nothing. */
function historyFile(): string {
  const { XDG_STATE_HOME: state = '' } = process.env
  return join(isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'lunatik', 'history')
}

/** The lines that were entered before, the oldest first; none where they can't be read. */
export function readHistory(): string[] {
  try {
    const lines = readFileSync(historyFile(), 'utf8').split('\n').filter(Boolean)
    if (lines.length <= 2 * linesMax) return lines.slice(-linesMax)
    writeFileSync(historyFile(), `${lines.slice(-linesMax).join('\n')}\n`, { mode: 0o600 })
    return lines.slice(-linesMax)
  } catch {
    return []
  }
}

/** Adds a line. One that can't be written is only forgotten. */
export function addHistory(line: string): void {
  if (line.trim() === '') return
  try {
    mkdirSync(dirname(historyFile()), { recursive: true, mode: 0o700 })
    appendFileSync(historyFile(), `${line}\n`, { mode: 0o600 })
  } catch {}
}
