// asm-generic/ioctl.h: the numbers of commands, for drivers in Lua that have an ioctl, which a kernel's have not.
//
// A number is an integer of 32 bits with a sign, as fengari's integers are: so bit operations work on it everywhere.
import { luaL_argcheck, luaL_checkinteger, luaL_checklstring, type luaL_Reg } from '../../lua/lauxlib.js'
import { lua_pushinteger, lua_pushlstring, type lua_State } from '../../lua/lua.js'
import { lunatik_checkinteger } from '../../lunatik/lunatik_aux.js'
import { LUNATIK_NEWLIB } from '../../lunatik/lunatik_newlib.js'

const NONE = 0
const WRITE = 1
const READ = 2
const sizeMax = (1 << 14) - 1

/** A function that gives the command of a direction: `(type, nr [, size])`, type a string of one character. */
const command =
  (dir: number, sized: boolean) =>
  (L: lua_State): number => {
    const type = luaL_checklstring(L, 1)
    luaL_argcheck(L, type.length === 1, 1, 'one character expected')
    const nr = lunatik_checkinteger(L, 2, 0, 255)
    const size = sized ? lunatik_checkinteger(L, 3, 0, sizeMax) : 0
    lua_pushinteger(L, (dir << 30) | (size << 16) | ((type[0] as number) << 8) | nr)
    return 1
  }

/** A function that gives a part of a command's number, as C's macro of its name. */
const part =
  (shift: number, bits: number) =>
  (L: lua_State): number => {
    const cmd = Number(BigInt.asUintN(32, BigInt(luaL_checkinteger(L, 1))))
    lua_pushinteger(L, (cmd >>> shift) & ((1 << bits) - 1))
    return 1
  }

/** ioctl.TYPE(cmd): the character that `IO` and the others were given. */
function ioctl_type(L: lua_State): number {
  const cmd = Number(BigInt.asUintN(32, BigInt(luaL_checkinteger(L, 1))))
  lua_pushlstring(L, Uint8Array.of((cmd >>> 8) & 0xff))
  return 1
}

const ioctl_lib: luaL_Reg[] = [
  { name: 'IO', func: command(NONE, false) },
  { name: 'IOR', func: command(READ, true) },
  { name: 'IOW', func: command(WRITE, true) },
  { name: 'IOWR', func: command(READ | WRITE, true) },
  { name: 'DIR', func: part(30, 2) },
  { name: 'TYPE', func: ioctl_type },
  { name: 'NR', func: part(0, 8) },
  { name: 'SIZE', func: part(16, 14) },
]

LUNATIK_NEWLIB('linux.ioctl', ioctl_lib, null)
