// Where the parts of C's lua_State and CallInfo are, in bytes: lstate.h as the compiler laid it out.

/** hasLayout and hasThreads in wasm-load.ts look whether they are there in a new state, but for CI_NRESULTS and CI_PREVIOUS. */
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
  /** lua_State: the last slot that is to be closed; the stack's beginning for none. */
  TBCLIST: 36,
  /** lua_State: the innermost protected call; 0 outside of all. */
  ERRORJMP: 48,
  /** lua_State: the call at the bottom of all, which lies in it. */
  BASE_CI: 52,
  /** lua_State: counts the calls of C. */
  NCCALLS: 96,
  /** CallInfo: the slot of its function. */
  CI_FUNC: 0,
  /** CallInfo: the end of its part of the stack. */
  CI_TOP: 4,
  /** CallInfo: the call that called it. */
  CI_PREVIOUS: 8,
  /** CallInfo: how many results are wanted, a short. */
  CI_NRESULTS: 32,
} as const
