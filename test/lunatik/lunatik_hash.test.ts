// variants: default
import t from 'tap'
import { lunatik_hash } from '../../src/lunatik/lunatik_hash.js'

t.test('the hash is that of lstring.c', async (t) => {
  const bytes = Buffer.from('lunatik')
  t.equal(lunatik_hash(new Uint8Array(), 0, 0), 0)
  t.equal(lunatik_hash(bytes, 7, 0), 2048166471)
  t.equal(lunatik_hash(bytes, 7, 0xdeadbeef), 2930186287)
  t.equal(lunatik_hash(Uint8Array.of(0xff, 0, 0x80), 3, 1), 198105)
  t.equal(lunatik_hash(Buffer.from('lunatik and more'), 7, 0), 2048166471)
})
