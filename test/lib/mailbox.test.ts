// lua/mailbox.lua.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import '../../src/lib/luacompletion.js'
import '../../src/lib/luafifo.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

const lua = fileURLToPath(new URL('../../../lua', import.meta.url))
const path = `package.path = package.path .. ";${lua}/?.lua"`

t.test('what one runtime sends another receives', async (t) => {
  const a = evaluator(t, true, path)
  const b = evaluator(t, true, path)
  t.equal(evaluate(a, 'keys(require("mailbox"))'), '"inbox outbox"')
  evaluate(a, '(function() Q, C = require("fifo").new(64), require("completion").new() end)()')
  share(a, b, 'Q')
  share(a, b, 'C')
  evaluate(b, '(function() local o = require("mailbox").outbox(Q, C) o:send("from sub") o:send("") o:send("x") end)()')
  const receive = 'require("mailbox").inbox(Q, C):receive(0)'
  t.equal(evaluate(a, receive), '"from sub"  8')
  t.equal(evaluate(a, receive), '""  0')
  t.equal(evaluate(a, receive), '"x"  1')
  t.match(evaluate(a, receive), /^ERROR ".*timeout"$/)
})

t.test('each end does one thing', async (t) => {
  const r = evaluator(t, true, path)
  t.match(evaluate(r, 'require("mailbox").inbox(64):send("x")'), 'receive-only mailbox')
  t.match(evaluate(r, 'require("mailbox").outbox(64):receive()'), 'send-only mailbox')
  t.match(evaluate(r, 'require("mailbox").outbox(16):send("123456789")'), 'not enough space')
  agrees(
    t,
    r,
    `
    (function() Q, C = require("fifo").new(64), require("completion").new() I = require("mailbox").inbox(Q, C) C:complete() return I:receive(0) end)()  =>  nil
    `,
  )
  evaluate(r, '(function() Q:push("abc") C:complete() end)()')
  t.match(evaluate(r, 'I:receive(0)'), 'malformed message')
})
