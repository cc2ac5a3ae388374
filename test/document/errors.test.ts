import * as lunatik from 'lunatik'
import { EAGAIN, ENOENT, ENOMEM, type lua_State, lunatik_throw, lunatik_try, lunatik_tryret } from 'lunatik'
import t from 'tap'
import { raised, runtime } from './states.js'

/** Every errno that the package exports, by its name. */
const errnos = Object.entries(lunatik).filter(
  (entry): entry is [string, number] => /^E[A-Z0-9]/.test(entry[0]) && typeof entry[1] === 'number',
)

/** Two names of one number: Linux prefers the other one. */
const aliases = new Set(['EWOULDBLOCK', 'EDEADLOCK'])

t.test('"Pushes the POSIX error name for -ret (e.g., "ENOMEM") as a string and calls lua_error"', async (t) => {
  const r = runtime(t)
  t.ok(errnos.length > 130)
  for (const [name, number] of errnos) {
    if (/^EPOLL/.test(name)) continue
    const message = raised(r, (L) => lunatik_throw(L, -number))
    if (!aliases.has(name)) t.equal(message, name)
    else t.match(message, /^(EAGAIN|EDEADLK)$/)
  }
})

t.test('a number that is no errno is "unknown"', async (t) => {
  const r = runtime(t)
  for (const ret of [-4096, -41, -58]) {
    t.equal(
      raised(r, (L) => lunatik_throw(L, ret)),
      'unknown',
    )
  }
})

t.test('"Calls op(...). If the return value is negative, calls lunatik_throw"', async (t) => {
  const r = runtime(t)
  const calls: unknown[][] = []
  const op = (ret: number, text: string) => {
    calls.push([ret, text])
    return ret
  }
  for (const [ret, message] of [
    [0, null],
    [1, null],
    [-ENOENT, 'ENOENT'],
    [-EAGAIN, 'EAGAIN'],
  ] as const) {
    t.equal(
      raised(r, (L) => lunatik_try(L, op, ret, 'text')),
      message,
    )
    t.strictSame(calls.splice(0), [[ret, 'text']], 'called once, with its arguments')
  }
})

t.test('"Like lunatik_try, but stores the return value in ret before checking": it is the result', async (t) => {
  const r = runtime(t)
  const results: number[] = []
  const attempt = (L: lua_State, ret: number) => results.push(lunatik_tryret(L, (n: number) => n, ret))
  t.equal(
    raised(r, (L) => attempt(L, 7)),
    null,
  )
  t.equal(
    raised(r, (L) => attempt(L, 0)),
    null,
  )
  t.equal(
    raised(r, (L) => attempt(L, -ENOMEM)),
    'ENOMEM',
  )
  t.strictSame(results, [7, 0])
})
