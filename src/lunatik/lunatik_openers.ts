// The modules that LUNATIK_NEWLIB has defined, by the names that `require` takes: what the kernel finds as the symbol
// luaopen_<name>.
import type { lua_CFunction } from '../lua/lua.js'
import { pr_fmt } from '../printk.js'

const { pr_warn } = pr_fmt('lunatik')

const openers = new Map<string, lua_CFunction>()

/** Makes a module known under a name. The last definition counts; a kernel refuses to load the second. */
export function lunatik_addopener(name: string, open: lua_CFunction): void {
  if (openers.has(name))
    pr_warn(`LUNATIK_NEWLIB: there is a module or class '${name}' already: this one takes its place`)
  openers.set(name, open)
}

/** Has a module opened by another function: one whose table holds more than functions. */
export function lunatik_setopener(name: string, open: lua_CFunction): void {
  openers.set(name, open)
}

/** The function that opens a module, or undefined. */
export const lunatik_opener = (name: string) => openers.get(name)

/** The modules that there are now, by their names. */
export const lunatik_openers = (): ReadonlyMap<string, lua_CFunction> => new Map(openers)

/** Takes a module away, unless another is known under its name by now. */
export function lunatik_delopener(name: string, open: lua_CFunction): void {
  if (openers.get(name) === open) openers.delete(name)
}

/** The names of all modules that there are. */
export const lunatik_modules = (): string[] => [...openers.keys()]

const declared = new WeakSet<object>()

/** Notes that a module has this class. */
export function lunatik_declare(cls: object): void {
  declared.add(cls)
}

/** Whether a module has this class. */
export const lunatik_isdeclared = (cls: object) => declared.has(cls)
