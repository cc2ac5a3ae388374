// luahid.c: drivers of HID devices. No device of this machine comes to them: they are injected (inject_hid.ts).
import { ECANCELED, ENXIO } from '../errno.js'
import { luaL_argcheck, luaL_checktype, luaL_error, luaL_len, type luaL_Reg } from '../lua/lauxlib.js'
import {
  LUA_OK,
  LUA_TTABLE,
  LUA_TUSERDATA,
  lua_createtable,
  lua_getfield,
  lua_geti,
  lua_insert,
  lua_isfunction,
  lua_pop,
  lua_pushinteger,
  lua_pushstring,
  type lua_State,
  lua_setfield,
} from '../lua/lua.js'
import { lunatik_checkfield, lunatik_optinteger, lunatik_setstring } from '../lunatik/lunatik_aux.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import {
  LUNATIK_OPT_NONE,
  LUNATIK_OPT_SINGLE,
  LUNATIK_OPT_SOFTIRQ,
  type lunatik_class_t,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
} from '../lunatik/lunatik_obj.js'
import {
  lunatik_attach,
  lunatik_detach,
  lunatik_getregistry,
  lunatik_registerobject,
  lunatik_unregisterobject,
} from '../lunatik/lunatik_registry.js'
import { lunatik_checkruntime, lunatik_deleteobject, lunatik_newobject } from '../lunatik/lunatik_userdata.js'
import { lunatik_pcall } from '../lunatik/lunatik_wait.js'
import {
  HID_ANY_ID,
  HID_BUS_ANY,
  HID_GROUP_ANY,
  type hid_device,
  type hid_device_id,
  type hid_driver,
  hid_register_driver,
  hid_unregister_driver,
  type Telling,
} from './hid_core.js'
import { callHook, failedCallback, type hook_t, newHook } from './hooks.js'
import { int64_push } from './int64.js'
import { luadata_clear, luadata_newexternal, type luadata_object, luadata_reset } from './luadata.js'

const NAME_MAX = 255
/** An id_table of more entries than this is out of memory. */
const idsMax = 1 << 16

interface luahid_t {
  /** Null where the constructor has refused the context. */
  hook: hook_t | null
  data: luadata_object | null
  driver: hid_driver | null
}

/** Pushes a table of these integers. */
function pushFields(L: lua_State, fields: Readonly<Record<string, number | bigint>>): void {
  lua_createtable(L, 0, 8)
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'bigint') int64_push(L, value)
    else lua_pushinteger(L, value)
    lua_setfield(L, -2, name)
  }
}

function pushDevice(L: lua_State, { of: { name, ...fields } }: hid_device): void {
  pushFields(L, fields)
  lua_pushstring(L, name)
  lua_setfield(L, -2, 'name')
}

/** What a callback gets behind the driver's table: how to push it, and the bytes of its data object, if it has one. */
interface Arguments {
  readonly n: number
  readonly push: (L: lua_State) => void
  readonly bytes: Uint8Array | null
}

/** Calls a driver's callback. Returns 0, also where there is none, or a negative errno. */
async function luahid_run(
  hid: luahid_t,
  op: string,
  hdev: hid_device,
  { n, push, bytes }: Arguments,
  { task, deeds }: Telling,
): Promise<number> {
  const { hook, data } = hid
  if (hook === null) return -ENXIO
  let ret = -ENXIO
  const deed = await callHook(hook, op, { 0: 'OK' }, task, (L, outcome) => {
    if (lunatik_getregistry(L, hid) !== LUA_TTABLE) {
      outcome.error = "couldn't find driver"
      hdev.err(`${op}: ${outcome.error}`)
      return 0
    }
    ret = 0
    lua_getfield(L, -1, op)
    if (!lua_isfunction(L, -1)) return 0
    lua_insert(L, -2)
    push(L)
    if (bytes !== null) {
      if (data === null || lunatik_getregistry(L, data) !== LUA_TUSERDATA) {
        ret = -ENXIO
        outcome.error = "couldn't find data"
        hdev.err(`${op}: ${outcome.error}`)
        return 0
      }
      luadata_reset(data, bytes)
    }
    return lunatik_pcall(L, n + 1, 0, (L, status) => {
      if (data !== null) luadata_clear(data)
      if (status === LUA_OK) outcome.result = 0
      else {
        ret = -ECANCELED
        hdev.err(`${op}: ${failedCallback(L, outcome)}`)
      }
      return 0
    })
  })
  if (deed.result === null && deed.error === null) return ret
  deeds.push(deed)
  return deed.error !== null && ret === 0 ? -ECANCELED : ret
}

/** The driver of an object. */
const newDriver = (hid: luahid_t, name: string, id_table: readonly hid_device_id[]): hid_driver => ({
  name,
  id_table,
  probe: (hdev, id, to) =>
    luahid_run(hid, 'probe', hdev, { n: 1, push: (L) => pushFields(L, { ...id }), bytes: null }, to),
  report_fixup: (hdev, bytes, to) =>
    luahid_run(hid, 'report_fixup', hdev, { n: 2, push: (L) => pushDevice(L, hdev), bytes }, to),
  raw_event: (hdev, report, bytes, to) => {
    const push = (L: lua_State) => {
      pushDevice(L, hdev)
      pushFields(L, { ...report })
    }
    return luahid_run(hid, 'raw_event', hdev, { n: 3, push, bytes }, to)
  },
})

function luahid_release(hid: luahid_t): void {
  if (hid.driver !== null) hid_unregister_driver(hid.driver)
  if (hid.hook === null) return
  const { runtime } = hid.hook
  lunatik_detach(runtime, hid, 'data')
  lunatik_putobject(runtime)
}

const luahid_class: lunatik_class_t<luahid_t> = {
  name: 'hid',
  methods: [{ name: '__gc', func: lunatik_deleteobject }],
  release: luahid_release,
  opt: LUNATIK_OPT_SOFTIRQ | LUNATIK_OPT_SINGLE,
}

const wrap = (bits: number, n: number | bigint): number => Number(BigInt.asUintN(bits, BigInt(n)))

/** Reads the id_table, on the top of the stack; null where an entry is no table. */
function idTable(L: lua_State): hid_device_id[] | null {
  const len = Number(luaL_len(L, -1))
  if (len > idsMax) return luaL_error(L, 'not enough memory')
  const ids: hid_device_id[] = []
  for (let i = 1; i <= len; i++) {
    if (lua_geti(L, -1, i) !== LUA_TTABLE) return null
    const id: hid_device_id = { bus: 0, group: 0, vendor: 0, product: 0, driver_data: 0 }
    lunatik_optinteger(L, -1, id, 'bus', HID_BUS_ANY)
    lunatik_optinteger(L, -1, id, 'group', HID_GROUP_ANY)
    lunatik_optinteger(L, -1, id, 'vendor', HID_ANY_ID)
    lunatik_optinteger(L, -1, id, 'product', HID_ANY_ID)
    lunatik_optinteger(L, -1, id, 'driver_data', 0)
    // What C keeps of them.
    id.bus = wrap(16, id.bus)
    id.group = wrap(16, id.group)
    id.vendor = wrap(32, id.vendor)
    id.product = wrap(32, id.product)
    ids.push(id)
    lua_pop(L, 1)
  }
  return ids
}

/**
 * `hid.register{name=, id_table=}`: has the table's `probe(self, id)`, `report_fixup(self, hdev, data)` and
 * `raw_event(self, hdev, report, data)` hear of the devices that an entry of id_table fits. An entry has `bus`, `group`,
 * `vendor`, `product` (each any by default) and `driver_data`. For a softirq runtime.
 * @throws raises `bad argument #1 to 'register' (table expected, got U)`, `bad field 'name' (string expected, got U)`,
 *   `bad argument #1 to 'register' (invalid id_table)`, `runtime context mismatch`, `failed to register hid driver: NAME`
 *   for a name that another one has
 */
function luahid_register(L: lua_State): number {
  luaL_checktype(L, 1, LUA_TTABLE)
  const hid: luahid_t = { hook: null, data: null, driver: null }
  const object = lunatik_newobject<luahid_t>(L, luahid_class, hid, LUNATIK_OPT_NONE)
  const fields = { name: '' }
  lunatik_setstring(L, 1, fields, 'name', NAME_MAX)
  lunatik_checkfield(L, 1, 'id_table', LUA_TTABLE)
  const ids = idTable(L)
  luaL_argcheck(L, ids !== null, 1, 'invalid id_table')
  lua_pop(L, 1)
  const runtime = lunatik_checkruntime(L, luahid_class.opt)
  lunatik_attach(L, hid, 'data', luadata_newexternal)
  hid.hook = newHook(L)
  lunatik_getobject(runtime)
  lunatik_registerobject(L, 1, object as lunatik_object_t)
  const driver = newDriver(hid, fields.name, ids)
  if (!hid_register_driver(driver)) {
    lunatik_unregisterobject(L, object as lunatik_object_t)
    return luaL_error(L, '%s', `failed to register hid driver: ${fields.name}`)
  }
  hid.driver = driver
  return 1
}

const luahid_lib: luaL_Reg[] = [{ name: 'register', func: luahid_register }]

LUNATIK_NEWLIB('hid', luahid_lib, LUNATIK_CLASSES('hid', luahid_class))
