// process: its own
import t from 'tap'
import { LUA_OK, lua_pcall, lua_pushcfunction, lua_tostring } from '../../src/lua/lua.js'
import { lunatik_run } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_NEWLIB } from '../../src/lunatik/lunatik_newlib.js'
import { LUNATIK_OPT_NONE, lunatik_createobject, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { lunatik_deleteobject, lunatik_pushobject } from '../../src/lunatik/lunatik_userdata.js'
import { logged, runtime } from './states.js'

const methods = [{ name: '__gc', func: lunatik_deleteobject }]

/** Clones an object into a runtime: the status, or the message. */
function clone(r: lunatik_object_t, object: lunatik_object_t): string | null {
  let message: string | null = null
  lunatik_run(r, (L) => {
    lua_pushcfunction(L, (L) => {
      lunatik_pushobject(L, object)
      return 1
    })
    if (lua_pcall(L, 0, 1, 0) !== LUA_OK) message = lua_tostring(L, -1)
    return 0
  })
  return message
}

t.test('an object is cloned whatever the script has put under its name', async (t) => {
  const cls = { name: 'usertaken', methods, opt: LUNATIK_OPT_NONE }
  LUNATIK_NEWLIB('usertaken', [], [cls])
  const r = runtime(t, 'package.loaded.usertaken = true')
  t.equal(clone(r, lunatik_createobject(cls, 8, LUNATIK_OPT_NONE) as lunatik_object_t), null)
})

t.test('objects of two modules with classes of one name are both cloned', async (t) => {
  const log = logged(t)
  const a = { name: 'userdup', methods, opt: LUNATIK_OPT_NONE }
  const b = { name: 'userdup', methods, opt: LUNATIK_OPT_NONE }
  LUNATIK_NEWLIB('userdupa', [], [a])
  LUNATIK_NEWLIB('userdupb', [], [b])
  t.match(log, [/there is a module or class 'userdup' already/])
  const r = runtime(t, '')
  for (const cls of [a, b]) {
    t.equal(clone(r, lunatik_createobject(cls, 8, LUNATIK_OPT_NONE) as lunatik_object_t), null)
  }
})

t.test('a class of no module is not found', async (t) => {
  const cls = { name: 'usernone', methods, opt: LUNATIK_OPT_NONE }
  const r = runtime(t, '')
  t.equal(
    clone(r, lunatik_createobject(cls, 8, LUNATIK_OPT_NONE) as lunatik_object_t),
    "'usernone': metatable not found",
  )
})
