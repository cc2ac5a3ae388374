// lua.h: what an engine provides. The names, arguments and results are the C API's (Lua 5.4 manual, section 4);
// each comment says only what differs from it. Everything that C writes through a pointer is a result here.
//
// An error raised in Lua is a JavaScript exception on its way to the protected call that catches it: a C function
// lets it pass. Outside every protected call it arrives at the caller as a LuaError, and lua_recover makes the state
// usable again.

/** The engines that there are, by the names that `--engine` takes; the first is the default. */
export const ENGINES = ['wasm', 'fengari'] as const
export type EngineName = (typeof ENGINES)[number]

/** What a function `lua_try...` gives whose own results are types or states, where it has done nothing. */
export const REFUSED = -2

declare const brand: unique symbol

/** A Lua state or one of its coroutines. Opaque: only the engine looks inside. */
export interface lua_State {
  readonly [brand]: 'lua_State'
}

/** A function that Lua can call: arguments on L's stack, returns the number of results that it pushed. */
export type lua_CFunction = (L: lua_State) => number

/**
 * What C's lua_KFunction is: called in the place of the C function that a yield has ended; its results are that
 * function's. Its context is what it closes over.
 * @param status LUA_YIELD, or an error's status after a protected call
 */
export type lua_KFunction = (L: lua_State, status: number) => number

/** Called by a hook; `ar` is valid during the call only. It may raise, it must not yield. */
export type lua_Hook = (L: lua_State, ar: lua_Debug) => void

/** Receives a warning: an error in a finalizer, as one line of text. */
export type lua_WarnFunction = (message: string) => void

/** A full userdata's block: where C keeps bytes, there is one JavaScript value. */
export interface lua_Udata {
  value: unknown
}

/**
 * Gives a chunk's next piece, bytes or text; null, or one that is empty, is its end. It may raise, it must not yield.
 */
export type lua_Reader = (L: lua_State) => Uint8Array | string | null

/** Gets a chunk's next piece. What it returns, if it isn't 0, ends the dump. */
export type lua_Writer = (L: lua_State, p: Uint8Array) => number

/**
 * C's struct: what lua_getstack makes, and lua_getinfo fills in. The letters are those that ask lua_getinfo for a
 * field.
 */
export class lua_Debug {
  /** In a hook, why it is called: one of the LUA_HOOK numbers. */
  event = 0
  /** n: a name for the function, or null. */
  name: string | null = null
  /** n: `"global"`, `"local"`, `"method"`, `"field"`, `"upvalue"` or `""`. */
  namewhat = ''
  /** S: `"Lua"`, `"C"` or `"main"`. */
  what = ''
  /** S: `@` and the path for a file's chunk. */
  source = ''
  /** S: the source's length, in bytes. */
  srclen = 0
  /** l, and in a line hook: the line being executed, or -1. */
  currentline = -1
  /** S: where the function's definition begins, or -1. */
  linedefined = -1
  /** S: where it ends, or -1. */
  lastlinedefined = -1
  /** u: how many upvalues the function has. */
  nups = 0
  /** u: how many parameters; 0 for a C function. */
  nparams = 0
  /** u: whether it takes more arguments; true for a C function. */
  isvararg = false
  /** t: whether the call is a tail call: its caller is unknown. */
  istailcall = false
  /** r: the index of the first value that is being passed, in a hook of calls and returns. */
  ftransfer = 0
  /** r: how many are. */
  ntransfer = 0
  /** S: the source as messages name it. */
  short_src = ''
  /** The engine's own record of the call; null before there is one. */
  i_ci: unknown = null
}

/** An error in Lua that no protected call caught; its message is the error object's, as lua_tostring gives it. */
export class LuaError extends Error {
  override readonly name = 'LuaError'
}

/** More elements no table has: a move of so many would take for ever. */
export const MOVE_MAX = 1 << 27

/**
 * Arguments with which a library's function can call nothing back, and works as the kernel's. `table`: the first is a
 * table without a metatable; `move`: and the fifth is none, or such a table, and the third less than {@link MOVE_MAX}
 * beyond the second; `sort`: and the second is none and the first element a number or string; `gsub`: the third is a
 * number, a string or such a table. For positions, which are no integers, or of at most 30 bits: `near` looks at the
 * second and the third, `byte` as well, and it is fast for one position; `init` at the third; `find`: and the first is
 * no long string. `ascii`: the first is a string of ASCII alone, `short`: any string, `concat` a table without a
 * metatable. Where it is long it isn't plain for these and for `sort`, so that somebody looks at the clock. An engine
 * may find none of `init`, `find` and `ascii`.
 */
export type PlainKind =
  | ('table' | 'concat' | 'move' | 'sort' | 'gsub')
  | ('near' | 'byte' | 'init' | 'find' | 'ascii' | 'short')

/**
 * What a function of a binding does where its arguments are as they should be, as an engine may do it by itself. The
 * first argument is a userdata with a window, the second an integer, a position in it: `u8` to `s64` push the integer
 * there, with the host's order of bytes; `string` as many bytes as the third says, which is an integer. `registered`
 * pushes the value that the window is on, where the second is none or nil. `swap16` pushes the lower two bytes of its
 * argument, an integer, the other way round.
 */
export type FastKind = ('u8' | 's8' | 'u16' | 's16' | 'u32' | 's32' | 's64') | ('string' | 'registered' | 'swap16')

/** Not in C: bytes, or a value, that an engine finds for a userdata by itself. */
export interface lua_Window {
  /** Where it is in the engine's memory. */
  readonly at: number
}

/** The functions of one engine. Names given as strings are encoded as UTF-8. */
export interface LuaEngine {
  readonly name: EngineName
  /** For example `"fengari 0.1.5 (Lua 5.3)"`. */
  readonly release: string
  /** lua.h's LUA_VERSION_NUM: which Lua its own compiler reads. */
  readonly version: 503 | 504
  /** How wide an integer is. What is wider travels as a float on an engine of 32, exact to 2^53. */
  readonly integerBits: 32 | 64
  /** Whether the classes of patterns are Latin-1's, as the kernel's, and not those of the C locale. */
  readonly latin1: boolean
  readonly LUA_REGISTRYINDEX: number
  /** The pseudo-index of the running C function's `i`-th upvalue, from 1. */
  lua_upvalueindex(i: number): number

  /** @returns a new state, or null when memory runs out */
  lua_newstate(): lua_State | null
  /**
   * Calls `__gc` of each value that has one, in the reverse order in which they got their metatables, then frees the
   * state: L must not be used any more.
   */
  lua_close(L: lua_State): void
  /**
   * Not in C: for a state whose calls are still on the stack. From now on each use of it raises, also in the calls that
   * run, and Lua ends with its next instruction. lua_close frees it, once they are over.
   */
  lua_kill(L: lua_State): void
  /** What receives the warnings of a state; null for nothing. */
  lua_setwarnf(L: lua_State, f: lua_WarnFunction | null): void
  /** C's pointer to a block is a cell here, shared by a state and all of its coroutines. */
  lua_getextraspace(L: lua_State): lua_Udata
  /**
   * Not in C: drops the calls that an uncaught error left behind and all above index `top`. After such an error what
   * lies below may be nil: C Lua clears the stack.
   * @returns whether there were such calls
   */
  lua_recover(L: lua_State, top: number): boolean
  /**
   * Not in C: whether the engine has a collector and an allocator of its own; else JavaScript's serve, at their own
   * times.
   */
  readonly collects: boolean
  /** Not in C: the bytes that Lua uses in this state, of those that lua_setlimit allows; 0 where that is unknown. */
  lua_used(L: lua_State): number
  /** Not in C: how many values a stack may have from now on, in all states. */
  lua_setmaxstack(slots: number): void
  /** Not in C: how many bytes Lua may use in this state. An engine without an allocator of its own does nothing. */
  lua_setlimit(L: lua_State, bytes: number): void
  /**
   * Not in C: how many bytes all states may use together below protected calls, of what takes as long as memory lasts.
   * Beyond, states that use less than 1 MiB may use three quarters of `reserve`, in bytes, and one that
   * {@link lua_setreserved} was called for all there is. An engine without an allocator of its own does nothing.
   */
  lua_setpool(bytes: number, reserve: number): void
  /** Not in C: has L's state use the reserve as it needs it. */
  lua_setreserved(L: lua_State): void
  /** Not in C: the bytes that all states use, with what the allocator adds; 0 where that is unknown. */
  lua_total(): number
  /**
   * Not in C: memory from which lua_pushlstring copies fastest, for as long as the process lives; no state's, so it
   * counts against none. Null where the engine has none that stays where it is.
   */
  lua_newbuffer(size: number): Uint8Array | null
  /** Not in C: a window on nothing yet. Null where the engine has none. */
  lua_newwindow(): lua_Window | null
  /** A window is not used any more: it was taken from the userdata that had it. */
  lua_freewindow(window: lua_Window): void
  /**
   * Has a window be one on `length` bytes from `begin` of memory: of lua_newbuffer's, else on nothing, so that all is
   * slow.
   */
  lua_lookat(window: lua_Window, bytes: Uint8Array, begin: number, length: number): void
  /** Has a window be one on the userdata that the registry has at a key of lua_rawsetp, and open. */
  lua_lookup(L: lua_State, window: lua_Window, key: unknown): void
  /** Opens such a window, or shuts it: one on nothing. */
  lua_openwindow(window: lua_Window, isOpen: boolean): void
  /** Gives the userdata at `idx`, of lua_newuserdatauv, a window, or takes it away. */
  lua_setwindow(L: lua_State, idx: number, window: lua_Window | null): void
  /** Pushes a function which the engine may do without calling it, where that gives the same. */
  lua_pushfast(L: lua_State, fn: lua_CFunction, kind: FastKind): void
  /**
   * C's operations by lua.h's numbers. An engine without a collector of its own returns 0, and 1 for LUA_GCISRUNNING.
   * LUA_GCGEN and LUA_GCINC return the number of the mode before.
   */
  lua_gc(L: lua_State, what: number, ...args: number[]): number

  // Not in C: what every callback calls, done at once unless a check of border.ts might refuse it. An engine may refuse
  // what is right: then nothing was done, and the function of the same name without `try` is called.
  /** Of 32 bits. */
  lua_trypushinteger(L: lua_State, n: number): boolean
  /** REFUSED for nothing done. */
  lua_trygetglobal(L: lua_State, name: string): number
  /** REFUSED for nothing done. */
  lua_trytype(L: lua_State, idx: number): number
  /** Undefined for nothing done. */
  lua_trytolstring(L: lua_State, idx: number): Uint8Array | null | undefined
  /** Undefined for nothing done. */
  lua_trytointegerx(L: lua_State, idx: number): number | bigint | null | undefined
  /** As lua_trytointegerx; `def` for nil. */
  lua_tryoptinteger<T>(L: lua_State, idx: number, def: T): number | T | undefined
  lua_trysettop(L: lua_State, idx: number): boolean
  /** REFUSED for nothing done. */
  lua_trypcall(L: lua_State, nargs: number, nresults: number): number

  lua_absindex(L: lua_State, idx: number): number
  lua_gettop(L: lua_State): number
  /** Not in C: how many more values fit on the stack; negative where there are too many already. */
  lua_room(L: lua_State): number
  /** Not in C: whether a call runs in any thread of L's state, those that have yielded aside. */
  lua_isrunning(L: lua_State): boolean
  /** Not in C: whether L runs nothing. */
  lua_isidle(L: lua_State): boolean
  lua_settop(L: lua_State, idx: number): void
  lua_pushvalue(L: lua_State, idx: number): void
  lua_rotate(L: lua_State, idx: number, n: number): void
  lua_copy(L: lua_State, fromidx: number, toidx: number): void
  lua_checkstack(L: lua_State, n: number): boolean
  lua_xmove(from: lua_State, to: lua_State, n: number): void

  lua_type(L: lua_State, idx: number): number
  lua_isinteger(L: lua_State, idx: number): boolean
  lua_isnumber(L: lua_State, idx: number): boolean
  lua_isstring(L: lua_State, idx: number): boolean
  lua_iscfunction(L: lua_State, idx: number): boolean
  lua_rawequal(L: lua_State, idx1: number, idx2: number): boolean
  lua_rawlen(L: lua_State, idx: number): number
  lua_toboolean(L: lua_State, idx: number): boolean
  /** @returns the integer, a bigint where a number would not be exact, or null for what is no integer */
  lua_tointegerx(L: lua_State, idx: number): number | bigint | null
  /** @returns the number, or null for what is no number */
  lua_tonumberx(L: lua_State, idx: number): number | null
  /**
   * @returns the string's bytes, to be read only, and only until Lua makes or runs something: what makes room may take
   *   the bytes to another place. Null for what is no string or number.
   */
  lua_tolstring(L: lua_State, idx: number): Uint8Array | null
  /**
   * @returns the C function at `idx`, or null. Called by the C function that runs, it takes its place: it finds its
   *   arguments, and pushes its results
   */
  lua_tocfunction(L: lua_State, idx: number): lua_CFunction | null
  /** @returns a full userdata's cell, a light userdata's value, or null */
  /**
   * The function of JavaScript that lua_pushcclosure or lua_pushplain was given for the value at `idx`; null for none.
   */
  lua_ownfunction(L: lua_State, idx: number): lua_CFunction | null
  lua_touserdata(L: lua_State, idx: number): unknown
  lua_topointer(L: lua_State, idx: number): unknown

  lua_pushnil(L: lua_State): void
  lua_pushboolean(L: lua_State, b: boolean): void
  /** Raises `integer overflow` for what the engine can't hold exactly (fengari: beyond 2^53). */
  lua_pushinteger(L: lua_State, n: number | bigint): void
  lua_pushnumber(L: lua_State, n: number): void
  /** Copies the bytes. */
  lua_pushlstring(L: lua_State, s: Uint8Array): void
  lua_pushstring(L: lua_State, s: string): void
  lua_pushcclosure(L: lua_State, fn: lua_CFunction, n: number): void
  /** Pushes a function that is `original`, one of the engine's own, where the arguments are `plain`, else `fn`. */
  lua_pushplain(L: lua_State, fn: lua_CFunction, original: lua_CFunction, plain: PlainKind): void
  /** Any JavaScript value serves as a pointer; equal only to itself. */
  lua_pushlightuserdata(L: lua_State, p: unknown): void
  /** @returns whether L is the main thread of its state */
  lua_pushthread(L: lua_State): boolean

  lua_createtable(L: lua_State, narr: number, nrec: number): void
  /** The block is a cell, whose value is undefined at first. */
  lua_newuserdatauv(L: lua_State, nuvalue: number): lua_Udata
  lua_getglobal(L: lua_State, name: string): number
  lua_setglobal(L: lua_State, name: string): void
  lua_gettable(L: lua_State, idx: number): number
  lua_settable(L: lua_State, idx: number): void
  lua_getfield(L: lua_State, idx: number, k: string): number
  lua_setfield(L: lua_State, idx: number, k: string): void
  lua_rawget(L: lua_State, idx: number): number
  lua_rawset(L: lua_State, idx: number): void
  lua_rawgeti(L: lua_State, idx: number, n: number): number
  lua_rawseti(L: lua_State, idx: number, n: number): void
  lua_rawgetp(L: lua_State, idx: number, p: unknown): number
  lua_rawsetp(L: lua_State, idx: number, p: unknown): void
  lua_getmetatable(L: lua_State, idx: number): boolean
  lua_setmetatable(L: lua_State, idx: number): void
  lua_next(L: lua_State, idx: number): boolean
  /** Pushes the `n`-th upvalue of the function at `funcindex`. Returns its name; null, pushing nothing, for none. */
  lua_getupvalue(L: lua_State, funcindex: number, n: number): string | null
  /**
   * Pops a value into the `n`-th upvalue of the function at `funcindex`. Returns its name; null, popping nothing, for
   * none.
   */
  lua_setupvalue(L: lua_State, funcindex: number, n: number): string | null
  /** What is the same for closures that share an upvalue; null for none. */
  lua_upvalueid(L: lua_State, funcindex: number, n: number): unknown
  lua_upvaluejoin(L: lua_State, fidx1: number, n1: number, fidx2: number, n2: number): void
  lua_getiuservalue(L: lua_State, idx: number, n: number): number
  lua_setiuservalue(L: lua_State, idx: number, n: number): boolean
  /** On an engine of 32 bits raises for a key beyond 2^53. */
  lua_geti(L: lua_State, idx: number, n: number | bigint): number
  lua_seti(L: lua_State, idx: number, n: number | bigint): void
  lua_arith(L: lua_State, op: number): void
  lua_compare(L: lua_State, idx1: number, idx2: number, op: number): boolean
  lua_len(L: lua_State, idx: number): void
  lua_concat(L: lua_State, n: number): void

  lua_call(L: lua_State, nargs: number, nresults: number): void
  /** Like lua_call, with `k` for what comes after it, where the called function yields. */
  lua_callk(L: lua_State, nargs: number, nresults: number, k: lua_KFunction): void
  /** Like lua_pcall, with `k` for what comes after it, where the called function yields. */
  lua_pcallk(L: lua_State, nargs: number, nresults: number, msgh: number, k: lua_KFunction): number
  /** An error object that is nil becomes `<no error object>`, as in Lua 5.5. A JavaScript error becomes its message. */
  lua_pcall(L: lua_State, nargs: number, nresults: number, msgh: number): number
  /** Raises the value on the top of the stack; a nil becomes `<no error object>`. */
  lua_error(L: lua_State): never
  /** Raises as lua_error, but asks no message handler. */
  lua_throw(L: lua_State): never
  /** Loads one chunk of `bytes`; `chunkname` and `mode` are C's. */
  luaL_loadbufferx(L: lua_State, bytes: Uint8Array, chunkname: string, mode: string | null): number
  /** Loads the chunk that `read` gives, which is called once, and may raise or throw: that is the load's error. */
  lua_load(L: lua_State, read: () => Uint8Array, chunkname: string, mode: string | null): number
  /** The function on the top of the stack as a binary chunk; null for none of Lua's. */
  lua_dump(L: lua_State, strip: boolean): Uint8Array | null
  lua_toclose(L: lua_State, idx: number): void
  /** Not in C: whether all that is to be closed is below `idx`. */
  lua_maytoclose(L: lua_State, idx: number): boolean
  /** Not in C: whether what is at `idx` is the last value to be closed, and the running function's. */
  lua_istoclose(L: lua_State, idx: number): boolean
  lua_closeslot(L: lua_State, idx: number): void
  /** Pieces with `tocont` are put together. */
  lua_warning(L: lua_State, msg: string, tocont: boolean): void
  /** `panicf` is called before an error that nobody has caught arrives as a LuaError. Returns the one before. */
  lua_atpanic(L: lua_State, panicf: lua_CFunction | null): lua_CFunction | null
  /** Pushes a new coroutine of L's state. It lives as long as Lua refers to it. */
  lua_newthread(L: lua_State): lua_State
  lua_tothread(L: lua_State, idx: number): lua_State | null
  lua_status(L: lua_State): number
  lua_isyieldable(L: lua_State): boolean
  /** Whether lua_yieldk may be called after {@link lua_leave}: all that can't be left are calls of message handlers. */
  lua_mayleave(L: lua_State): boolean
  /**
   * Makes L yieldable where {@link lua_mayleave} holds. It has to yield then: what the handler returns, later, becomes
   * the error object of the protected call that it is the handler of.
   */
  lua_leave(L: lua_State): void
  /** Whether L may run below a function of the engine's own that calls functions and may be left; never says no to one. */
  lua_inloop(L: lua_State): boolean
  /**
   * Pushes onto L the value of a coroutine that is to be closed next, which isn't to be closed any more then. False,
   * and nothing pushed, where there is none, or an engine closes them in lua_closethread alone.
   */
  lua_takeclose(L: lua_State, co: lua_State): boolean
  /** Whether {@link lua_takeclose} has a value. */
  lua_hasclose(co: lua_State): boolean
  /**
   * Ends a coroutine that doesn't run: its calls are dropped, and its pending to-be-closed variables are closed where
   * the engine has such. Afterwards it is as a new one.
   * @param from the coroutine that closes it, or null
   * @returns LUA_OK; or the status of the error that had ended L, or of one of a closing method, with the error object
   *   alone on L's stack
   */
  lua_closethread(L: lua_State, from: lua_State | null): number
  /**
   * @returns the status; all of L's stack are results then (C's `nresults`), or the error object is on its top, named
   *   as
   *   by lua_pcall
   */
  lua_resume(L: lua_State, from: lua_State | null, nargs: number): number
  /** C's lua_yield in a hook, which has to return at once then: what runs in L is left until it is resumed. */
  lua_yieldhook(L: lua_State): void
  /** Never returns: an exception passes to lua_resume. */
  lua_yieldk(L: lua_State, nresults: number, k: lua_KFunction | null): never

  /**
   * A null hook, or a mask of 0, takes the hook away. Coroutines inherit it when they are made.
   * @param count how many instructions; an engine may count only those at which a loop or a call can't but come by
   */
  lua_sethook(L: lua_State, hook: lua_Hook | null, mask: number, count: number): void
  lua_gethook(L: lua_State): lua_Hook | null
  lua_gethookmask(L: lua_State): number
  lua_gethookcount(L: lua_State): number
  /** @returns the call at `level`, to be given to lua_getinfo, or null beyond the deepest */
  lua_getstack(L: lua_State, level: number): lua_Debug | null
  /** Not in C: whether the call of `ar` goes on in L. */
  lua_iscalling(L: lua_State, ar: lua_Debug): boolean
  /** Fills in `ar`; `what` is C's. Without `>` the call of `ar` must go on. */
  lua_getinfo(L: lua_State, what: string, ar: lua_Debug): void
  /** Pushes a local variable of a call that goes on and returns its name; null, pushing nothing, for none. */
  lua_getlocal(L: lua_State, ar: lua_Debug | null, n: number): string | null
  /** Pops a value into a local variable of a call that goes on. Returns its name; null, popping nothing, for none. */
  lua_setlocal(L: lua_State, ar: lua_Debug, n: number): string | null

  readonly luaopen_base: lua_CFunction
  readonly luaopen_package: lua_CFunction
  readonly luaopen_table: lua_CFunction
  readonly luaopen_string: lua_CFunction
  readonly luaopen_utf8: lua_CFunction
  readonly luaopen_math: lua_CFunction
  readonly luaopen_debug: lua_CFunction
}
