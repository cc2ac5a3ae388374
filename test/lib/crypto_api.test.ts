import t from 'tap'
import { crypto_template, crypto_walk } from '../../src/lib/crypto_api.js'
import type { lua_State } from '../../src/lua/lua.js'

t.test('a template has what stands in its parentheses', async (t) => {
  t.strictSame(crypto_template('hmac(sha256)'), { tmpl: 'hmac', of: 'sha256' })
  t.strictSame(crypto_template('rfc4106(gcm(aes))'), { tmpl: 'rfc4106', of: 'gcm(aes)' })
  for (const name of ['', 'sha256', 'hmac()', '(x)', 'hmac(x', 'hmac(x)y']) t.equal(crypto_template(name), null, name)
})

t.test('the clock is looked at between the parts of long data', async (t) => {
  const L = {} as lua_State
  const parts: [number, number][] = []
  const looks: lua_State[] = []
  const data = new Uint8Array((5 << 20) + 1)
  crypto_walk(
    L,
    data,
    (part, at) => parts.push([at, part.length]),
    (L) => void looks.push(L),
  )
  const whole = [0, 1, 2, 3, 4].map((n) => [n << 20, 1 << 20])
  t.strictSame(parts, [...whole, [5 << 20, 1]])
  t.strictSame(looks, Array(6).fill(L))
  const raise = () => {
    throw new Error('the deadline')
  }
  t.throws(() => crypto_walk(L, data, () => {}, raise), { message: 'the deadline' })
  crypto_walk(L, new Uint8Array(), (part) => t.equal(part.length, 0, 'none are one part'), raise)
})
