// A shared class: one object, used by the scripts of two runtimes at the same time.
//
// Document: "lunatik_class_t" (LUNATIK_OPT_MONITOR), "lunatik_newobject", "lunatik_cloneobject". A MONITOR class's
// methods are called with the object's lock held, so a script needs no lock of its own. lua/mymailbox_in.lua makes the
// mailbox with require("mymailbox") and puts what is written to the device mymailbox_in into it; the module takes the
// object from there and clones it into the runtime of lua/mymailbox_out.lua, which gives it to readers of
// mymailbox_out.
import {
  EAGAIN,
  EINVAL,
  LUNATIK_CLASSES,
  LUNATIK_NEWLIB,
  LUNATIK_OPT_MONITOR,
  LUNATIK_OPT_NONE,
  LUNATIK_PRIVATECHECKER,
  lua_getglobal,
  lua_pushlstring,
  lua_pushnil,
  type lua_State,
  lua_setglobal,
  luaL_checklstring,
  type luaL_Reg,
  type lunatik_class_t,
  lunatik_cloneobject,
  lunatik_closeobject,
  lunatik_deleteobject,
  lunatik_getobject,
  lunatik_newobject,
  type lunatik_object_t,
  lunatik_putobject,
  lunatik_run,
  lunatik_runtime,
  lunatik_stop,
  lunatik_throw,
  lunatik_toobject,
  misc_deregister,
  misc_register,
} from 'lunatik'
import { runtime_device, type runtime_pointer } from './common/runtime_device.js'

/** Private data that are a JavaScript value: the messages, oldest first. */
type mailbox_t = Uint8Array[]

/** How many messages wait at most. */
const MAILBOX_MAX = 16

const luamailbox_check = LUNATIK_PRIVATECHECKER<mailbox_t>('luamailbox_check')

/** mailbox:push(message): raises EAGAIN when it is full. */
function luamailbox_push(L: lua_State): number {
  const mailbox = luamailbox_check(L, 1)
  const message = luaL_checklstring(L, 2)
  if (mailbox.length >= MAILBOX_MAX) lunatik_throw(L, -EAGAIN)
  mailbox.push(message.slice())
  return 0
}

/** mailbox:pop(): the oldest message, or nil. */
function luamailbox_pop(L: lua_State): number {
  const message = luamailbox_check(L, 1).shift()
  if (message === undefined) lua_pushnil(L)
  else lua_pushlstring(L, message)
  return 1
}

const luamailbox_mt: luaL_Reg[] = [
  { name: '__gc', func: lunatik_deleteobject },
  { name: '__close', func: lunatik_closeobject },
  { name: 'close', func: lunatik_closeobject },
  { name: 'push', func: luamailbox_push },
  { name: 'pop', func: luamailbox_pop },
]

const luamailbox_class: lunatik_class_t<mailbox_t> = {
  name: 'mymailbox',
  methods: luamailbox_mt,
  opt: LUNATIK_OPT_MONITOR,
}

/** mymailbox.new() */
function luamailbox_new(L: lua_State): number {
  lunatik_newobject(L, luamailbox_class, [], LUNATIK_OPT_NONE)
  return 1 /* object */
}

const luamailbox_lib: luaL_Reg[] = [{ name: 'new', func: luamailbox_new }]

const luamailbox_classes = LUNATIK_CLASSES('mymailbox', luamailbox_class)
LUNATIK_NEWLIB('mymailbox', luamailbox_lib, luamailbox_classes)

interface Shared {
  mailbox: lunatik_object_t | null
}

/** Takes the script's mailbox, with a reference of our own so that it outlives whatever the script does. */
function mymailbox_take(L: lua_State, shared: Shared): number {
  lua_getglobal(L, 'mailbox')
  const object = lunatik_toobject(L, -1)
  if (object?.class.name !== luamailbox_class.name) return -EINVAL
  lunatik_getobject(object)
  shared.mailbox = object
  return 0
}

/** Gives it to another script; the clone's reference is the userdata's, whose __gc puts it back. */
function mymailbox_give(L: lua_State, object: lunatik_object_t): number {
  lunatik_cloneobject(L, object)
  lunatik_getobject(object)
  lua_setglobal(L, 'mailbox')
  return 0
}

/** The object of one runtime, for another as well. */
async function mymailbox_share(from: lunatik_object_t, to: lunatik_object_t): Promise<number> {
  const shared: Shared = { mailbox: null }
  const ret = await lunatik_run(from, mymailbox_take, shared)
  if (shared.mailbox === null) return ret
  try {
    return await lunatik_run(to, mymailbox_give, shared.mailbox)
  } finally {
    lunatik_putobject(shared.mailbox)
  }
}

const runtime_in: runtime_pointer = { value: null }
const runtime_out: runtime_pointer = { value: null }
const mymailbox_in = runtime_device('mymailbox_in', runtime_in)
const mymailbox_out = runtime_device('mymailbox_out', runtime_out)

async function mymailbox_init(): Promise<number> {
  let ret = lunatik_runtime(runtime_in, 'mymailbox_in', true)
  if (ret === 0) ret = lunatik_runtime(runtime_out, 'mymailbox_out', true)
  if (runtime_in.value !== null && runtime_out.value !== null) {
    ret = await mymailbox_share(runtime_in.value, runtime_out.value)
  }
  if (ret === 0) ret = misc_register(mymailbox_in)
  if (ret === 0) ret = misc_register(mymailbox_out)
  if (ret < 0) mymailbox_exit()
  return ret
}

/** Undoes what mymailbox_init has done, as far as it came. The mailbox goes with the second runtime. */
function mymailbox_exit(): void {
  misc_deregister(mymailbox_out)
  misc_deregister(mymailbox_in)
  for (const runtime of [runtime_out, runtime_in]) {
    if (runtime.value !== null) lunatik_stop(runtime.value)
    runtime.value = null
  }
}

export { mymailbox_exit as cleanup_module, mymailbox_init as init_module }
