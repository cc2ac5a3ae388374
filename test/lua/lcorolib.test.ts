import t, { type Test } from 'tap'
import { luaL_loadbufferx, luaL_newstate, luaL_requiref } from '../../src/lua/lauxlib.js'
import { callerValues, lua_newcaller, lua_suspend, lua_wassuspended } from '../../src/lua/lcorolib.js'
import {
  LUA_OK,
  LUA_YIELD,
  lua_close,
  lua_gettop,
  lua_pop,
  lua_pushcfunction,
  lua_pushstring,
  lua_resume,
  type lua_State,
  lua_setglobal,
  lua_toboolean,
  lua_tostring,
  lua_type,
  lua_typename,
} from '../../src/lua/lua.js'
import { luaopen_base, luaopen_coroutine, luaopen_string, luaopen_table } from '../../src/lua/lualib.js'

/** How often `nap` has been called. */
let naps = 0

/** `nap(...)`: suspends everything; its result is the nap's number. */
const nap = (L: lua_State) => {
  const n = ++naps
  return lua_suspend(L, (L) => {
    lua_pushstring(L, `nap ${n}`)
    return 1
  })
}

/** Runs a chunk as a call from outside of Lua. Returns its results as text, and how often it was suspended. */
function run(t: Test, chunk: string): { results: string[]; status: number; suspensions: number } {
  const L = luaL_newstate() as lua_State
  t.teardown(() => lua_close(L))
  for (const [name, open] of [
    ['_G', luaopen_base],
    ['coroutine', luaopen_coroutine],
    ['string', luaopen_string],
    ['table', luaopen_table],
  ] as const) {
    luaL_requiref(L, name, open, true)
    lua_pop(L, 1)
  }
  lua_pushcfunction(L, nap)
  lua_setglobal(L, 'nap')
  naps = 0
  const co = lua_newcaller(L)
  if (luaL_loadbufferx(co, Buffer.from(chunk), '=chunk', null) !== LUA_OK) throw new Error(lua_tostring(co, -1) ?? '')
  let status = lua_resume(co, L, 0)
  let suspensions = 0
  while (status === LUA_YIELD) {
    if (!lua_wassuspended()) throw new Error('yielded by itself')
    suspensions++
    status = lua_resume(co, L, 0)
  }
  const results = []
  for (let i = status === LUA_OK ? callerValues + 1 : lua_gettop(co); i <= lua_gettop(co); i++) {
    const type = lua_typename(co, lua_type(co, i))
    results.push(type === 'boolean' ? String(lua_toboolean(co, i)) : (lua_tostring(co, i) ?? type))
  }
  return { results, status, suspensions }
}

/** The results of a chunk that is never suspended. */
function evaluate(t: Test, chunk: string): string[] {
  const { results, suspensions } = run(t, chunk)
  t.equal(suspensions, 0)
  return results
}

t.test('a coroutine gets what resume passes, and resume gets what it yields and returns', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local co = coroutine.create(function(a, b)
         local c, d = coroutine.yield(a + b)
         local none = select("#", coroutine.yield())
         return c, d, none
       end)
       local r = {}
       for _, given in ipairs({{1, 2}, {"x", nil, n = 2}, {}, {}}) do
         local got = table.pack(coroutine.resume(co, table.unpack(given, 1, given.n or #given)))
         for i = 1, got.n do r[#r + 1] = tostring(got[i]) end
         r[#r + 1] = coroutine.status(co)
       end
       return table.concat(r, " ")`,
    ),
    ['true 3 suspended true suspended true x nil 0 dead false cannot resume dead coroutine dead'],
  )
})

t.test('create and wrap take functions only, C functions included', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `return select(2, pcall(coroutine.create, 1)), select(2, pcall(coroutine.wrap)),
         coroutine.wrap(select)("#", 1, 2), coroutine.wrap(pcall)(error, "x")`,
    ),
    [
      "bad argument #1 to 'coroutine.create' (function expected, got number)",
      "bad argument #1 to 'coroutine.wrap' (function expected, got no value)",
      '2',
      'false',
      'x',
    ],
  )
})

t.test('resume, status and isyieldable name what they were given instead of a thread', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `return select(2, pcall(coroutine.resume, print)), select(2, pcall(coroutine.status, {})),
         select(2, pcall(coroutine.status))`,
    ).map((message) => message.replace(/'.*'/, "''")),
    Array(3).fill("bad argument #1 to '' (thread expected)"),
  )
})

t.test(
  'an error ends a coroutine: resume returns it whatever its type, and its stack is left to look at',
  async (t) => {
    t.strictSame(
      evaluate(
        t,
        `local co = coroutine.create(function() error("oops") end)
       local ok, message = coroutine.resume(co)
       local _, t = coroutine.resume(coroutine.create(function() error({}) end))
       local _, none = coroutine.resume(coroutine.create(function() error() end))
       return ok, message, coroutine.status(co), type(t), none, select(2, coroutine.resume(co))`,
      ),
      ['false', 'chunk:1: oops', 'dead', 'table', '<no error object>', 'cannot resume dead coroutine'],
    )
  },
)

t.test('wrap raises the error, with the position of the call before a string and as it is otherwise', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local f = coroutine.wrap(function() error("inside") end)
       local g = coroutine.wrap(function() error({}) end)
       local ok, message = pcall(function()

         f()
       end)
       local _, t = pcall(g)
       local _, dead = pcall(function() f() end)
       return ok, message, type(t), dead`,
    ),
    ['false', 'chunk:5: chunk:1: inside', 'table', 'chunk:8: cannot resume dead coroutine'],
  )
})

t.test('status tells running, normal, suspended and dead', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local outer, r = nil, {}
       outer = coroutine.create(function()
         local inner = coroutine.create(function()
           r[#r + 1] = coroutine.status(outer)
           coroutine.yield()
         end)
         r[#r + 1] = coroutine.status(inner)
         coroutine.resume(inner)
         r[#r + 1] = coroutine.status(inner)
         r[#r + 1] = coroutine.status(outer)
       end)
       coroutine.resume(outer)
       return table.concat(r, " "), coroutine.status(outer)`,
    ),
    ['suspended normal suspended running', 'dead'],
  )
})

t.test('a coroutine can resume neither itself nor who resumes it', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local outer = coroutine.running()
       local self = select(2, coroutine.resume(coroutine.running()))
       local _, _, message = coroutine.resume(coroutine.create(function() return coroutine.resume(outer) end))
       return self, message`,
    ),
    ['cannot resume non-suspended coroutine', 'cannot resume non-suspended coroutine'],
  )
})

t.test('the thread of a call from outside is the main one: it is running, and can not yield', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local co, main = coroutine.running()
       local _, message = pcall(coroutine.yield, 1)
       local inside = coroutine.wrap(function()
         local co, main = coroutine.running()
         return type(co), main, coroutine.isyieldable()
       end)
       local type_, ismain, isyieldable = inside()
       return type(co), main, coroutine.isyieldable(), message, type_, ismain, isyieldable`,
    ),
    ['thread', 'true', 'false', 'attempt to yield from outside a coroutine', 'thread', 'false', 'true'],
  )
})

t.test('a coroutine yields through pcall, iterators and metamethods, but not through table.sort', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local yield = coroutine.yield
       local co = coroutine.wrap(function()
         pcall(yield, 1)
         for _ in function(_, i) yield(2) return nil end do end
         local _ = setmetatable({}, {__index = function() yield(3) end}).x
         return select(2, pcall(table.sort, {2, 1}, function(a, b) yield(4) return a < b end))
       end)
       return co(), co(), co(), co()`,
    ),
    ['1', '2', '3', 'attempt to yield across a C-call boundary'],
  )
})

t.test('fifty values go in and out', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local fifty = {} for i = 1, 50 do fifty[i] = i end
       local co = coroutine.create(function(...) return coroutine.yield(...) end)
       local function last(...) return select("#", ...), (select(-1, ...)) end
       local n, l = last(coroutine.resume(co, table.unpack(fifty)))
       local m, k = last(coroutine.resume(co, table.unpack(fifty)))
       return n, l, m, k`,
    ),
    ['51', '50', '51', '50'],
  )
})

t.test('a C function suspends the call, and its continuation gives the results', async (t) => {
  t.strictSame(run(t, 'return nap(), nap()'), { results: ['nap 1', 'nap 2'], status: LUA_OK, suspensions: 2 })
})

t.test('a suspension passes through nested coroutines, which never see it', async (t) => {
  t.strictSame(
    run(
      t,
      `local function nest(depth)
         if depth == 0 then
           local a = nap()
           coroutine.yield(a)
           return nap()
         end
         local inner = coroutine.wrap(nest)
         coroutine.yield(inner(depth - 1))
         return inner()
       end
       local co = coroutine.create(nest)
       local _, a = coroutine.resume(co, 3)
       local status = coroutine.status(co)
       local _, b = coroutine.resume(co)
       return a, status, b, coroutine.status(co)`,
    ),
    { results: ['nap 1', 'suspended', 'nap 2', 'dead'], status: LUA_OK, suspensions: 2 },
  )
})

t.test('while a nested coroutine is suspended, the outer ones are normal again afterwards', async (t) => {
  t.strictSame(
    run(
      t,
      `local outer = coroutine.create(function(self)
         return coroutine.wrap(function() nap() return coroutine.status(self), coroutine.isyieldable() end)()
       end)
       return coroutine.resume(outer, outer)`,
    ).results,
    ['true', 'normal', 'true'],
  )
})

t.test('an error after a suspension arrives where one without would', async (t) => {
  t.strictSame(
    run(
      t,
      `local co = coroutine.create(function() nap() error("late") end)
       local ok, message = coroutine.resume(co)
       local wrapped = select(2, pcall(function() coroutine.wrap(function() nap() error("late") end)() end))
       return ok, message, coroutine.status(co), wrapped`,
    ).results,
    ['false', 'chunk:1: late', 'dead', 'chunk:3: chunk:3: late'],
  )
  const { status, results } = run(t, 'nap() error("out")')
  t.not(status, LUA_OK)
  t.strictSame(results, ['chunk:1: out'])
})

t.test(
  'a coroutine that has slept below table.sort, or below tostring, yields as little as one that has not',
  async (t) => {
    const { results } = run(
      t,
      `local yields = function(a, b) nap() local ok, m = pcall(coroutine.yield) nap()
       error(tostring(ok) .. tostring(coroutine.isyieldable()) .. m, 0) end
     local f = coroutine.wrap(function()
       local _, sort = pcall(table.sort, {2, 1}, yields)
       local _, text = pcall(tostring, setmetatable({}, {__tostring = yields}))
       coroutine.yield(sort, text)
       return coroutine.isyieldable() end)
     local sort, text = f() return sort, text, f()`,
    )
    const refused = 'falsefalseattempt to yield across a C-call boundary'
    t.strictSame(results, [refused, refused, 'true'])
  },
)

t.test('where a coroutine runs below what can not be left, nothing is suspended and the error says so', async (t) => {
  t.strictSame(
    run(
      t,
      `local co
       local _, direct = xpcall(error, function() return select(2, pcall(nap)) end)
       local _, below = xpcall(error, function()
         co = co or coroutine.create(function() nap() return "woke" end)
         return select(3, pcall(coroutine.resume, co))
       end)
       return direct, below, coroutine.status(co), coroutine.wrap(function() return nap() end)() ~= nil`,
    ),
    {
      results: [
        'attempt to yield across a C-call boundary',
        'attempt to yield across a C-call boundary',
        'dead',
        'true',
      ],
      status: LUA_OK,
      suspensions: 1,
    },
  )
})

t.test('close ends a suspended coroutine, and gives the error of one that had failed, once', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local kept
       local co = coroutine.create(function(a) local b = {a} kept = function() return b[1] end pcall(coroutine.yield) end)
       coroutine.resume(co, "captured")
       local closed, n = coroutine.close(co), select("#", coroutine.close(co))
       local _, dead = coroutine.resume(co)
       local failed = coroutine.create(function() error("oops") end)
       coroutine.resume(failed)
       local ok, message = coroutine.close(failed)
       local new = coroutine.create(print)
       return closed, n, coroutine.status(co), dead, kept(), ok, message, coroutine.close(failed), coroutine.status(failed),
         coroutine.close(new), coroutine.status(new)`,
    ),
    [
      'true',
      '1',
      'dead',
      'cannot resume dead coroutine',
      'captured',
      'false',
      'chunk:6: oops',
      'true',
      'dead',
      'true',
      'dead',
    ],
  )
})

t.test('close raises for a coroutine that runs or has resumed the one that does, and for what is none', async (t) => {
  t.strictSame(
    evaluate(
      t,
      `local main = coroutine.running()
       local co co = coroutine.create(function()
         local _, own = pcall(coroutine.close, co)
         return own, select(2, pcall(coroutine.close, main)), coroutine.status(co)
       end)
       local _, own, outer, status = coroutine.resume(co)
       return own, outer, status, (select(2, pcall(coroutine.close, 1)))`,
    ),
    [
      'cannot close a running coroutine',
      'cannot close a normal coroutine',
      'running',
      "bad argument #1 to 'coroutine.close' (thread expected)",
    ],
  )
})
