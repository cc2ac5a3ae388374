// ltablib.c's sort and lstrlib.c's gsub, where they call a function: as C's, but so that it may sleep there. Nothing of
// a call's state is on C's stack: it lies in the block of a userdata on the call's own part of Lua's stack, which a
// script can't change, and the continuation goes on with it. Its first word is 0, so that nobody takes it for one of
// the blocks in wasm-values.ts.
import {
  ADD,
  AND,
  BLOCK,
  BR_IF,
  br,
  call,
  constant,
  constant64,
  DIV_U,
  DROP,
  ELSE,
  END,
  EQ,
  EQZ,
  EXTEND64,
  GE_S,
  GE_U,
  GT_S64,
  GT_U,
  get,
  getGlobal,
  IF,
  IF_I32,
  i32,
  imports,
  LOOP,
  LT_S,
  LT_S64,
  LT_U,
  load,
  load8,
  MEMORY_COPY,
  MUL,
  NE,
  OR,
  REM_U,
  RETURN,
  SUB,
  set,
  store,
  store8,
  tee,
  type,
  UNREACHABLE,
  unsigned,
  WRAP64,
} from './wasm-assembler.js'

const names = ['compare', 'sort_go', 'sort_k', 'sort_start', 'append', 'captures', 'gsub_go', 'gsub_k', 'gsub_start']
/** A call of one of the functions here, which come first in the module. */
export const own = (name: string) => [0x10, ...unsigned(imports.length + names.indexOf(name))]

const lua = (name: string, ...args: readonly (readonly number[])[]) => [...get(L), ...args.flat(), ...call('lua', name)]
const [L, S] = [0, 1]
/** A word of the block, read and written. */
const word = (offset: number) => [...get(S), ...load(offset)]
const put = (offset: number, value: readonly number[]) => [...get(S), ...value, ...store(offset)]
const plus = (value: readonly number[], n: number) => [...value, ...constant(n), ...ADD]
const less = (value: readonly number[], other: readonly number[]) => [...value, ...other, ...SUB]
const count = (offset: number, n: number) => put(offset, plus(word(offset), n))
const drop = (n: number) => lua('lua_settop', constant(-n - 1))

/** Raises the message on the top of the stack. */
const raise = [...lua('lua_error'), ...DROP, ...UNREACHABLE]

// sort: the part that is to be sorted, the elements that are compared, and a stack of parts that are still to be
// sorted, each of three words; the larger part is always left for later, so that there are at most 32.
const [LO, UP, I, J, P, RND, LEFT, STATE, PARTS] = [4, 8, 12, 16, 20, 24, 28, 32, 36]
const partBytes = 12
const sortBytes = PARTS + 32 * partBytes
/** From so many elements on the pivot isn't the middle one, once a part was much smaller than the other. */
const RANLIMIT = 100

/** Whether the last comparison was true. */
const R = 2
const geti = (n: readonly number[]) => [...lua('lua_geti', constant(1), n, EXTEND64), ...DROP]
const seti = (n: readonly number[]) => lua('lua_seti', constant(1), n, EXTEND64)
/** Has the function compare two values of the stack, and goes on in another state. */
const compareThen = (state: number, a: number, b: number) => [
  ...put(STATE, constant(state)),
  ...[...get(L), ...get(S), ...constant(a), ...constant(b), ...own('compare'), ...set(R)],
]
const next = (state: number) => [...count(I, 1), ...geti(word(I)), ...compareThen(state, -1, -2)]
const before = (state: number) => [...count(J, -1), ...geti(word(J)), ...compareThen(state, -3, -1)]
const invalidOrder = [
  ...lua('luaL_where', constant(1)),
  ...[...lua('lua_pushstring', getGlobal('order')), ...DROP, ...lua('lua_concat', constant(2)), ...raise],
]
const size = less(word(UP), word(LO))
const isSorted = (again: (depth: number) => number[], distance: number) => [
  ...[...size, ...constant(distance), ...EQ, ...IF],
  ...[...put(LO, word(UP)), ...put(STATE, constant(0)), ...again(1), ...END],
]
const quarter = [...size, ...constant(4), ...DIV_U]

/** Leaves the part from `lo` to `up` for later, with a new random number where the other one, of n, is much smaller. */
const leave = (lo: readonly number[], up: readonly number[], n: readonly number[]) => {
  const part = [...get(S), ...word(LEFT), ...ADD]
  const random = plus([...word(RND), ...constant(1664525), ...MUL, ...word(I), ...ADD], 1013904223)
  return [
    ...[...part, ...lo, ...store(PARTS), ...part, ...up, ...store(PARTS + 4)],
    ...[...part, ...less(up, lo), ...constant(128), ...DIV_U, ...n, ...GT_U],
    ...[...IF_I32, ...random, ...ELSE, ...word(RND), ...END, ...store(PARTS + 8)],
    ...count(LEFT, partBytes),
  ]
}

/** What is done in each state of auxsort: nearly all are what comes after a comparison. `again` looks at the state. */
const sortStates: readonly ((again: (depth: number) => number[]) => number[])[] = [
  // The next part begins.
  (again) => [
    ...[...word(LO), ...word(UP), ...GE_S, ...IF],
    ...[...word(LEFT), ...EQZ, ...IF, ...constant(0), ...RETURN, ...END, ...count(LEFT, -partBytes)],
    ...[LO, UP, RND].flatMap((to, i) => put(to, [...get(S), ...word(LEFT), ...ADD, ...load(PARTS + 4 * i)])),
    ...[...again(1), ...END],
    ...[...geti(word(LO)), ...geti(word(UP)), ...compareThen(1, -1, -2), ...again(0)],
  ],
  // a[up] < a[lo]
  (again) => [
    ...[...get(R), ...IF, ...seti(word(LO)), ...seti(word(UP)), ...ELSE, ...drop(2), ...END],
    ...isSorted(again, 1),
    ...[...size, ...constant(RANLIMIT), ...LT_U, ...word(RND), ...EQZ, ...OR, ...IF],
    ...put(P, [...word(LO), ...word(UP), ...ADD, ...constant(2), ...DIV_U]),
    ...[...ELSE, ...put(P, [...word(RND), ...quarter, ...constant(2), ...MUL, ...REM_U, ...word(LO), ...ADD])],
    ...[...put(P, [...word(P), ...quarter, ...ADD]), ...END],
    ...[...geti(word(P)), ...geti(word(LO)), ...compareThen(2, -2, -1), ...again(0)],
  ],
  // a[p] < a[lo]
  (again) => [
    ...[...get(R), ...IF, ...seti(word(P)), ...seti(word(LO)), ...put(STATE, constant(4)), ...again(1), ...END],
    ...[...drop(1), ...geti(word(UP)), ...compareThen(3, -1, -2), ...again(0)],
  ],
  // a[up] < a[p]
  () => [...get(R), ...IF, ...seti(word(P)), ...seti(word(UP)), ...ELSE, ...drop(2), ...END],
  // The three are in order: the pivot goes to up - 1, and stays on the stack.
  (again) => [
    ...isSorted(again, 2),
    ...[...geti(word(P)), ...lua('lua_pushvalue', constant(-1)), ...geti(plus(word(UP), -1))],
    ...[...seti(word(P)), ...seti(plus(word(UP), -1)), ...put(I, word(LO)), ...put(J, plus(word(UP), -1))],
    ...[...next(5), ...again(0)],
  ],
  // a[i] < P
  (again) => [
    ...[...get(R), ...IF, ...word(I), ...plus(word(UP), -1), ...EQ, ...IF, ...invalidOrder, ...END],
    ...[...drop(1), ...next(5), ...ELSE, ...before(6), ...END, ...again(0)],
  ],
  // P < a[j]
  (again) => [
    ...[...get(R), ...IF, ...word(J), ...word(I), ...LT_U, ...IF, ...invalidOrder, ...END],
    ...[...drop(1), ...before(6), ...again(1), ...END],
    ...[...word(J), ...word(I), ...GE_U, ...IF, ...seti(word(I)), ...seti(word(J)), ...next(5), ...again(1), ...END],
    // The two have met: P comes between what is smaller and what is greater.
    ...[...drop(1), ...seti(plus(word(UP), -1)), ...seti(word(I)), ...put(STATE, constant(0))],
    ...[...less(word(I), word(LO)), ...less(word(UP), word(I)), ...LT_U, ...IF],
    ...leave(plus(word(I), 1), word(UP), less(word(I), word(LO))),
    ...[...put(UP, plus(word(I), -1)), ...ELSE],
    ...leave(word(LO), plus(word(I), -1), less(word(UP), word(I))),
    ...[...put(LO, plus(word(I), 1)), ...END, ...again(0)],
  ],
]

/** A loop that does what a state says, over and over. */
const machine = (states: typeof sortStates) => [
  ...[...LOOP, ...states.flatMap(() => BLOCK), ...word(STATE), 0x0e, ...unsigned(states.length - 1)],
  ...states.map((_, i) => i),
  ...states.flatMap((state, i) => [...END, ...state((depth) => br(states.length - 1 - i + depth))]),
  ...[...END, ...UNREACHABLE],
]

// gsub: where it is in the source, where what is not yet in the result begins, where the last match has ended, the
// pattern, the end of this match; then the result so far, in the block of another userdata, and a MatchState.
const [AT, FROM, LAST, PATTERN, MATCHED, COUNT, MOST, ANCHOR, CHANGED, USED, ROOM, RESULT, MS] = [
  4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56,
]
/** lstrlib.c's MatchState, and how deep a match may recurse. */
const [SRC_INIT, SRC_END, P_END, MS_L, MATCHDEPTH, LEVEL] = [MS, MS + 4, MS + 8, MS + 12, MS + 16, MS + 20]
const MAXCCALLS = 200
const gsubBytes = MS + 24 + 32 * 8
/** A short result is in the same block. The first bytes of a block of its own are not the result's. */
const shortBytes = 256
const resultStart = 8
const CARET = 0x5e

/** Whether the function has come back; else the first arguments of the functions below, and local variables. */
const AFTER = 2
const [FROM_ARG, N, BLOCK_ARG] = [2, 3, 4]
const matchState = plus(get(S), MS)
const append = (from: readonly number[], n: readonly number[]) => [
  ...[...get(L), ...get(S), ...from, ...n, ...own('append')],
]
const lengthOf = (idx: number) => [...lua('lua_rawlen', constant(idx)), ...WRAP64]
const text = (idx: number) => lua('lua_tolstring', constant(idx), constant(0))
const isNone = [...lua('lua_type', constant(4)), ...constant(1), ...LT_S]
const integer4 = lua('lua_tointegerx', constant(4), constant(0))

/** Takes what the function has returned for what was matched. */
const takeResult = [
  ...[...lua('lua_toboolean', constant(-1)), ...IF],
  ...[...lua('lua_isstring', constant(-1)), ...EQZ, ...IF, ...lua('luaL_where', constant(1))],
  ...[...lua('lua_pushstring', getGlobal('replacement')), ...DROP],
  ...[...lua('lua_pushstring', lua('lua_typename', lua('lua_type', constant(-3)))), ...DROP],
  ...[...lua('lua_pushstring', getGlobal('bracket')), ...DROP],
  ...[...lua('lua_concat', constant(4)), ...raise, ...END],
  ...append(word(FROM), less(word(AT), word(FROM))),
  ...append(text(-1), lengthOf(-1)),
  ...[...put(FROM, word(MATCHED)), ...put(CHANGED, constant(1)), ...END],
  ...[...drop(1), ...put(AT, word(MATCHED)), ...put(LAST, word(MATCHED))],
]

const i32s = (n: number) => Array.from({ length: n }, () => i32)

/** The functions, by what they are named in the module; they must come first in it. */
export const loopFunctions = {
  compare: {
    t: type(i32s(4), [i32]),
    locals: 0,
    body: [
      ...[...lua('lua_pushvalue', constant(2)), ...lua('lua_pushvalue', [...get(2), ...constant(1), ...SUB])],
      ...lua('lua_pushvalue', [...get(3), ...constant(2), ...SUB]),
      ...lua('lua_callk', constant(2), constant(1), get(S), getGlobal('sort')),
      ...[...lua('lua_toboolean', constant(-1)), ...drop(1)],
    ],
  },
  sort_go: { t: type(i32s(3), [i32]), locals: 0, body: machine(sortStates) },
  /** A continuation: the status is nothing to it, and its context is the block. */
  sort_k: {
    t: type(i32s(3), [i32]),
    locals: 0,
    body: [...get(L), ...get(2), ...lua('lua_toboolean', constant(-1)), ...drop(1), ...own('sort_go')],
  },
  sort_start: {
    t: type([i32], [i32]),
    locals: 1,
    body: [
      ...lua('lua_settop', constant(2)),
      ...[...lua('lua_newuserdatauv', constant(sortBytes), constant(0)), ...set(S)],
      ...[0, RND, LEFT, STATE].flatMap((offset) => put(offset, constant(0))),
      ...[...put(LO, constant(1)), ...put(UP, lengthOf(1)), ...get(L), ...get(S), ...constant(0), ...own('sort_go')],
    ],
  },
  append: {
    t: type(i32s(4), []),
    locals: 1,
    body: [
      ...[...word(USED), ...get(N), ...ADD, ...word(ROOM), ...GT_U, ...IF],
      // Twice as much as there was, and as much as the source has, is enough for a while.
      ...put(ROOM, [
        ...word(USED),
        ...constant(2),
        ...MUL,
        ...get(N),
        ...ADD,
        ...less(word(SRC_END), word(AT)),
        ...ADD,
      ]),
      ...lua('lua_newuserdatauv', plus(word(ROOM), resultStart), constant(0)),
      ...[...tee(BLOCK_ARG), ...constant(0), ...store(0)],
      ...[...plus(get(BLOCK_ARG), resultStart), ...word(RESULT), ...word(USED), ...MEMORY_COPY],
      ...put(RESULT, plus(get(BLOCK_ARG), resultStart)),
      ...[...lua('lua_copy', constant(-1), constant(6)), ...drop(1), ...END],
      ...[...word(RESULT), ...word(USED), ...ADD, ...get(FROM_ARG), ...get(N), ...MEMORY_COPY],
      ...put(USED, [...word(USED), ...get(N), ...ADD]),
    ],
  },
  /** Pushes the captures, and returns how many. */
  captures: {
    t: type(i32s(2), [i32]),
    locals: 2,
    body: [
      ...[...get(S), ...load8(LEVEL), ...tee(2), ...EQZ, ...IF, ...constant(1), ...set(2), ...END],
      ...[...lua('luaL_checkstack', get(2), getGlobal('tooMany'))],
      ...[...LOOP, ...matchState, ...get(3), ...word(AT), ...word(MATCHED), ...call('lua', 'push_onecapture')],
      ...[...plus(get(3), 1), ...tee(3), ...get(2), ...LT_U, ...BR_IF(0), ...END, ...get(2)],
    ],
  },
  gsub_go: {
    t: type(i32s(3), [i32]),
    locals: 1,
    body: [
      ...[...BLOCK, ...LOOP],
      ...[...get(AFTER), ...IF, ...takeResult, ...constant(0), ...set(AFTER), ...word(ANCHOR), ...BR_IF(2), ...END],
      ...[...word(COUNT), ...word(MOST), ...GE_U, ...BR_IF(1)],
      ...[...get(S), ...constant(0), ...store8(LEVEL), ...put(MATCHDEPTH, constant(MAXCCALLS))],
      ...[...matchState, ...word(AT), ...word(PATTERN), ...call('lua', 'match'), ...tee(3)],
      ...[...constant(0), ...NE, ...get(3), ...word(LAST), ...NE, ...AND, ...IF],
      ...[...count(COUNT, 1), ...put(MATCHED, get(3)), ...lua('lua_pushvalue', constant(3))],
      ...lua('lua_callk', [...get(L), ...get(S), ...own('captures')], constant(1), get(S), getGlobal('gsub')),
      ...[...constant(1), ...set(AFTER), ...br(1), ...END],
      // Nothing here: the next place.
      ...[...word(AT), ...word(SRC_END), ...GE_U, ...BR_IF(1), ...count(AT, 1)],
      ...[...word(ANCHOR), ...EQZ, ...BR_IF(0), ...END, ...END],
      ...[...word(CHANGED), ...IF, ...append(word(FROM), less(word(SRC_END), word(FROM)))],
      ...[...lua('lua_pushlstring', word(RESULT), word(USED)), ...DROP],
      ...[...ELSE, ...lua('lua_pushvalue', constant(1)), ...END],
      ...[...lua('lua_pushinteger', word(COUNT), EXTEND64), ...constant(2)],
    ],
  },
  gsub_k: {
    t: type(i32s(3), [i32]),
    locals: 0,
    body: [...get(L), ...get(2), ...constant(1), ...own('gsub_go')],
  },
  gsub_start: {
    t: type([i32], [i32]),
    locals: 1,
    body: [
      ...lua('lua_settop', constant(4)),
      ...[...lua('lua_newuserdatauv', constant(gsubBytes + shortBytes), constant(0)), ...set(S), ...lua('lua_pushnil')],
      ...[0, LAST, COUNT, CHANGED, USED].flatMap((offset) => put(offset, constant(0))),
      ...[...put(ROOM, constant(shortBytes)), ...put(RESULT, plus(get(S), gsubBytes))],
      ...[AT, FROM, SRC_INIT].flatMap((offset) => put(offset, text(1))),
      ...[...put(SRC_END, [...word(AT), ...lengthOf(1), ...ADD]), ...put(PATTERN, text(2)), ...put(MS_L, get(L))],
      ...put(P_END, [...word(PATTERN), ...lengthOf(2), ...ADD]),
      ...put(ANCHOR, [...word(PATTERN), ...load8(0), ...constant(CARET), ...EQ]),
      ...put(PATTERN, [...word(PATTERN), ...word(ANCHOR), ...ADD]),
      // At most one more than there are bytes.
      ...put(MOST, plus(lengthOf(1), 1)),
      ...[...isNone, ...EQZ, ...IF, ...integer4, ...constant64(0), ...LT_S64, ...IF, ...put(MOST, constant(0))],
      ...[...ELSE, ...integer4, ...word(MOST), ...EXTEND64, ...GT_S64, ...EQZ, ...IF],
      ...[...put(MOST, [...integer4, ...WRAP64]), ...END, ...END, ...END],
      ...[...get(L), ...get(S), ...constant(0), ...own('gsub_go')],
    ],
  },
}
