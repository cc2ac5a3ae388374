import t from 'tap'
import { finds } from './checked.js'

t.test('metamethods that nothing calls', async (t) => {
  finds(t, [
    ['return { __div = print }', '1:10 warning dead-metamethod'],
    ['local mt = {} function mt.__pow(a, b) end', '1:24 warning dead-metamethod'],
    ['local mt = {} mt["__div"] = print', '1:15 warning dead-metamethod'],
  ])
  finds(t, [
    ['return { __idiv = print, __div = print }'],
    ['local mt = { __div = print } mt.__idiv = mt.__div'],
    ['return { __add = print, __mod = print }, ({}).__pow'],
  ])
})
