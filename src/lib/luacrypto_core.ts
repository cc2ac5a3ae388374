// luacrypto_core.c: the module `crypto`.
import type { luaL_Reg } from '../lua/lauxlib.js'
import { LUNATIK_CLASSES, LUNATIK_NEWLIB } from '../lunatik/lunatik_newlib.js'
import { luacrypto_aead_class, luacrypto_aead_new } from './luacrypto_aead.js'
import { luacrypto_comp_class, luacrypto_comp_new } from './luacrypto_comp.js'
import { luacrypto_rng_class, luacrypto_rng_new } from './luacrypto_rng.js'
import { luacrypto_shash_class, luacrypto_shash_new } from './luacrypto_shash.js'
import { luacrypto_skcipher_class, luacrypto_skcipher_new } from './luacrypto_skcipher.js'

const luacrypto_lib: luaL_Reg[] = [
  { name: 'shash', func: luacrypto_shash_new },
  { name: 'skcipher', func: luacrypto_skcipher_new },
  { name: 'aead', func: luacrypto_aead_new },
  { name: 'rng', func: luacrypto_rng_new },
  { name: 'comp', func: luacrypto_comp_new },
]

const luacrypto_classes = LUNATIK_CLASSES(
  'crypto',
  luacrypto_shash_class,
  luacrypto_skcipher_class,
  luacrypto_aead_class,
  luacrypto_rng_class,
  luacrypto_comp_class,
)
LUNATIK_NEWLIB('crypto', luacrypto_lib, luacrypto_classes)
