// Where the parts of C's lua_State and CallInfo are, in bytes: lstate.h as the compiler laid it out.

/**
 * hasLayout and hasThreads in wasm-load.ts, and hasBlocks in wasm-slots.ts, look whether they are there in a new state,
 * but for CI_NRESULTS and CI_PREVIOUS.
 */
export const LAYOUT = {
  /** What a thread takes, in bytes: its extra space, which is before the lua_State, and that. */
  THREAD_BYTES: 120,
  /** lua_State: the status of a coroutine, a byte. */
  STATUS: 6,
  /** lua_State: whether hooks are called, a byte. */
  ALLOWHOOK: 7,
  /** lua_State: the first free slot of the stack. */
  TOP: 12,
  /** lua_State: what all threads of a state share. */
  G: 16,
  /** lua_State: the call that runs. */
  CI: 20,
  /** lua_State: the first slot of the stack. */
  STACK: 28,
  /** lua_State: the last slot that is to be closed; the stack's beginning for none. */
  TBCLIST: 36,
  /** lua_State: the innermost protected call; 0 outside of all. */
  ERRORJMP: 48,
  /** lua_State: the call at the bottom of all, which lies in it. */
  BASE_CI: 52,
  /** lua_State: the message handler, in bytes from the first slot; 0 for none. */
  ERRFUNC: 92,
  /** lua_State: counts the calls of C, in the lower half; in the upper half those that can't be left by a yield. */
  NCCALLS: 96,
  /**
   * lua_State: the hook; and how many instructions there are between two calls of it, how many are left, and when it is
   * called.
   */
  HOOK: 88,
  BASEHOOKCOUNT: 104,
  HOOKCOUNT: 108,
  HOOKMASK: 112,
  /** A slot of the stack: its value's type, a byte. */
  SLOT_TYPE: 8,
  /** What a slot with a table has there. */
  TABLE_TYPE: 0x45,
  /** TString: its length, of a short one a byte, and of a long one; and where its bytes begin. */
  SHORT_LENGTH: 7,
  LONG_LENGTH: 12,
  CONTENTS: 16,
  /** Table: its metatable; 0 for none. */
  TABLE_METATABLE: 24,
  /** Udata: how many user values it has, a short, and where they begin; behind them is its block. */
  USERDATA_VALUES: 6,
  USERDATA_FIRST: 24,
  /** Closure of C: its upvalues, slots. */
  UPVALUES: 16,
  /** CallInfo: the slot of its function. */
  CI_FUNC: 0,
  /** CallInfo: the end of its part of the stack. */
  CI_TOP: 4,
  /** CallInfo: the call that called it. */
  CI_PREVIOUS: 8,
  /** CallInfo: of a C function, its continuation. */
  CI_K: 16,
  /** CallInfo: flags, a short. */
  CI_CALLSTATUS: 34,
  /** CallInfo: how many results are wanted, a short. */
  CI_NRESULTS: 32,
} as const

/**
 * What a userdata's number stands for: the first word of its block. The second is the number; the third tells a cell
 * from an older one of that number, and of what gives a number back whether Lua has collected it once already; the
 * fourth is a cell's window (wasm-windows.ts), 0 for none.
 */
export const FUNCTION = 0x6c46_0001
export const CELL = 0x6c46_0002
export const CELL_END = 0x6c46_0003
export const CELL_WINDOW = 12
export const handleBytes = 16

/** lua.h's, where LUAI_MAXSTACK is a million. */
export const LUA_REGISTRYINDEX = -1_001_000

/** lua.h's: the mask of a hook that is called after so many instructions. */
export const LUA_MASKCOUNT = 1 << 3
