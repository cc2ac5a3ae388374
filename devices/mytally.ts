// An object made outside any Lua state, and then given to two runtimes.
//
// Document: "lunatik_createobject", "lunatik_cloneobject" and the example there, function for function, with tally for
// its foo. The module owns one reference, each runtime's userdata another. Both runtimes run lua/mytally.lua, each
// behind a device of its own, mytally0 and mytally1; what one counts the other sees.
import {
  ENOMEM,
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_MONITOR,
  LUNATIK_PRIVATECHECKER,
  lua_pushinteger,
  type lua_State,
  lua_setglobal,
  luaL_optinteger,
  type luaL_Reg,
  type lunatik_class_t,
  lunatik_cloneobject,
  lunatik_createobject,
  lunatik_deleteobject,
  lunatik_getobject,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  misc_deregister,
  misc_register,
  type miscdevice,
  pr_fmt,
} from 'lunatik'
import { runtime_device, type runtime_pointer } from './common/runtime_device.js'

const { pr_info } = pr_fmt('mytally')

/** struct tally_t { s32 count; } */
const sizeof_tally_t = 4

const luatally_check = LUNATIK_PRIVATECHECKER<ArrayBuffer>('luatally_check')

/** tally:add([n]): adds n, 1 by default, and gives the sum. The object's lock is held. */
function luatally_add(L: lua_State): number {
  const tally = new DataView(luatally_check(L, 1))
  tally.setInt32(0, tally.getInt32(0, true) + Number(luaL_optinteger(L, 2, 1)), true)
  lua_pushinteger(L, tally.getInt32(0, true))
  return 1
}

/** Runs once, when the module and both runtimes have put their references back. */
function luatally_release(priv: ArrayBuffer): void {
  pr_info(`released at ${new DataView(priv).getInt32(0, true)}`)
}

// There is no close: it would end the object for the other runtime as well.
const luatally_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: 'add', func: luatally_add },
]

const luatally_class: lunatik_class_t = {
  name: 'tally',
  methods: luatally_mt,
  release: luatally_release,
  opt: LUNATIK_OPT_MONITOR,
}

// No function: scripts get the object from the module. lunatik_cloneobject requires "tally" by itself.
const luatally_classes = LUNATIK_CLASSES('tally', luatally_class)
LUNATIK_NEWLIB('tally', [], luatally_classes)

let obj: lunatik_object_t<ArrayBuffer> | null = null

function my_handler(L: lua_State, obj: lunatik_object_t): number {
  lunatik_cloneobject(L, obj) /* pushes userdata */
  lunatik_getobject(obj) /* the userdata's reference: its __gc puts it back */
  lua_setglobal(L, 'tally')
  return 0
}

/** One device with a runtime of its own. */
interface Member {
  readonly runtime: runtime_pointer
  readonly misc: miscdevice
}

function mytally(name: string): Member {
  const runtime: runtime_pointer = { value: null }
  return { runtime, misc: runtime_device(name, runtime) }
}

const members = [mytally('mytally0'), mytally('mytally1')]

async function mytally_start({ runtime, misc }: Member, obj: lunatik_object_t): Promise<number> {
  let ret = lunatik_runtime(runtime, 'mytally', true)
  if (runtime.value !== null) ret = await lunatik_run(runtime.value, my_handler, obj)
  return ret < 0 ? ret : misc_register(misc)
}

async function mytally_init(): Promise<number> {
  obj = lunatik_createobject(luatally_class, sizeof_tally_t, LUNATIK_OPT_MONITOR)
  let ret = obj === null ? -ENOMEM : 0
  for (const member of members) if (ret === 0 && obj !== null) ret = await mytally_start(member, obj)
  if (ret < 0) mytally_exit()
  return ret
}

/** Undoes what mytally_init has done, as far as it came. */
function mytally_exit(): void {
  for (const { runtime, misc } of [...members].reverse()) {
    misc_deregister(misc)
    if (runtime.value !== null) lunatik_stop(runtime.value)
    runtime.value = null
  }
  if (obj !== null) lunatik_putobject(obj)
  obj = null
}

export { mytally_exit as cleanup_module, mytally_init as init_module }
