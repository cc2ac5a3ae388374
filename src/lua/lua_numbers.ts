// lua.h: its constants.
import { engine } from './engine.js'

/** Asks for all results of a call. */
export const LUA_MULTRET = -1
/** The pseudo-index of the registry, the table that C functions keep values in. */
export const LUA_REGISTRYINDEX: number = engine.LUA_REGISTRYINDEX

/** A call's status: it went well. */
export const LUA_OK = 0
/** A coroutine's status: it waits to be resumed. */
export const LUA_YIELD = 1
/** A call's status: an error was raised. */
export const LUA_ERRRUN = 2
/** A chunk's status: it doesn't compile. */
export const LUA_ERRSYNTAX = 3
/** A call's status: the memory is used up. */
export const LUA_ERRMEM = 4
/** A call's status: the message handler has failed. */
export const LUA_ERRERR = 5

/** The type at an index that has no value. */
export const LUA_TNONE = -1
/** The type of nil. */
export const LUA_TNIL = 0
/** The type of true and false. */
export const LUA_TBOOLEAN = 1
/** The type of a value that C sees as a pointer, and Lua compares only. */
export const LUA_TLIGHTUSERDATA = 2
/** The type of numbers. */
export const LUA_TNUMBER = 3
/** The type of strings. */
export const LUA_TSTRING = 4
/** The type of tables. */
export const LUA_TTABLE = 5
/** The type of functions, Lua's and C's. */
export const LUA_TFUNCTION = 6
/** The type of full userdata. */
export const LUA_TUSERDATA = 7
/** The type of coroutines. */
export const LUA_TTHREAD = 8
/** How many types there are, LUA_TNONE left out. */
export const LUA_NUMTYPES = 9

/** How many values a C function may push without lua_checkstack. */
export const LUA_MINSTACK = 20

/** The hook's mask for a count of instructions. */
export const LUA_MASKCOUNT = 8

/** For lua_gc: stops the collector. */
export const LUA_GCSTOP = 0
/** For lua_gc: starts the collector again. */
export const LUA_GCRESTART = 1
/** For lua_gc: collects all garbage. */
export const LUA_GCCOLLECT = 2
/** For lua_gc: how much memory Lua uses, in KiB. */
export const LUA_GCCOUNT = 3
/** For lua_gc: the rest of LUA_GCCOUNT, in bytes. */
export const LUA_GCCOUNTB = 4
/** For lua_gc: a step of the collector. */
export const LUA_GCSTEP = 5
/** For lua_gc: sets the pause of the incremental mode. */
export const LUA_GCSETPAUSE = 6
/** For lua_gc: sets the step multiplier of the incremental mode. */
export const LUA_GCSETSTEPMUL = 7
/** For lua_gc: whether the collector runs. */
export const LUA_GCISRUNNING = 9
/** For lua_gc: the generational mode. */
export const LUA_GCGEN = 10
/** For lua_gc: the incremental mode. */
export const LUA_GCINC = 11
