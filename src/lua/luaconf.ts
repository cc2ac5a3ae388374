// luaconf.h, and what lua.h says of its version: Lua 5.4.7, as lunatik_conf.h has it. The language is the kernel's own.
import { engine } from './engine.js'

/** The version's first number. */
export const LUA_VERSION_MAJOR = '5'
/** The version's second number. */
export const LUA_VERSION_MINOR = '4'
/** The version's third number. */
export const LUA_VERSION_RELEASE = '7'
/** The version of the C API as a number. */
export const LUA_VERSION_NUM = 504
/** The same with the third number. */
export const LUA_VERSION_RELEASE_NUM = LUA_VERSION_NUM * 100 + 7
/** The version of the C API. A script's `_VERSION` is that of the language. */
export const LUA_VERSION = `Lua ${LUA_VERSION_MAJOR}.${LUA_VERSION_MINOR}`
/** Whose the C API is. */
export const LUA_COPYRIGHT = `${LUA_VERSION}.${LUA_VERSION_RELEASE}  Copyright (C) 1994-2024 Lua.org, PUC-Rio`
/** Who has made Lua. */
export const LUA_AUTHORS = 'R. Ierusalimschy, L. H. de Figueiredo, W. Celes'
/** How a binary chunk begins. */
export const LUA_SIGNATURE = '\x1bLua'

/** A lua_Number: an integer, as the kernel's Lua has no other numbers. */
export type lua_Number = number
/** A lua_Integer of 64 bits: a bigint beyond 2^53, where a number isn't exact. */
export type lua_Integer = number | bigint
/** A lua_Unsigned of 64 bits. */
export type lua_Unsigned = number | bigint
/** What a continuation is told: here it closes over that, so that there is nothing to pass. */
export type lua_KContext = unknown

/** The greatest lua_Integer. */
export const LUA_MAXINTEGER = 2n ** 63n - 1n
/** The least lua_Integer. */
export const LUA_MININTEGER = -(2n ** 63n)
/** The greatest lua_Unsigned. */
export const LUA_MAXUNSIGNED = 2n ** 64n - 1n
/**
 * The most values that a stack can be let have: a million with wasm, 200,000 with fengari. It has 200, as in the
 * kernel.
 */
export const LUAI_MAXSTACK: number = -1000 - engine.LUA_REGISTRYINDEX
/** How many bytes of a source short_src had room for in C, its final zero included. Here names of files are whole. */
export const LUA_IDSIZE = 60
/** What luaL_prepbuffer makes room for, in bytes. */
export const LUAL_BUFFERSIZE = 256
/** luaL_checkversion_'s sizes of an integer and a number: both 8 bytes. */
export const LUAL_NUMSIZES = 8 * 16 + 8

/** What is between the parts of a path. */
export const LUA_DIRSEP = '/'
/** What is between the templates of `package.path`. */
export const LUA_PATH_SEP = ';'
/** What a module's name takes the place of in a template. */
export const LUA_PATH_MARK = '?'
/** What is left out of a module's name before its luaopen_ function is looked for. */
export const LUA_IGMARK = '-'
/** The version as a part of paths. */
export const LUA_VDIR = `${LUA_VERSION_MAJOR}.${LUA_VERSION_MINOR}`
/** The version as the end of names in the environment. */
export const LUA_VERSUFFIX = `_${LUA_VERSION_MAJOR}_${LUA_VERSION_MINOR}`
