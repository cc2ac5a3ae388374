// fengari's lstrlib.js, whose matcher counts its steps here: no hook reaches into one call of it, which may take for
// ever. The package's own text is compiled once more, with a call at the beginning of what does the work. Where such a
// place isn't found, as in another release, nothing is counted there.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'
import { type lualib, opaque, type State } from './fengari-load.js'
import { lua_tick } from './lua_ticks.js'

/** Where a step begins: at each try of a match, at each byte that is compared, and at each that `%b` passes. */
const places = [
  'const match = function(ms, s, p) {',
  'const singlematch = function(ms, s, p, ep) {',
  'while (++s < ms.src_end) {',
]

/** What string.char refuses a number with: the argument's number is missing there. */
const charError = 'luaL_argcheck(L, c >= 0 && c <= 255, "value out of range")'

/** How many steps pass between two looks at the clock. */
const stepsPerTick = 1 << 14
let left = stepsPerTick

function step(L: State): void {
  if (--left > 0) return
  left = stepsPerTick
  lua_tick(opaque(L))
}

function compile(): typeof lualib.luaopen_string {
  const filename = createRequire(import.meta.url).resolve('fengari/src/lstrlib.js')
  const text = places.reduce(
    (text, place) => text.replace(place, `${place} step(ms.L);`),
    readFileSync(filename, 'utf8').replace(charError, charError.replace('255,', '255, i,')),
  )
  const module = { exports: {} as { luaopen_string: typeof lualib.luaopen_string } }
  const run = compileFunction(text, ['exports', 'require', 'module', 'step'], { filename })
  run(module.exports, createRequire(filename), module, step)
  return module.exports.luaopen_string
}

/** fengari's luaopen_string. */
export const luaopen_string = compile()
