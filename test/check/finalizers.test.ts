import t from 'tap'
import { finds } from './checked.js'

t.test('what sleeps in a finalizer', async (t) => {
  finds(t, [
    ['local linux = require("linux") return { __gc = function() linux.schedule(1) end }', '1:59 warning sleeps'],
    ['local c = require("completion").new() return { __gc = function() c:wait() end }', '1:66 warning sleeps'],
  ])
  finds(t, [
    ['local linux = require("linux") return { __close = function() linux.schedule(1) end }'],
    ['local linux = require("linux") return { __gc = function() return function() linux.schedule(1) end end }'],
    ['local linux = require("linux") return { __gc = function() linux.time() end }'],
  ])
})
