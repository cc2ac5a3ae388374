// ltablib.c, the kernel's: Lua 5.5's `create` as well. A table without a metatable is the engine's own functions';
// below those here, which have the same results and errors, a metamethod or a comparison may sleep.
import { MOVE_MAX } from './api.js'
import { engine } from './engine.js'
import {
  luaL_argcheck,
  luaL_checkinteger,
  luaL_checktype,
  luaL_error,
  luaL_getmetafield,
  luaL_optinteger,
  luaL_optlstring,
} from './lauxlib.js'
import {
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_absindex,
  type lua_CFunction,
  lua_checkstack,
  lua_createtable,
  lua_error,
  lua_getmetatable,
  lua_gettop,
  lua_isnoneornil,
  lua_isstring,
  lua_pop,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_rawgeti,
  type lua_State,
  lua_settop,
  lua_toboolean,
  lua_tolstring,
  lua_type,
} from './lua.js'
import { stepEqual, stepGeti, stepLen, stepLessthan, stepSeti } from './lua_metamethods.js'
import { type Steps, stepCall, stepwise, unyieldable } from './lua_steps.js'
import { Ticks, tickAfter } from './lua_ticks.js'
import { LUA_MAXINTEGER } from './luaconf.js'
import { override, overridePlain, overrideUnlessPlain } from './override.js'

/** Slots that a table may be made with. More memory than for these no runtime has. */
const slotsMax = 1 << 27

/** limits.h's. */
const INT_MAX = 0x7fff_ffff

/** `table.create(n [, m])`: an empty table, with room for n elements and m other entries. */
function tcreate(L: lua_State): number {
  const sizes = [Number(luaL_checkinteger(L, 1)), Number(luaL_optinteger(L, 2, 0))]
  for (const [i, size] of sizes.entries()) {
    luaL_argcheck(L, size >= 0 && size <= INT_MAX, i + 1, 'out of range')
    if (size > slotsMax) {
      lua_pushstring(L, 'not enough memory')
      return lua_error(L)
    }
  }
  lua_createtable(L, sizes[0] as number, sizes[1] as number)
  return 1
}

const reads = '__index'
const writes = '__newindex'
const counts = '__len'

/** Refuses what is no table and hasn't these metamethods either. */
function checktab(L: lua_State, arg: number, ...events: readonly string[]): void {
  if (lua_type(L, arg) === LUA_TTABLE) return
  const top = lua_gettop(L)
  const has = events.every((event) => luaL_getmetafield(L, arg, event) !== LUA_TNIL)
  lua_settop(L, top)
  if (!has) luaL_checktype(L, arg, LUA_TTABLE)
}

const integer = (L: lua_State, arg: number): bigint => BigInt(luaL_checkinteger(L, arg))
const optinteger = (L: lua_State, arg: number, def: bigint): bigint => (lua_isnoneornil(L, arg) ? def : integer(L, arg))
const wraps = (n: bigint): bigint => BigInt.asIntN(64, n)
const unsigned = (n: bigint): bigint => BigInt.asUintN(64, n)

function* tinsert(L: lua_State): Steps {
  checktab(L, 1, reads, writes, counts)
  const ticks = new Ticks()
  const end = wraps(BigInt(yield* stepLen(L, 1)) + 1n)
  let pos = end
  switch (lua_gettop(L)) {
    case 2:
      break
    case 3:
      pos = integer(L, 2)
      luaL_argcheck(L, unsigned(pos - 1n) < unsigned(end), 2, 'position out of bounds')
      for (let i = end; i > pos; i--) {
        ticks.step(L)
        yield* stepGeti(L, 1, i - 1n)
        yield* stepSeti(L, 1, i)
      }
      break
    default:
      return luaL_error(L, "wrong number of arguments to 'insert'")
  }
  yield* stepSeti(L, 1, pos)
  return 0
}

function* tremove(L: lua_State): Steps {
  checktab(L, 1, reads, writes, counts)
  const ticks = new Ticks()
  const size = BigInt(yield* stepLen(L, 1))
  let pos = optinteger(L, 2, size)
  if (pos !== size) luaL_argcheck(L, unsigned(pos - 1n) <= unsigned(size), 2, 'position out of bounds')
  yield* stepGeti(L, 1, pos)
  for (; pos < size; pos++) {
    ticks.step(L)
    yield* stepGeti(L, 1, pos + 1n)
    yield* stepSeti(L, 1, pos)
  }
  lua_pushnil(L)
  yield* stepSeti(L, 1, pos)
  return 1
}

function* tmove(L: lua_State): Steps {
  const [first, last, to] = [integer(L, 2), integer(L, 3), integer(L, 4)]
  const tt = lua_isnoneornil(L, 5) ? 1 : 5
  checktab(L, 1, reads)
  checktab(L, tt, writes)
  if (last >= first) {
    const ticks = new Ticks()
    const n = last - first + 1n
    luaL_argcheck(L, n <= MOVE_MAX, 3, 'too many elements to move')
    luaL_argcheck(L, to <= LUA_MAXINTEGER - n + 1n, 4, 'destination wrap around')
    const upwards = to > last || to <= first || (tt !== 1 && !(yield* stepEqual(L, 1, tt)))
    for (let i = 0n; i < n; i++) {
      ticks.step(L)
      const at = upwards ? i : n - 1n - i
      yield* stepGeti(L, 1, first + at)
      yield* stepSeti(L, tt, to + at)
    }
  }
  lua_pushvalue(L, tt)
  return 1
}

function* tconcat(L: lua_State): Steps {
  checktab(L, 1, reads, counts)
  const ticks = new Ticks()
  const size = BigInt(yield* stepLen(L, 1))
  const sep = Buffer.from(luaL_optlstring(L, 2, Buffer.alloc(0)))
  const first = optinteger(L, 3, 1n)
  const last = optinteger(L, 4, size)
  const parts: Buffer[] = []
  for (let i = first; i <= last; i++) {
    ticks.step(L)
    if (i > first && sep.length > 0) parts.push(sep)
    yield* stepGeti(L, 1, i)
    if (!lua_isstring(L, -1)) luaL_error(L, `invalid value (at index ${i}) in table for 'concat'`)
    parts.push(Buffer.from(lua_tolstring(L, -1) as Uint8Array))
    lua_pop(L, 1)
  }
  lua_pushlstring(L, Buffer.concat(parts))
  return 1
}

function* tunpack(L: lua_State): Steps {
  const first = optinteger(L, 2, 1n)
  const last = lua_isnoneornil(L, 3) ? BigInt(yield* stepLen(L, 1)) : integer(L, 3)
  if (first > last) return 0
  const n = last - first + 1n
  // What a metamethod needs beside the values.
  if (n >= BigInt(INT_MAX) || !lua_checkstack(L, Number(n))) return luaL_error(L, 'too many results to unpack')
  const ticks = new Ticks()
  for (let i = first; i <= last; i++) {
    ticks.step(L)
    yield* stepGeti(L, 1, i)
  }
  return Number(n)
}

/** From so many elements on the pivot isn't the middle one, once a part was much smaller than the other. */
const RANLIMIT = 100

/** Whether the value at `a` comes before that at `b`. */
function* comesBefore(L: lua_State, a: number, b: number): Steps<boolean> {
  if (engine.lua_type(L, 2) === LUA_TNIL) return yield* stepLessthan(L, a, b)
  const [x, y] = [lua_absindex(L, a), lua_absindex(L, b)]
  engine.lua_pushvalue(L, 2)
  engine.lua_pushvalue(L, x)
  engine.lua_pushvalue(L, y)
  yield* stepCall(2, 1)
  const before = lua_toboolean(L, -1)
  engine.lua_settop(L, -2)
  return before
}

/** Pops two values: a[i] is the upper, a[j] the lower. */
function* set2(L: lua_State, i: number, j: number): Steps<void> {
  yield* stepSeti(L, 1, i)
  yield* stepSeti(L, 1, j)
}

/** Orders a[lo], a[up] and, between them, the pivot a[p]. Returns whether more is to be done. */
function* threeInOrder(L: lua_State, lo: number, up: number, pivot: () => number): Steps<number> {
  yield* stepGeti(L, 1, lo)
  yield* stepGeti(L, 1, up)
  if (yield* comesBefore(L, -1, -2)) yield* set2(L, lo, up)
  else lua_pop(L, 2)
  if (up - lo === 1) return 0
  const p = pivot()
  yield* stepGeti(L, 1, p)
  yield* stepGeti(L, 1, lo)
  if (yield* comesBefore(L, -2, -1)) {
    yield* set2(L, p, lo)
  } else {
    lua_pop(L, 1)
    yield* stepGeti(L, 1, up)
    if (yield* comesBefore(L, -1, -2)) yield* set2(L, p, up)
    else lua_pop(L, 2)
  }
  return up - lo === 2 ? 0 : p
}

const invalid = 'invalid order function for sorting'

/** Parts a[lo..up] by the pivot P, on the top and in a[up - 1]. Returns where P is then. [-1, +0, e] */
function* partition(L: lua_State, lo: number, up: number): Steps<number> {
  let i = lo
  let j = up - 1
  for (;;) {
    for (;;) {
      yield* stepGeti(L, 1, ++i)
      if (!(yield* comesBefore(L, -1, -2))) break
      if (i === up - 1) luaL_error(L, invalid)
      lua_pop(L, 1)
    }
    for (;;) {
      yield* stepGeti(L, 1, --j)
      if (!(yield* comesBefore(L, -3, -1))) break
      if (j < i) luaL_error(L, invalid)
      lua_pop(L, 1)
    }
    if (j < i) {
      lua_pop(L, 1)
      yield* set2(L, up - 1, i)
      return i
    }
    yield* set2(L, i, j)
  }
}

/** The pivot of a part that the middle one would part badly: from its middle half. */
const randomPivot = (lo: number, up: number, random: number) => {
  const quarter = Math.floor((up - lo) / 4)
  return (random % (quarter * 2)) + lo + quarter
}

/** Quicksort, as Lua's: what doesn't compare as it should is in the same places afterwards. */
function* auxsort(L: lua_State, first: number, last: number, seed: number): Steps<void> {
  let [lo, up, random] = [first, last, seed]
  while (lo < up) {
    const [from, to, by] = [lo, up, random]
    const middle = () => (to - from < RANLIMIT || by === 0 ? Math.floor((from + to) / 2) : randomPivot(from, to, by))
    const p = yield* threeInOrder(L, lo, up, middle)
    if (p === 0) return
    yield* stepGeti(L, 1, p)
    lua_pushvalue(L, -1)
    yield* stepGeti(L, 1, up - 1)
    yield* set2(L, p, up - 1)
    const at = yield* partition(L, lo, up)
    let smaller: number
    if (at - lo < up - at) {
      yield* auxsort(L, lo, at - 1, random)
      smaller = at - lo
      lo = at + 1
    } else {
      yield* auxsort(L, at + 1, up, random)
      smaller = up - at
      up = at - 1
    }
    if ((up - lo) / 128 > smaller) random = Math.floor(Math.random() * INT_MAX)
  }
}

function* sort(L: lua_State): Steps {
  checktab(L, 1, reads, writes, counts)
  const n = yield* stepLen(L, 1)
  if (n > 1) {
    luaL_argcheck(L, n < INT_MAX, 1, 'array too big')
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION)
    lua_settop(L, 2)
    yield* auxsort(L, 1, Number(n), 0)
  }
  return 0
}

/** Whether the first argument is a table without a metatable, the second no function and the first element a text. */
function callsNothing(L: lua_State): boolean {
  if (lua_type(L, 1) !== LUA_TTABLE || lua_type(L, 2) === LUA_TFUNCTION) return false
  if (lua_getmetatable(L, 1)) {
    lua_pop(L, 1)
    return false
  }
  const type = lua_rawgeti(L, 1, 1)
  lua_pop(L, 1)
  return type === LUA_TNUMBER || type === LUA_TSTRING
}

/** A function in steps, or the engine's own for tables that are long alone. */
function withLong(own: lua_CFunction, steps: (L: lua_State) => Steps): lua_CFunction {
  const [long, others] = [tickAfter(own), stepwise(steps)]
  return unyieldable((L) => (callsNothing(L) ? long(L) : others(L)))
}

/** Opens the library of tables, and pushes its table. [-0, +1, e] */
export function luaopen_table(L: lua_State): number {
  const results = engine.luaopen_table(L)
  override(L, 'table', 'create', () => tcreate)
  for (const [name, steps] of [
    ['insert', tinsert],
    ['remove', tremove],
    ['unpack', tunpack],
  ] as const)
    overridePlain(L, name, stepwise(steps), 'table')
  overridePlain(L, 'move', stepwise(tmove), 'move')
  overrideUnlessPlain(L, 'concat', (own) => withLong(own, tconcat), 'concat')
  overrideUnlessPlain(L, 'sort', (own) => withLong(own, sort), 'sort')
  return results
}
