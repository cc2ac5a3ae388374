import t from 'tap'
import '../../src/lib/luafifo.js'
import { complete, type completion, wait_for_completion } from '../../src/lib/luacompletion.js'
import { agrees, evaluate, evaluator, share } from './eval.js'

t.test('what is done needs no wait', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("completion"))  =>  "new"
    keys(getmetatable(require("completion").new()))  =>  "__gc __index complete wait"
    (function() local c = require("completion").new() c:complete() return c:wait() end)()  =>  true
    (function() local c = require("completion").new() return c:wait(0) end)()  =>  nil  "timeout"
    (function() local c = require("completion").new() c:complete() c:complete() return c:wait(0), c:wait(0), c:wait(0) end)()  =>  true  true  nil  "timeout"
    (function() local c = require("completion").new() return c:wait("x") end)()  =>  ERROR "chunk:1: bad argument #1 to 'wait' (number expected, got string)"
    require("completion").new(5) ~= nil  =>  true
    require("completion").complete  =>  nil
    require("completion").new().wait(require("fifo").new(8))  =>  ERROR "chunk:1: bad argument #1 to 'wait' (invalid object)"
    require("completion").new().complete({})  =>  ERROR "chunk:1: bad argument #1 to 'complete' (invalid object)"
    `,
  )
})

t.test('a runtime that may not sleep completes, and does not wait', async (t) => {
  const a = evaluator(t)
  const b = evaluator(t, false)
  evaluate(a, '(function() C = require("completion").new() end)()')
  share(a, b, 'C')
  evaluate(b, 'C:complete()')
  t.equal(evaluate(b, 'C:wait(0)'), 'ERROR "chunk:1: runtime context mismatch"')
  t.equal(evaluate(a, 'C:wait(0)'), 'true')
})

t.test('each completion wakes one that waits, in the order of arrival', async (t) => {
  const x: completion = { done: 0, wait: new Set() }
  const woken: string[] = []
  for (const name of ['a', 'b', 'c']) wait_for_completion(x, null, (ok) => woken.push(`${name} ${ok}`))
  complete(x)
  t.strictSame(woken, ['a true'])
  complete(x)
  complete(x)
  complete(x)
  t.strictSame(woken, ['a true', 'b true', 'c true'])
  t.equal(x.done, 1)
})

t.test('a wait ends with its time, or when it is cancelled, and takes no completion', async (t) => {
  const x: completion = { done: 0, wait: new Set() }
  t.equal(await new Promise((wake) => wait_for_completion(x, 20, wake)), false)
  let woken = 0
  const cancel = wait_for_completion(x, 10, () => woken++)
  cancel()
  await new Promise((resolve) => setTimeout(resolve, 30))
  complete(x)
  t.equal(woken, 0)
  t.equal(x.done, 1)
  wait_for_completion(x, 10, () => woken++)
  complete(x)
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.equal(woken, 1, 'not again when the time is up')
})
