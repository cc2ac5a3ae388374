// lualib.h: the standard libraries that the engine brings and that Lunatik has. io and os are not among them: the
// kernel has no os, and an engine's own io would block the process on its standard input; Lunatik's is liolib.ts.
import { engine } from './fengari.js'

export const {
  luaopen_base,
  luaopen_package,
  luaopen_table,
  luaopen_string,
  luaopen_utf8,
  luaopen_math,
  luaopen_debug,
} = engine

export { luaopen_coroutine } from './lcorolib.js'
