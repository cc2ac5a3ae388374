// The modules that LUNATIK_NEWLIB has defined, by the names that `require` takes: what the kernel finds as the symbol
// luaopen_<name>.
import type { lua_CFunction } from '../lua/lua.js'

const openers = new Map<string, lua_CFunction>()

/** Makes a module known under a name; the last definition counts. */
export function lunatik_addopener(name: string, open: lua_CFunction): void {
  openers.set(name, open)
}

/** The function that opens a module, or undefined. */
export const lunatik_opener = (name: string) => openers.get(name)
