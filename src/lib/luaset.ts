// luaset.c: sets of strings that never change, which runtimes may share.
//
// A kernel searches sorted bytes, for their size; here JavaScript's sets are fast enough. The array that `new` is given
// is sorted all the same, as scripts see it.
import { luaL_argcheck, luaL_checklstring, luaL_checktype, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_call,
  lua_getfield,
  lua_getglobal,
  lua_isinteger,
  lua_next,
  lua_pop,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushnil,
  lua_pushvalue,
  lua_rawgeti,
  lua_rawlen,
  type lua_State,
  lua_settop,
  lua_tointeger,
  lua_tolstring,
  lua_type,
} from '../lua/lua.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { LUNATIK_OPT_NONE, LUNATIK_OPT_SOFTIRQ, type lunatik_class_t } from '../lunatik/lunatik_obj.js'
import { LUNATIK_PRIVATECHECKER, lunatik_deleteobject, lunatik_newobject } from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'

/** The members' bytes, each a character, with their flags; 0 in a plain set. */
interface luaset_t {
  readonly flags: ReadonlyMap<string, number>
  /** How many members were given: of a plain set, with those given twice. */
  readonly n: number
}

const luaset_check = LUNATIK_PRIVATECHECKER<luaset_t>(
  'luaset_check',
  class_check(() => luaset_class),
)

const luaset_checklabeled = LUNATIK_PRIVATECHECKER<luaset_t>(
  'luaset_checklabeled',
  class_check(() => luaset_labeled_class),
)

const characters = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const U32_MAX = 2 ** 32 - 1

/** set:has(s): whether s is a member. */
function luaset_has(L: lua_State): number {
  const { flags } = luaset_check(L, 1)
  lua_pushboolean(L, flags.has(characters(luaL_checklstring(L, 2))))
  return 1
}

/** labelset:match(s): the flags of s and of what follows each of its dots, or'ed; 0 where none is a member. */
function luaset_match(L: lua_State): number {
  const { flags } = luaset_checklabeled(L, 1)
  const s = characters(luaL_checklstring(L, 2))
  let union = 0
  for (let i = 0; ; ) {
    union |= flags.get(s.slice(i)) ?? 0
    const dot = s.indexOf('.', i)
    if (dot < 0) break
    i = dot + 1
  }
  lua_pushinteger(L, union >>> 0)
  return 1
}

/** #set. */
function length(check: typeof luaset_check): (L: lua_State) => number {
  return (L) => {
    lua_pushinteger(L, check(L, 1).n)
    return 1
  }
}

const luaset_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: length(luaset_check) },
  { name: 'has', func: luaset_has },
]

const luaset_labeled_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__len', func: length(luaset_checklabeled) },
  { name: 'match', func: luaset_match },
]

const luaset_class: lunatik_class_t<luaset_t> = { name: 'set', methods: luaset_mt, opt: LUNATIK_OPT_SOFTIRQ }

const luaset_labeled_class: lunatik_class_t<luaset_t> = {
  name: 'labelset',
  methods: luaset_labeled_mt,
  opt: LUNATIK_OPT_SOFTIRQ,
}

/** How many values the array at 1 has before its first nil. */
function count(L: lua_State): number {
  const length = lua_rawlen(L, 1)
  let n = 0
  while (n < length && lua_rawgeti(L, 1, n + 1) !== LUA_TNIL) {
    lua_pop(L, 1)
    n++
  }
  lua_settop(L, 1)
  return n
}

/** Sorts the array at 1, which has no holes, with the script's own table.sort. */
function luaset_sort(L: lua_State): void {
  lua_getglobal(L, 'table')
  lua_getfield(L, -1, 'sort')
  lua_pushvalue(L, 1)
  lua_call(L, 1, 0)
  lua_pop(L, 1)
}

/**
 * set.new(strings): a set of the array's strings, up to its first nil. Sorts the array.
 * @throws raises `members must be strings`; where they are of different types, what table.sort does
 */
function luaset_new(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TTABLE)
  const n = count(L)
  if (n === lua_rawlen(L, 1)) luaset_sort(L)
  const flags = new Map<string, number>()
  for (let i = 1; i <= n; i++) {
    luaL_argcheck(L, lua_rawgeti(L, 1, i) === LUA_TSTRING, 1, 'members must be strings')
    flags.set(characters(lua_tolstring(L, -1) as Uint8Array), 0)
    lua_pop(L, 1)
  }
  lunatik_newobject<luaset_t>(L, luaset_class, { flags, n }, LUNATIK_OPT_NONE)
  return 1 /* object */
}

/**
 * set.labeled{[member] = flags}: a set whose members have flags, a bitmask.
 * @throws raises `members must be strings`, `labels must be integers in [1, 2^32)`
 */
function luaset_labeled(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TTABLE)
  const flags = new Map<string, number>()
  lua_pushnil(L)
  while (lua_next(L, 1)) {
    luaL_argcheck(L, lua_type(L, -2) === LUA_TSTRING, 1, 'members must be strings')
    const flag = lua_type(L, -1) === LUA_TNUMBER && lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0
    luaL_argcheck(L, flag >= 1 && flag <= U32_MAX, 1, 'labels must be integers in [1, 2^32)')
    flags.set(characters(lua_tolstring(L, -2) as Uint8Array), flag)
    lua_pop(L, 1)
  }
  lunatik_newobject<luaset_t>(L, luaset_labeled_class, { flags, n: flags.size }, LUNATIK_OPT_NONE)
  return 1 /* object */
}

const luaset_lib: luaL_Reg[] = [
  { name: 'new', func: luaset_new },
  { name: 'labeled', func: luaset_labeled },
]

const luaset_classes = LUNATIK_CLASSES('set', luaset_class, luaset_labeled_class)
LUNATIK_NEWLIB('set', luaset_lib, luaset_classes)
