// What the tests of the module crypto share.
import type { Test } from 'tap'
import '../../src/lib/libs.js'
import { evaluator } from './eval.js'

const more = `
crypto = require("crypto")
function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
function bin(s) return (s:gsub("%X", ""):gsub("..", function(c) return string.char(tonumber(c, 16)) end)) end
-- The digest of data, at once.
function digest(alg, data, key)
  local h = crypto.shash(alg)
  if key then h:setkey(key) end
  return hex(h:digest(data))
end
-- The same in parts of n bytes.
function parts(alg, data, n, key)
  local h = crypto.shash(alg)
  if key then h:setkey(key) end
  h:init()
  for i = 1, #data, n do h:update(data:sub(i, i + n - 1)) end
  return hex(h:final())
end
-- Each byte from 0 on.
function count(n) local t = {} for i = 0, n - 1 do t[#t + 1] = string.char(i % 256) end return table.concat(t) end
`

/** A runtime that evaluates expressions and has these functions. */
export const withCrypto = (t: Test, sleep = true) => evaluator(t, sleep, sleep ? more : 'crypto = require("crypto")')
