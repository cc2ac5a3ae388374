// luasyscall.c, and syscall/table.lua: the addresses of system calls, which `probe` takes. They are no addresses of
// this machine's kernel: each stands for its call, and `lunatik inject syscall` makes it.
import { luaL_argcheck, luaL_checkinteger, type luaL_Reg } from '../lua/lauxlib.js'
import { lua_createtable, lua_pushlightuserdata, type lua_State, lua_setfield } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { lunatik_addopener } from '../lunatik/lunatik_openers.js'
import { syscall_numbers } from './linux/syscall.js'

/** What a light userdata of a system call points to. */
export class sys_call {
  readonly nr: number

  constructor(nr: number) {
    this.nr = nr
    Object.freeze(this)
  }
}

/** The system calls by name. */
export const syscallNumber: ReadonlyMap<string, number> = new Map(
  [...syscall_numbers.matchAll(/(\w+)=(\d+)/g)].map(([, name = '', nr]) => [name, Number(nr)]),
)

const NR_syscalls = Math.max(...syscallNumber.values()) + 1

/** sys_call_table. */
export const sys_call_table: readonly sys_call[] = Array.from({ length: NR_syscalls }, (_, nr) => new sys_call(nr))

/**
 * `syscall.address(number)`: the address of a system call, a light userdata.
 * @throws raises `out of bounds`
 */
function luasyscall_address(L: lua_State): number {
  const nr = Number(luaL_checkinteger(L, 1))
  luaL_argcheck(L, nr >= 0 && nr < NR_syscalls, 1, 'out of bounds')
  lua_pushlightuserdata(L, sys_call_table[nr])
  return 1
}

const luasyscall_lib: luaL_Reg[] = [{ name: 'address', func: luasyscall_address }]

LUNATIK_NEWLIB('syscall', luasyscall_lib, null)

lunatik_addopener('syscall.table', (L) => {
  lua_createtable(L, 0, syscallNumber.size)
  for (const [name, nr] of syscallNumber) {
    lua_pushlightuserdata(L, sys_call_table[nr])
    lua_setfield(L, -2, name)
  }
  return 1
})
