// luabyteorder.c: asm/byteorder.h for scripts. The host is little-endian, as the machines are that this runs on.
//
// A word wider than 53 significant bits is the nearest number (int64.ts).
import type { luaL_Reg } from '../lua/lauxlib.js'
import { type lua_CFunction, lua_pushinteger, lua_tointegerx } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { int64_check, int64_push } from './int64.js'

const word = Buffer.alloc(8)

/** A word of `bits` bits with its bytes in the reverse order. */
function swap(bits: number, n: bigint): bigint {
  word.writeBigUInt64LE(BigInt.asUintN(bits, n))
  return word.readBigUInt64BE() >> BigInt(64 - bits)
}

/** A conversion of words of `bits` bits. The argument's upper bits are dropped; 16 and 32 bits come out unsigned. */
function conversion(bits: number, swaps: boolean): lua_CFunction {
  return (L) => {
    // A word of 16 bits, as a port, is the frequent one.
    const small = bits === 16 ? lua_tointegerx(L, 1) : null
    if (typeof small === 'number') {
      lua_pushinteger(L, swaps ? ((small & 0xff) << 8) | ((small >> 8) & 0xff) : small & 0xffff)
      return 1
    }
    const n = int64_check(L, 1)
    int64_push(L, swaps ? swap(bits, n) : BigInt.asUintN(bits, n))
    return 1
  }
}

const luabyteorder_lib: luaL_Reg[] = [16, 32, 64].flatMap((bits) => [
  { name: `hton${bits}`, func: conversion(bits, true) },
  { name: `ntoh${bits}`, func: conversion(bits, true) },
  { name: `htobe${bits}`, func: conversion(bits, true) },
  { name: `htole${bits}`, func: conversion(bits, false) },
  { name: `be${bits}toh`, func: conversion(bits, true) },
  { name: `le${bits}toh`, func: conversion(bits, false) },
])

LUNATIK_NEWLIB('byteorder', luabyteorder_lib, null)
