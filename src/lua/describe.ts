// How an error of JavaScript's is told in Lua, by every engine.
import { fileURLToPath } from 'node:url'

/** Functions of JavaScript itself, of Node and of the engines' packages. */
const foreignFrame = /node_modules\/fengari|^\s*at new \w*Array\b|\(<anonymous>\)|[ (]node:|wasm:\/\//
const functionName = /^\s*at (?:async )?(?:Object\.|Module\.)?(?:get )?([\w$]+)/

/** Where the C API lies, compiled and as sources, as a stack names them. Bundled, all in this file's folder is ours. */
const ownFolders = (
  import.meta.url.endsWith('/build/src/lua/describe.js')
    ? ['./', '../lunatik/', '../../../src/lua/', '../../../src/lunatik/']
    : ['./']
).flatMap((folder) => {
  const { href } = new URL(folder, import.meta.url)
  return [href, fileURLToPath(href)]
})

/** Whether a mistake in it is its caller's: it is of the C API. */
const isOwn = (frame: string) => foreignFrame.test(frame) || ownFolders.some((folder) => frame.includes(folder))

const framesOf = (stack: string) => stack.split('\n').filter((line) => /^\s*at /.test(line))

/** The first frame outside of the C API, `l_read (/tmp/foo.mjs:5:3)`; the first of all where there is none. */
export function outsideFrame(stack: string): string {
  const frames = framesOf(stack)
  const frame = frames.find((frame) => !isOwn(frame)) ?? frames[0] ?? ''
  return frame.trim().replace(/^at /, '').replace('file://', '')
}

/**
 * Who has called the C API, by the stack of an error that was made in it.
 * @returns the API's function and the place of the call; null where the error was made elsewhere, or nobody's place is
 *   in the stack
 */
export function callerOf(stack: string): { readonly name: string; readonly place: string } | null {
  const frames = framesOf(stack)
  const outside = frames.findIndex((frame) => !isOwn(frame))
  if (outside < 1) return null
  const name = functionName.exec(frames[outside - 1] ?? '')?.[1] ?? 'the C API'
  return { name, place: (frames[outside] as string).trim().replace('file://', '') }
}

/** The message of an Error. What JavaScript itself refuses in the C API is its caller's mistake, who is named. */
function messageOf(e: Error): string {
  const message = String(e.message)
  const caller = e instanceof TypeError ? callerOf(String(e.stack)) : null
  return caller === null ? message : `${caller.name}: ${message}, ${caller.place}`
}

/** The message of what was thrown. Never throws, as some values do. */
export function describeError(e: unknown): string {
  try {
    if (e instanceof RangeError && e.message.startsWith('Maximum call stack')) return 'stack overflow'
    return e instanceof Error ? messageOf(e) : String(e)
  } catch {
    return 'a JavaScript value without a description'
  }
}

/** Whether `e` is of the class. A Proxy may throw where it is asked. */
export function isA<T>(e: unknown, cls: abstract new (...args: never[]) => T): e is T {
  try {
    return e instanceof cls
  } catch {
    return false
  }
}

/** What each use of a state says that has been closed. */
export const STOPPED = 'the runtime has been stopped'
