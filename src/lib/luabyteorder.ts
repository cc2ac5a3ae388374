// luabyteorder.c: asm/byteorder.h for scripts. The host is little-endian, as the machines are that this runs on.
//
// A word wider than 53 significant bits is the nearest number (int64.ts).
import type { luaL_Reg } from '../lua/lauxlib.js'
import type { lua_CFunction } from '../lua/lua.js'
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
    const n = int64_check(L, 1)
    int64_push(L, swaps ? swap(bits, n) : BigInt.asUintN(bits, n))
    return 1
  }
}

/** A word of 16 bits, as a port, is the frequent one. */
const swapped = (name: string, bits: number): luaL_Reg => ({
  name,
  func: conversion(bits, true),
  ...(bits === 16 && { fast: 'swap16' }),
})

const luabyteorder_lib: luaL_Reg[] = [16, 32, 64].flatMap((bits) => [
  swapped(`hton${bits}`, bits),
  swapped(`ntoh${bits}`, bits),
  swapped(`htobe${bits}`, bits),
  { name: `htole${bits}`, func: conversion(bits, false) },
  swapped(`be${bits}toh`, bits),
  { name: `le${bits}toh`, func: conversion(bits, false) },
])

LUNATIK_NEWLIB('byteorder', luabyteorder_lib, null)
