// What a script may try on the engine below: it gets an error, and the next runtime works. With the engine wasm all
// runtimes share one memory and one stack of C.
// process: its own
import t, { type Test } from 'tap'
import '../../src/lib/libs.js'
import { lunatik_newruntime, type lunatik_newruntime_t, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE } from '../../src/lunatik/lunatik_obj.js'
import { collects } from '../engine.js'
import { processorTime } from '../processor.js'
import { logged, scripts } from './states.js'

const ofWasm = collects ? false : 'is about the engine wasm'

/** Runs a script to its end, then another. Returns what `print` wrote, and the message of a script that failed. */
async function survives(t: Test, text: string): Promise<string[]> {
  scripts(t, { 's.lua': text, 'next.lua': 'print("next", #("x"):rep(1000))' })
  const log = logged(t)
  const run = async (script: string): Promise<lunatik_newruntime_t> => {
    const made = await lunatik_newruntime(script, LUNATIK_OPT_NONE)
    if (made.runtime !== null) lunatik_stop(made.runtime)
    return made
  }
  const { message } = await run('s')
  const said = [...log, ...(message === null ? [] : [message])]
  log.length = 0
  for (let i = 0; i < 3; i++) t.equal((await run('next')).message, null)
  t.strictSame(log, Array(3).fill('next\t1000'))
  return said
}

t.test('runtimes in runtimes come to an end before the stack of C does', { skip: ofWasm }, async (t) => {
  const said = await survives(
    t,
    `local lunatik = require("lunatik")
     local function deep(n)
       if n > 0 then return string.gsub("x", "x", function() deep(n - 1) end) end
       local ok, message = pcall(lunatik.runtime, "s")
       if not ok then print(message) end
     end
     deep(60)`,
  )
  t.ok(said.some((line) => /stack overflow/.test(line)))
})

t.test('a coroutine that resumes itself keeps what it waits for', { skip: ofWasm }, async (t) => {
  t.strictSame(
    await survives(
      t,
      `local co
       co = coroutine.create(function()
         local pairs_ = function() coroutine.resume(co) coroutine.yield(1) return next, {a = 1} end
         for k, v in pairs(setmetatable({}, {__pairs = pairs_})) do print(k, v) end
         return "end"
       end)
       print(coroutine.resume(co))
       print(coroutine.resume(co))`,
    ),
    ['true\t1', 'a\t1', 'true\tend'],
  )
})

t.test('a finalizer may use what is collected with its value, also at the end', { skip: ofWasm }, async (t) => {
  t.strictSame(
    await survives(
      t,
      `do
         local value = setmetatable({}, {__gc = function(o) o.wrapped() end})
         value.wrapped = coroutine.wrap(function() print("in the coroutine") end)
       end
       collectgarbage() collectgarbage()
       kept = setmetatable({}, {__gc = function() print(type(byteorder.htobe16(1))) end})
       byteorder = require("byteorder")`,
    ),
    ['in the coroutine', 'number'],
  )
})

t.test('what is no table where C takes one for granted is an error', { skip: ofWasm }, async (t) => {
  t.match(await survives(t, 'debug.getregistry()._LOADED = 0x7ffffff0 error("still told")'), [/s\.lua:1: still told/])
  t.match(
    await survives(
      t,
      `for k in pairs(debug.getregistry()) do
         if type(k) == "userdata" then debug.getregistry()[k] = 0x110000 end
       end
       print(pcall(load, function() end))`,
    ),
    [/^false\t/],
  )
  t.match(
    await survives(
      t,
      `table.insert(package.searchers, 1, function()
         for i = 1, 8 do print((pcall(debug.setlocal, 2, i, 0x7ffffff0)), (debug.setlocal(2, i, 0x7ffffff0))) end
       end)
       print((pcall(require, "nosuch")))`,
    ),
    [...Array(8).fill('true\tnil'), 'false'],
  )
})

t.test('the collector’s own finalizer takes no address from a script', { skip: ofWasm }, async (t) => {
  const said = await survives(
    t,
    `local x = 1
     local function f() return x end
     for k, v in pairs(debug.getregistry()) do
       local gc = type(k) == "userdata" and type(v) == "table" and rawget(v, "__gc")
       if gc then for i = 1, 5 do print((pcall(gc, debug.upvalueid(f, 1)))) end end
     end
     collectgarbage()
     print(f())`,
  )
  t.ok(said.length > 1)
  t.equal(said.at(-1), '1')
})

t.test('an object that has lost its hidden value is never another', { skip: ofWasm }, async (t) => {
  t.match(
    await survives(
      t,
      `local data = require("data").new(64)
       debug.setuservalue(data, nil, 2)
       collectgarbage() collectgarbage() collectgarbage()
       local fifo = require("fifo").new(64)
       print(pcall(function() return data:getbyte(0) end))
       print((pcall(fifo.push, fifo, "x")))`,
    ),
    [/^false\t.*invalid object/, 'true'],
  )
})

t.test('a format, a move and a name of any size are answered at once', async (t) => {
  const script = `
    print(pcall(string.format, "a" .. ("%00"):rep(4000)))
    print(pcall(table.move, {}, 1, math.maxinteger - 1, 2))
    print(pcall(require, ("x"):rep(1 << 20)))
    print(#string.rep(("x"):rep(5000), 1, ","))`
  const work = await processorTime(async () =>
    t.match(await survives(t, script), [
      /^false\t/,
      /^false\t.*too many elements to move/,
      /^false\t.*name is too long/,
      '5000',
    ]),
  )
  t.ok(work < 20_000, `${work} ms`)
})
