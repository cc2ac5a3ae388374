import t from 'tap'
import { bytesOf, isText, stringOf } from '../src/surrogateescape.js'

t.test('a name of UTF-8 is its text', async (t) => {
  for (const name of ['mydevice', 'Gerät', '設備', '🦉', 'a\ufffdb', '\ufeffbom', '']) {
    t.equal(stringOf(Buffer.from(name)), name)
    t.strictSame(bytesOf(name), Buffer.from(name))
    t.ok(isText(name))
  }
})

t.test('any other bytes have a string of their own, and come back', async (t) => {
  const names = [
    [0xff, 0xfe],
    [0x64, 0x6e, 0xff],
    [0xc3],
    [0xe2, 0x82],
    [0x80],
    [0xed, 0xa0, 0x80], // a surrogate, which UTF-8 has not
    [0xf0, 0x9f, 0xa6, 0x89, 0xf0, 0x9f],
    [0xc0, 0x80],
  ].map((bytes) => Buffer.from(bytes))
  const strings = names.map(stringOf)
  for (const [i, name] of strings.entries()) {
    t.strictSame(bytesOf(name), names[i])
    t.notOk(isText(name))
  }
  t.equal(new Set(strings).size, names.length)
})
