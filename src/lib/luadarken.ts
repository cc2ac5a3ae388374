// luadarken.c: scripts that are encrypted with AES-256 in counter mode, as upstream's tool shade.sh writes them.
import { createDecipheriv } from 'node:crypto'
import { luaL_argcheck, luaL_checklstring, luaL_loadbufferx, type luaL_Reg } from '../lua/lauxlib.js'
import { LUA_MULTRET, LUA_OK, lua_callk, lua_error, lua_gettop, type lua_State } from '../lua/lua.js'
import { LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'

const LUADARKEN_IVLEN = 16
const LUADARKEN_KEYLEN = 32

/**
 * `darken.run(ciphertext, iv, key)`: runs a script that is encrypted, and gives what it returns. The plain text is
 * written nowhere. What a wrong key gives is hardly ever a script: a syntax error.
 * @throws raises `bad argument #2 to 'run' (IV must be 16 bytes)`, `bad argument #3 to 'run' (key must be 32 bytes)`,
 *   and as the script does
 */
function luadarken_run(L: lua_State): number {
  const ciphertext = luaL_checklstring(L, 1)
  const iv = luaL_checklstring(L, 2)
  const key = luaL_checklstring(L, 3)
  luaL_argcheck(L, iv.length === LUADARKEN_IVLEN, 2, 'IV must be 16 bytes')
  luaL_argcheck(L, key.length === LUADARKEN_KEYLEN, 3, 'key must be 32 bytes')
  const cipher = createDecipheriv('aes-256-ctr', key, iv)
  const plain = Buffer.concat([cipher.update(ciphertext), cipher.final()])
  if (luaL_loadbufferx(L, plain, '=darken', 't') !== LUA_OK) return lua_error(L)
  const base = lua_gettop(L)
  const results = (L: lua_State) => lua_gettop(L) - base + 1
  lua_callk(L, 0, LUA_MULTRET, results)
  return results(L)
}

const luadarken_lib: luaL_Reg[] = [{ name: 'run', func: luadarken_run }]

LUNATIK_NEWLIB('darken', luadarken_lib, null)
