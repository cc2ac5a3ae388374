// luarcu.c: hash tables that runtimes share. Keys are strings, values booleans, integers and objects.
//
// There is one thread, so nothing has to be read-copy-updated. Keys are compared whole; upstream's recorded version
// finds a key by any of its beginnings.
import {
  luaL_argcheck,
  luaL_argerror,
  luaL_checklstring,
  luaL_checktype,
  luaL_optinteger,
  type luaL_Reg,
} from '../lua/lauxlib.js'
import {
  LUA_TBOOLEAN,
  LUA_TFUNCTION,
  LUA_TNIL,
  LUA_TNUMBER,
  LUA_TUSERDATA,
  lua_pushboolean,
  lua_pushlstring,
  lua_pushnil,
  lua_pushvalue,
  type lua_State,
  lua_toboolean,
  lua_type,
} from '../lua/lua.js'
import { type Steps, stepCall, stepwise } from '../lua/lua_steps.js'
import { lunatik_enomem } from '../lunatik/lunatik_enomem.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_getobject,
  lunatik_issingle,
  lunatik_object_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_checkobject,
  lunatik_deleteobject,
  lunatik_newobject,
  lunatik_pushobject,
} from '../lunatik/lunatik_userdata.js'
import { class_check } from './class.js'
import { int64_check, int64_push } from './int64.js'

type Value = boolean | bigint | lunatik_object_t

/** An entry: a new one for each assignment, so that a walk knows those that were replaced. */
interface Entry {
  readonly value: Value
}

/** The entries by their keys' bytes, each a character. */
class Table extends Map<string, Entry> {
  /** Told of each assignment. */
  changed: (() => void) | null = null
}

/** The longest key, in bytes: LUARCU_MAXKEY. */
const keyMax = 255

/** More buckets than this are beyond any machine's memory. */
const bucketsMax = 2 ** 31

const luarcu_check = LUNATIK_PRIVATECHECKER<Table>(
  'luarcu_check',
  class_check(() => luarcu_class),
)

const checkKey = (L: lua_State, ix: number) => Buffer.from(luaL_checklstring(L, ix)).toString('latin1')

/** The value at `ix`, null for nil. An object is not counted yet. */
function checkValue(L: lua_State, ix: number): Value | null {
  switch (lua_type(L, ix)) {
    case LUA_TNIL:
      return null
    case LUA_TBOOLEAN:
      return lua_toboolean(L, ix)
    case LUA_TNUMBER:
      return int64_check(L, ix)
    case LUA_TUSERDATA: {
      const object = lunatik_checkobject(L, ix)
      luaL_argcheck(L, !lunatik_issingle(object.opt), ix, 'cannot share SINGLE object')
      return object
    }
    default:
      return luaL_argerror(L, ix, 'unsupported type')
  }
}

function pushValue(L: lua_State, value: Value): void {
  if (typeof value === 'boolean') lua_pushboolean(L, value)
  else if (typeof value === 'bigint') int64_push(L, value)
  else lunatik_pushobject(L, value)
}

function release({ value }: Entry): void {
  if (value instanceof lunatik_object_t) lunatik_putobject(value)
}

/** t[key]: nil where there is no entry. An object is a new userdata of it. */
function luarcu_index(L: lua_State): number {
  const entry = luarcu_check(L, 1).get(checkKey(L, 2))
  if (entry === undefined) lua_pushnil(L)
  else pushValue(L, entry.value)
  return 1
}

/** Enters a value, or removes the entry for null. What was there is put back. */
function setValue(table: Table, key: string, value: Value | null): void {
  const old = table.get(key)
  if (value === null) table.delete(key)
  else {
    if (value instanceof lunatik_object_t) lunatik_getobject(value)
    table.set(key, { value })
  }
  table.changed?.()
  // Last, because it may release the object, and whatever that runs finds the table as it is to be.
  if (old !== undefined) release(old)
}

/**
 * t[key] = value; nil removes the entry. What was there is put back.
 * @throws raises `not enough memory` for a key of more than 255 bytes, `cannot share SINGLE object`, `unsupported type`
 */
function luarcu_newindex(L: lua_State): number {
  const table = luarcu_check(L, 1)
  const key = checkKey(L, 2)
  const value = checkValue(L, 3)
  if (value !== null && key.length > keyMax) lunatik_enomem(L)
  setValue(table, key, value)
  return 0
}

function luarcu_release(table: Table): void {
  for (const entry of table.values()) release(entry)
  table.clear()
}

/**
 * rcu.map(t, f): calls f(key, value) for each entry that t had when the walk began, unless it has been removed or
 * replaced meanwhile. An error of f ends the walk.
 */
function* luarcu_map(L: lua_State): Steps {
  const table = luarcu_check(L, 1)
  luaL_checktype(L, 2, LUA_TFUNCTION)
  for (const [key, entry] of [...table]) {
    if (table.get(key) !== entry) continue
    lua_pushvalue(L, 2)
    lua_pushlstring(L, Buffer.from(key, 'latin1'))
    pushValue(L, entry.value)
    yield* stepCall(2, 0)
  }
  return 0
}

const luarcu_mt: luaL_Reg[] = [
  { name: '__newindex', func: luarcu_newindex },
  { name: '__index', func: luarcu_index },
  { name: '__gc', func: lunatik_deleteobject },
]

const luarcu_class: lunatik_class_t<Table> = {
  name: 'rcu',
  methods: luarcu_mt,
  release: luarcu_release,
  opt: LUNATIK_OPT_SOFTIRQ,
}

/**
 * rcu.table([size]): a new table. A kernel makes so many buckets; here it grows by itself.
 * @throws raises `not enough memory` for more than a kernel could make
 */
function luarcu_table(L: lua_State): number {
  if (luaL_optinteger(L, 1, 0) > bucketsMax) lunatik_enomem(L)
  lunatik_newobject<Table>(L, luarcu_class, new Table(), LUNATIK_OPT_NONE)
  return 1 /* object */
}

/** A table that no script made and that lives as long as the process; it is in no ledger. */
export const luarcu_global = (): lunatik_object_t => new lunatik_object_t(luarcu_class, new Table(), LUNATIK_OPT_NONE)

const tableOf = (object: lunatik_object_t | null) =>
  object !== null && object.private instanceof Table ? object.private : null

/** The object under a key; null where there is none, or no table. It is not counted. Upstream: the same name. */
export function luarcu_getobject(table: lunatik_object_t | null, key: string): lunatik_object_t | null {
  const value = tableOf(table)?.get(key)?.value
  return value instanceof lunatik_object_t ? value : null
}

/** Enters an object, and counts it; null removes the entry. Nothing where that is no table. Upstream: the same name. */
export function luarcu_setobject(table: lunatik_object_t | null, key: string, object: lunatik_object_t | null): void {
  const entries = tableOf(table)
  if (entries !== null) setValue(entries, key, object)
}

/** The keys of a table, the oldest first; none where that is no table. */
export const luarcu_keys = (table: lunatik_object_t | null): string[] => [...(tableOf(table)?.keys() ?? [])]

/** Has `changed` called after each assignment to a table. */
export function luarcu_watch(table: lunatik_object_t, changed: () => void): void {
  const entries = tableOf(table)
  if (entries !== null) entries.changed = changed
}

const luarcu_lib: luaL_Reg[] = [
  { name: 'table', func: luarcu_table },
  { name: 'map', func: stepwise(luarcu_map) },
]

const luarcu_classes = LUNATIK_CLASSES('rcu', luarcu_class)
LUNATIK_NEWLIB('rcu', luarcu_lib, luarcu_classes)
