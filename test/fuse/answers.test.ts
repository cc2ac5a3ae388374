// variants: default
import t from 'tap'
import { EIO } from '../../src/errno.js'
import { checkAnswer, faultOf } from '../../src/fuse/answers.js'
import { logged } from '../lunatik/states.js'

t.test('an answer is an errno or at most what was asked for; anything else is EIO with a line', async (t) => {
  const log = logged(t)
  for (const ret of [0, 5, -1, -4095]) t.equal(checkAnswer('read', 5, ret), ret)
  t.strictSame(log, [])
  for (const ret of [6, -4096, 0.5, Number.NaN, '4', null, undefined]) t.equal(checkAnswer('read', 5, ret), -EIO)
  t.equal(log.length, 7)
  t.equal(log[0], 'fuse: read: 6 is no answer: an errno or at most 5')
})

t.test('an exception is EIO with its message', async (t) => {
  const log = logged(t)
  t.equal(faultOf('write', new TypeError('x')), -EIO)
  t.strictSame(log, ['fuse: write: TypeError: x'])
})
