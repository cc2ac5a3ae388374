// What the engine refuses of Lua 5.5 with integers of 64 bits, and all that it must not refuse.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { luaL_refuse } from '../../src/lua/fengari-refuse.js'
import { luaL_loadbufferx } from '../../src/lua/lauxlib.js'
import { LUA_OK, lua_close, lua_newstate, type lua_State, lua_tostring } from '../../src/lua/lua.js'

/** `line: why`, or null. Characters of `source` are bytes. */
function refusal(source: string): string | null {
  const found = luaL_refuse(Buffer.from(source, 'latin1'))
  return found && `${found.line}: ${found.why}`
}

/** fengari's syntax error, or null. */
function syntaxError(bytes: Uint8Array): string | null {
  const L = lua_newstate() as lua_State
  const message = luaL_loadbufferx(L, bytes, '=chunk', null) === LUA_OK ? null : lua_tostring(L, -1)
  lua_close(L)
  return message
}

const has53 = 'fengari, this engine, has Lua 5.3'
const has32 = 'fengari, this engine, has 32 bits'
const declaration = `'global' as a declaration is Lua 5.5: ${has53}`

const syntax: [source: string, refusal: string | null][] = [
  ['local x <const> = 5', `1: '<const>' is Lua 5.4: ${has53}`],
  ['local x<const>=5', null], // `>=` is one symbol, also in the kernel
  ['\n\nlocal f <close> = open()', `3: '<close>' is Lua 5.4: ${has53}`],
  ['local a, b <const>, c = 1', `1: '<const>' is Lua 5.4: ${has53}`],
  ['local a --[[\n]] <--\nconst\n>', `3: '<const>' is Lua 5.4: ${has53}`],
  ['local <const> x, y = 1, 2', `1: 'local <const>' is Lua 5.5: ${has53}`],
  ['local <close> x = nil', `1: 'local <close>' is Lua 5.5: ${has53}`],
  ['f() local x <const> = 5', `1: '<const>' is Lua 5.4: ${has53}`],
  ['global x', `1: ${declaration}`],
  ['global x, y = 1, 2', `1: ${declaration}`],
  ['global\nx', `1: ${declaration}`],
  ['global <const> x', `1: ${declaration}`],
  ['global *', `1: ${declaration}`],
  ['global function f() end', `1: ${declaration}`],
  ['local a = {}\nglobal <const> *', `2: ${declaration}`],
  ['f()\nglobal x', `2: ${declaration}`],
  ['local a = 1 global x', `1: ${declaration}`],
  ['local a = "" global x', `1: ${declaration}`],
  ['local a = b\nglobal x', `2: ${declaration}`],
  ['local a = nil global x', `1: ${declaration}`],
  ['do global x end', `1: ${declaration}`],
  ['while x do end global *', `1: ${declaration}`],
  ['::l:: global x', `1: ${declaration}`],
  ['f(); global x', `1: ${declaration}`],
  ['f(); global function g() end', `1: ${declaration}`],
  ['local function f(...args) end', `1: '...args' is Lua 5.5: ${has53}`],
  ['return function(a,\r\n  ...t\r\n) end', `2: '...t' is Lua 5.5: ${has53}`],
  ['return "\\u{7FFFFFFF}"', `1: '\\u{7FFFFFFF}' is Lua 5.4: ${has53}`],
  ["\nreturn 'a\\\n\\u{110000}'", `3: '\\u{110000}' is Lua 5.4: ${has53}`],
]

const numbers: [numeral: string, refusal: string][] = [
  ['2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
  ['1099511627776', `1099511627776 is an integer of 64 bits: ${has32}`],
  ['a -2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
  ['5 - 2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
  ['f() - 2147483648', `2147483648 is an integer of 64 bits: ${has32}`],
  ['-2147483649', `2147483649 is an integer of 64 bits: ${has32}`],
  ['9223372036854775807', `9223372036854775807 is an integer of 64 bits: ${has32}`],
  ['9223372036854775808', `9223372036854775808 is an integer of more than 64 bits: ${has32}`],
  ['123456789012345678901', `123456789012345678901 is an integer of more than 64 bits: ${has32}`],
  ['0x100000000', `0x100000000 is an integer of 64 bits: ${has32}`],
  ['0XFFFFFFFFFFFFFFFF', `0XFFFFFFFFFFFFFFFF is an integer of 64 bits: ${has32}`],
  ['0x1ffffffffffffffff', `0x1ffffffffffffffff is an integer of more than 64 bits: ${has32}`],
  ['0xffffffff', `0xffffffff is 4294967295 in 64 bits: ${has32} and reads -1`],
  ['0x80000000', `0x80000000 is 2147483648 in 64 bits: ${has32} and reads -2147483648`],
  ['1 - 0x80000000', `0x80000000 is 2147483648 in 64 bits: ${has32} and reads -2147483648`],
  ['"\\z\r\n  \\"" , 4294967296', `4294967296 is an integer of 64 bits: ${has32}`],
]

/** What must pass. fengari reads each of these. */
const passing = [
  '',
  'local const, close, global = 1, 2, 3 return const < close, global',
  'local a, b, const = 1, 2, 3 return a <const, const> b',
  'local a, const, b = 1, 2, 3 return a < const == (const > b)',
  'local a = x return a < const, const > b',
  'f(a, b <const, c> d)',
  'global = 5 global.x = 5 global["x"] = 5 global:f() global(1) global "x" global {1} global [[x]] global , y = 1, 2',
  'local t = {1; global * 2, global < 3} return t',
  'local t = {global * 2; global\n}',
  'local x = global * 2 + global',
  'local x = global\ny = 1',
  'local x = a.global\nf()',
  'local x = -global\nf()',
  'local global\nf()',
  'local a, global\nf()',
  'repeat local a until global\nf()',
  'if global < 3 then end while global < 3 do break end',
  'return global < 3',
  'return not global == global',
  'for global = 1, 2 do goto global ::global:: end',
  'goto global ::global::\nf()',
  'function global() end function global.f() end',
  'for i = 1, 2 do goto continue; ::continue:: end',
  'local a = ...\nb = 3',
  'local a, b = 1, ...\nf(b)',
  'local function f(...) return (...) end f(...)',
  '-- local x <const>\n--[[ local x <const>\n]] --[==[ ]] global x ]==] return 1',
  '--[=\nreturn 1 --[',
  'return "local x <const> 0xffffffff", \'global x\', [[\n...args) ]], [==[ ]] ]=] 0xffffffff ]==]',
  'return "\\"local x <const>", \'\\\'\\\\\', "\\\nglobal x", "\\z  \n  global x", "\\x41\\065\\u{10FFFF}\\u{0000041}"',
  'local t = {} t[t[1]] = [[x]] t[ [[y]] ] = 1',
  'return 2147483647, -2147483648, - 2147483648, (-2147483648), {-2147483648}, 1 + -2147483648, 00000000000000000001',
  'return 0x7fffffff, -0x80000000, 0x00000000000000000000ff, 0X7FFFFFFF',
  'return 1e10, 4294967296.0, 1e+100, 0x1p40, 0x1.8p+33, 2147483648e0, .12345678901, 12345678901., 3e-10',
  'return "\xe9\xff\x00", 1',
  'return a..1, 1 .. 2, 3 //2, 1<<31, 2>>1, 1~=2, 1<=2, 1>=2, ~5, a0x100000000',
]

t.test('syntax of Lua 5.4 and 5.5', async (t) => {
  for (const [source, expected] of syntax) {
    t.equal(refusal(source), expected, source)
    t.not(syntaxError(Buffer.from(source)), null, source)
  }
})

t.test('integers beyond 32 bits', async (t) => {
  for (const [numeral, expected] of numbers)
    t.equal(refusal(`\r\n\nlocal x = ${numeral}`)?.replace(/^\d: /, ''), expected)
})

t.test('lines count as in Lua, whatever ends them', async (t) => {
  const lines = ['\n', '\r', '\r\n', '\n\r', '--[[\r\n]]', '--x\r\n', '[[\n]]\n', '"\\\r\n\\z \n"', "'\\\n\r'"]
  for (const line of lines) {
    const source = `local x = {${line.startsWith('\n') ? '' : ' '}${line}, ? 0xffffffff`
    const own = syntaxError(Buffer.from(source))?.match(/^chunk:(\d+): /)?.[1]
    t.equal(refusal(source)?.match(/^\d+/)?.[0], own, JSON.stringify(line))
  }
})

t.test('what Lua 5.3 has passes', async (t) => {
  for (const source of passing) {
    t.equal(refusal(source), null, source)
    t.equal(syntaxError(Buffer.from(source, 'latin1')), null, source)
  }
})

t.test('what is no Lua is left to fengari', async (t) => {
  const rest = '\nlocal x <const> = 0xffffffff'
  for (const source of ['x = "', "x = '\\", 'x = [[', 'x = [==', '--[[', '"\\u{80000000}" "']) {
    t.equal(refusal(source + rest), null, source)
    t.not(syntaxError(Buffer.from(source + rest)), null, source)
  }
  t.equal(refusal(`\x1bLua${rest}`), null, 'a binary chunk')
  t.equal(refusal('local x <foo> = 1'), null, 'an attribute that no Lua has')
})

t.test("the repository's own scripts pass", async (t) => {
  let compiled = 0
  for (const folder of ['lua', 'test/conformance/cases']) {
    const root = fileURLToPath(new URL(`../../../${folder}`, import.meta.url))
    for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.lua')) continue
      const bytes = readFileSync(`${root}/${file}`)
      if (syntaxError(bytes) !== null) continue
      compiled++
      t.equal(luaL_refuse(bytes), null, file)
    }
  }
  t.ok(compiled > 40)
})
