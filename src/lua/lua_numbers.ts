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

/** LUA_NUMTYPES by its older name. */
export const LUA_NUMTAGS = LUA_NUMTYPES

/** The registry's key of the main thread. */
export const LUA_RIDX_MAINTHREAD = 1
/** The registry's key of the table of globals. */
export const LUA_RIDX_GLOBALS = 2
/** The last of these keys. */
export const LUA_RIDX_LAST = LUA_RIDX_GLOBALS

/** How many values a C function may push without lua_checkstack. */
export const LUA_MINSTACK = 20

/** For lua_arith: addition. */
export const LUA_OPADD = 0
/** For lua_arith: subtraction. */
export const LUA_OPSUB = 1
/** For lua_arith: multiplication. */
export const LUA_OPMUL = 2
/** For lua_arith: the remainder of a division that rounds down. */
export const LUA_OPMOD = 3
/** For lua_arith: powers, which the kernel's Lua hasn't. */
export const LUA_OPPOW = 4
/** For lua_arith: division, which rounds down as there are integers only. */
export const LUA_OPDIV = 5
/** For lua_arith: division that rounds down. */
export const LUA_OPIDIV = 6
/** For lua_arith: bitwise and. */
export const LUA_OPBAND = 7
/** For lua_arith: bitwise or. */
export const LUA_OPBOR = 8
/** For lua_arith: bitwise exclusive or. */
export const LUA_OPBXOR = 9
/** For lua_arith: a shift to the left. */
export const LUA_OPSHL = 10
/** For lua_arith: a shift to the right, which fills up with zeros. */
export const LUA_OPSHR = 11
/** For lua_arith: the negative of one value. */
export const LUA_OPUNM = 12
/** For lua_arith: bitwise not of one value. */
export const LUA_OPBNOT = 13

/** For lua_compare: equal. */
export const LUA_OPEQ = 0
/** For lua_compare: less than. */
export const LUA_OPLT = 1
/** For lua_compare: less than or equal. */
export const LUA_OPLE = 2

/** A hook's event: a function is called. */
export const LUA_HOOKCALL = 0
/** A hook's event: a function returns. */
export const LUA_HOOKRET = 1
/** A hook's event: a new line of code. */
export const LUA_HOOKLINE = 2
/** A hook's event: so many instructions have run. */
export const LUA_HOOKCOUNT = 3
/** A hook's event: a function is called in the place of its caller. */
export const LUA_HOOKTAILCALL = 4

/** The hook's mask for calls. */
export const LUA_MASKCALL = 1 << LUA_HOOKCALL
/** The hook's mask for returns. */
export const LUA_MASKRET = 1 << LUA_HOOKRET
/** The hook's mask for lines. */
export const LUA_MASKLINE = 1 << LUA_HOOKLINE
/** The hook's mask for a count of instructions. */
export const LUA_MASKCOUNT = 1 << LUA_HOOKCOUNT

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
