// luabpf.c: maps of BPF, by the paths at which they are pinned. Here `lunatik inject map` makes them; no file system has
// them, and no map of this machine's kernel is reached.
import { accessSync } from 'node:fs'
import { posix } from 'node:path'
import { E2BIG, EEXIST, EINVAL, ENOENT, EOPNOTSUPP } from '../errno.js'
import { luaL_argcheck, luaL_argerror, luaL_checklstring, luaL_optinteger, type luaL_Reg } from '../lua/lauxlib.js'
import {
  type lua_CFunction,
  lua_createtable,
  lua_isnoneornil,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  type lua_State,
  lua_setfield,
} from '../lua/lua.js'
import { lunatik_throw } from '../lunatik/lunatik_aux.js'
import { lunatik_isready } from '../lunatik/lunatik_core.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_EXTERNAL,
  LUNATIK_OPT_HARDIRQ,
  LUNATIK_OPT_NONE,
  type lunatik_class_t,
  lunatik_isirq,
} from '../lunatik/lunatik_obj.js'
import { lunatik_toruntime } from '../lunatik/lunatik_private.js'
import {
  LUNATIK_PRIVATECHECKER,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_newobject,
} from '../lunatik/lunatik_userdata.js'
import { type bpf_hash, type bpf_map, bpf_map_get, bpf_map_types, type bpf_queue } from './bpf_map.js'
import { class_check } from './class.js'

const hash_check = LUNATIK_PRIVATECHECKER<bpf_map>(
  'luabpf_map_check',
  class_check(() => luabpf_hash_class),
)
const queue_check = LUNATIK_PRIVATECHECKER<bpf_map>(
  'luabpf_map_check',
  class_check(() => luabpf_queue_class),
)

/** The bytes of an argument, as a map keeps them: as many as it says. */
function checkBytes(L: lua_State, ix: number, size: number, what: string): string {
  const bytes = luaL_checklstring(L, ix)
  luaL_argcheck(L, bytes.length === size, ix, `invalid ${what} size`)
  return Buffer.from(bytes).toString('latin1')
}

/** Pushes bytes, or nil. */
function pushBytes(L: lua_State, bytes: string | null): number {
  if (bytes === null) lua_pushnil(L)
  else lua_pushlstring(L, Buffer.from(bytes, 'latin1'))
  return 1
}

/** Pushes whether it was done: false where the key is there, or isn't. Raises other errors. */
function pushResult(L: lua_State, ret: number): number {
  if (ret < 0 && ret !== -ENOENT && ret !== -EEXIST) lunatik_throw(L, ret)
  lua_pushboolean(L, ret === 0)
  return 1
}

const flagsAt = (L: lua_State, ix: number): number => Number(luaL_optinteger(L, ix, 0))

/** A method of maps with keys. */
const ofHash =
  (method: (L: lua_State, of: bpf_hash, map: bpf_map) => number): lua_CFunction =>
  (L) => {
    const map = hash_check(L, 1)
    return method(L, map.of as bpf_hash, map)
  }

/** A method of queues and stacks. */
const ofQueue =
  (method: (L: lua_State, of: bpf_queue, map: bpf_map) => number): lua_CFunction =>
  (L) => {
    const map = queue_check(L, 1)
    return method(L, map.of as bpf_queue, map)
  }

/** `map:lookup(key)`: its value, or nil. Raises `invalid key size`. */
const lookup = ofHash((L, of, { key_size }) => pushBytes(L, of.lookup(checkBytes(L, 2, key_size, 'key'))))

/**
 * `map:update(key, value [, flags])`: whether it was set; false where the flags NOEXIST or EXIST are against it.
 * @throws raises `invalid key size`, `invalid value size`, `EINVAL` for other flags, `E2BIG` where it is full
 */
const update = ofHash((L, of, { key_size, value_size }) => {
  const key = checkBytes(L, 2, key_size, 'key')
  const value = checkBytes(L, 3, value_size, 'value')
  return pushResult(L, of.update(key, value, flagsAt(L, 4)))
})

/** `map:delete(key)`: whether it was there. Raises `invalid key size`, `EINVAL` for an array. */
const remove_key = ofHash((L, of, { key_size }) => pushResult(L, of.delete(checkBytes(L, 2, key_size, 'key'))))

/** `map:remove(key)`: its value, which is deleted, or nil. Raises `invalid key size`, `EOPNOTSUPP` for an array. */
const remove = ofHash((L, of, { key_size }) => {
  const key = checkBytes(L, 2, key_size, 'key')
  if (!of.removes) return lunatik_throw(L, -EOPNOTSUPP)
  const value = of.lookup(key)
  of.delete(key)
  return pushBytes(L, value)
})

/** `map:next([key])`: the key after one, the first without; nil behind the last. Raises `invalid key size`. */
const next = ofHash((L, of, { key_size }) =>
  pushBytes(L, of.next(lua_isnoneornil(L, 2) ? null : checkBytes(L, 2, key_size, 'key'))),
)

/**
 * `queue:push(value [, flags])`: whether there was room; with EXIST the oldest makes some.
 * @throws raises `invalid value size`, `EINVAL` for other flags
 */
const push = ofQueue((L, of, { value_size }) => {
  const ret = of.push(checkBytes(L, 2, value_size, 'value'), flagsAt(L, 3))
  if (ret !== -E2BIG) return pushResult(L, ret)
  lua_pushboolean(L, false)
  return 1
})

/** `queue:pop()`: the next value, which goes, or nil. */
const pop = ofQueue((L, of) => pushBytes(L, of.pop()))

/** `queue:peek()`: the next value, which stays, or nil. */
const peek = ofQueue((L, of) => pushBytes(L, of.peek()))

/** `map:info()`: a table of `type`, `key_size`, `value_size`, `max_entries`. */
function info(L: lua_State, { map_type, key_size, value_size, max_entries }: bpf_map): number {
  lua_createtable(L, 0, 4)
  for (const [name, value] of Object.entries({ type: bpf_map_types[map_type], key_size, value_size, max_entries })) {
    lua_pushinteger(L, value as number)
    lua_setfield(L, -2, name)
  }
  return 1
}

/** `#map`: how many entries it may have. */
function length(L: lua_State, { max_entries }: bpf_map): number {
  lua_pushinteger(L, max_entries)
  return 1
}

const shared = (check: typeof hash_check): luaL_Reg[] => [
  { name: 'info', func: (L) => info(L, check(L, 1)) },
  { name: 'close', func: lunatik_closeobject },
  { name: '__len', func: (L) => length(L, check(L, 1)) },
  { name: '__close', func: lunatik_closeobject },
  { name: '__gc', func: lunatik_deleteobject },
]

const luabpf_hash_class: lunatik_class_t<bpf_map> = {
  name: 'bpf_hash',
  methods: [
    { name: 'lookup', func: lookup },
    { name: 'update', func: update },
    { name: 'delete', func: remove_key },
    { name: 'remove', func: remove },
    { name: 'next', func: next },
    ...shared(hash_check),
  ],
  opt: LUNATIK_OPT_EXTERNAL | LUNATIK_OPT_HARDIRQ,
}

const luabpf_queue_class: lunatik_class_t<bpf_map> = {
  name: 'bpf_queue',
  methods: [
    { name: 'push', func: push },
    { name: 'pop', func: pop },
    { name: 'peek', func: peek },
    ...shared(queue_check),
  ],
  opt: LUNATIK_OPT_EXTERNAL | LUNATIK_OPT_HARDIRQ,
}

/** What kern_path finds at a path that is no map's: 0, or -ENOENT, -EINVAL. */
function findFile(path: string): number {
  try {
    accessSync(path)
    return 0
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_VALUE' ? -EINVAL : -ENOENT
  }
}

/**
 * `bpf.TYPE(path)`: opens the map of this type that is pinned at a path.
 * @throws raises `ENOENT` where there is nothing, `bad argument #1 to 'hash' (hash map expected)` for what is none of
 *   the type, `(not allowed after module load)` in an interrupt-context runtime whose script has loaded
 */
const opener =
  (type: string, cls: lunatik_class_t<bpf_map>): lua_CFunction =>
  (L) => {
    const runtime = lunatik_toruntime(L)
    if (lunatik_isirq(runtime.opt) && lunatik_isready(L)) luaL_argerror(L, 1, 'not allowed after module load')
    const path = Buffer.from(luaL_checklstring(L, 1)).toString('latin1')
    const object = lunatik_newobject<bpf_map>(L, cls, 0, LUNATIK_OPT_NONE)
    const map = bpf_map_get(posix.normalize(path))
    const found = map === null ? findFile(path) : 0
    if (found < 0) lunatik_throw(L, found)
    luaL_argcheck(L, map?.map_type === type, 1, `${type} map expected`)
    object.private = map
    return 1
  }

const luabpf_lib: luaL_Reg[] = [
  { name: 'hash', func: opener('hash', luabpf_hash_class) },
  { name: 'array', func: opener('array', luabpf_hash_class) },
  { name: 'lru_hash', func: opener('lru_hash', luabpf_hash_class) },
  { name: 'queue', func: opener('queue', luabpf_queue_class) },
  { name: 'stack', func: opener('stack', luabpf_queue_class) },
]

LUNATIK_NEWLIB('bpf', luabpf_lib, LUNATIK_CLASSES('bpf', luabpf_hash_class, luabpf_queue_class))
