// What upstream's LUNATIK_PRIVATECHECKER takes a class for, later than the document: a method called with an object of
// another class. There the private data would be taken for what they are not.
import { luaL_argcheck } from '../lua/lauxlib.js'
import type { lua_State } from '../lua/lua.js'
import type { lunatik_anyclass_t } from '../lunatik/lunatik_obj.js'
import { lunatik_checkobject } from '../lunatik/lunatik_userdata.js'

/**
 * A check for LUNATIK_PRIVATECHECKER: raises `invalid object` for an object of another class.
 * @param cls gives the class, which is made after its methods
 */
export const class_check = (cls: () => lunatik_anyclass_t) => (L: lua_State, ix: number) => {
  luaL_argcheck(L, lunatik_checkobject(L, ix).class === cls(), ix, 'invalid object')
}
