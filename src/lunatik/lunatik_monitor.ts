// lunatik.h's lunatik_monitor: a class with LUNATIK_OPT_MONITOR has each of its methods called with the object's lock
// held.
import { luaL_error } from '../lua/lauxlib.js'
import {
  LUA_MULTRET,
  LUA_OK,
  LUA_YIELD,
  lua_error,
  lua_gettop,
  lua_insert,
  lua_pcallk,
  lua_pop,
  lua_pushstring,
  lua_pushvalue,
  type lua_State,
  lua_tostring,
  lua_upvalueindex,
} from '../lua/lua.js'
import { lunatik_reportatomic } from './lunatik_atomic.js'
import type { lunatik_locker } from './lunatik_lock.js'
import type { lunatik_object_t } from './lunatik_obj.js'
import { runningIn, type runtime_t } from './lunatik_private.js'
import { lunatik_waitpromise } from './lunatik_wait.js'

/**
 * Calls a method with the lock of its object held; waits for the lock first.
 * @param L of a C function whose arguments are the method's and whose upvalues are the method and its name
 */
export function lunatik_monitor(L: lua_State, { lock }: lunatik_object_t): number {
  lua_pushvalue(L, lua_upvalueindex(1))
  lua_insert(L, 1)
  return lunatik_locked(L, lock, callLocked)
}

/**
 * Runs the rest of a C function with a lock held; waits for the lock first.
 * @param section gives the lock back, and returns how many results there are
 * @throws raises where waiting isn't possible or would never end; `EINTR` where the task has gone meanwhile
 */
export function lunatik_locked(
  L: lua_State,
  lock: lunatik_locker,
  section: (L: lua_State, lock: lunatik_locker) => number,
): number {
  if (lock.trylock()) return section(L, lock)
  if (!lock.running && lunatik_reportatomic()) return luaL_error(L, 'scheduling while atomic: the object is locked')
  const wait = lock.lock()
  if (!(wait instanceof Promise))
    return luaL_error(L, 'possible recursive locking detected: on a kernel this call would never return')
  return lunatik_waitpromise(
    L,
    wait,
    (L, ret) => {
      if (ret === 0) return section(L, lock)
      lua_pushstring(L, 'EINTR')
      return lua_error(L)
    },
    (ret) => {
      if (ret === 0) lock.unlock()
    },
  )
}

function callLocked(L: lua_State, lock: lunatik_locker): number {
  const { holds } = runningIn(L) as runtime_t
  const finish = (L: lua_State, status: number) => {
    holds.delete(lock)
    lock.unlock()
    if (status === LUA_OK || status === LUA_YIELD) return lua_gettop(L)
    nameMethod(L)
    return lua_error(L)
  }
  holds.add(lock)
  let status: number
  try {
    status = lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, finish)
  } catch (e) {
    // A method that sleeps, or whose error comes to `finish`.
    lock.sleeps()
    throw e
  }
  return finish(L, status)
}

/** The method is called by C, which gives it no name: puts the one that Lua called it by into the message. */
function nameMethod(L: lua_State): void {
  const message = lua_tostring(L, -1)
  const unnamed = message === null ? null : /^(bad argument #\d+ to ')[^']*(' \()/.exec(message)
  if (message === null || unnamed === null) return
  const name = lua_tostring(L, lua_upvalueindex(2))
  lua_pop(L, 1)
  lua_pushstring(L, `${unnamed[1]}${name}${unnamed[2]}${message.slice(unnamed[0].length)}`)
}
