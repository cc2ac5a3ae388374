// luacrypto_core.c: the module `crypto`.
import type { luaL_Reg } from '../lua/lauxlib.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { luacrypto_shash_class, luacrypto_shash_new } from './luacrypto_shash.js'

const luacrypto_lib: luaL_Reg[] = [{ name: 'shash', func: luacrypto_shash_new }]

const luacrypto_classes = LUNATIK_CLASSES('crypto', luacrypto_shash_class)
LUNATIK_NEWLIB('crypto', luacrypto_lib, luacrypto_classes)
