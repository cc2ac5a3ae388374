// lualib.h: the standard libraries that Lunatik has, as the kernel has them. os is not among them; io is Lunatik's own,
// which keeps off mounts of lunatik.
import { engine } from './engine.js'

export const { luaopen_package, luaopen_utf8 } = engine

export { luaopen_base } from './lbaselib.js'
export { luaopen_coroutine } from './lcorolib.js'
export { luaopen_debug } from './ldblib.js'
export { luaopen_math } from './lmathlib.js'
export { luaopen_string } from './lstrlib.js'
export { luaopen_table } from './ltablib.js'
