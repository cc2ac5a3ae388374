// Data objects of memory where the engine reads for itself: each method gives what it gives of any other object.
import t, { type Test } from 'tap'
import { luadata_clear, luadata_newexternal, type luadata_object, luadata_reset } from '../../src/lib/luadata.js'
import '../../src/lib/luabyteorder.js'
import '../../src/lib/luarcu.js'
import { lua_pcall, lua_pop, type lua_State, lua_setglobal, lua_tostring, luaL_loadstring } from '../../src/index.js'
import { lunatik_run, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { user_memory } from '../../src/vfs/uaccess.js'
import '../../src/lib/luadevice.js'
import { runtime } from '../lunatik/states.js'

const memory = user_memory(4096)
for (let i = 0; i < memory.length; i++) memory[i] = (i * 151 + (i >> 4)) & 0xff

/** Runs Lua with two objects of the same bytes: `window`, and `plain`, which has memory of JavaScript's. */
function withObjects(t: Test, begin: number, length: number) {
  const r = runtime(t, '')
  const objects: { window: luadata_object | null } = { window: null }
  const lua = (L: lua_State, text: string): string => {
    if (luaL_loadstring(L, text) !== 0 || lua_pcall(L, 0, 1, 0) !== 0) t.fail(lua_tostring(L, -1) ?? '')
    const result = lua_tostring(L, -1) ?? ''
    lua_pop(L, 1)
    return result
  }
  let out = ''
  const run = (text: string): string => {
    t.equal(
      lunatik_run(r, (L) => {
        out = lua(L, text)
        return 0
      }),
      0,
    )
    return out
  }
  lunatik_run(r, (L) => {
    objects.window = luadata_newexternal(L)
    luadata_reset(objects.window, memory, begin, length)
    lua_setglobal(L, 'window')
    return 0
  })
  const bytes = [...memory.subarray(begin, begin + length)]
  run(`plain = require("data").new(${Math.max(length, 1)}, "single")
    for i, byte in ipairs({${bytes.join(',')}}) do plain:setbyte(i - 1, byte) end`)
  return { run, window: objects.window as unknown as luadata_object, runtime: r }
}

/** Lua that calls a method of both objects with the same arguments, and says where they differ. */
const same = `
  function same(name, ...)
    local a, b = table.pack(pcall(window[name], window, ...)), table.pack(pcall(plain[name], plain, ...))
    local differs = a.n ~= b.n
    for i = 1, a.n do differs = differs or a[i] ~= b[i] or type(a[i]) ~= type(b[i]) end
    if not differs then return end
    local said = { name }
    for _, value in ipairs{ ..., "=>", a[2], b[2] } do said[#said + 1] = tostring(value) end
    error(table.concat(said, " "))
  end`

for (const [begin, length] of [
  [64, 100],
  [7, 1],
  [1001, 9],
] as const) {
  t.test(`each getter of ${length} bytes gives the same with a window as without`, async (t) => {
    const { run } = withObjects(t, begin, length)
    run(same)
    const calls = run(`
      local far = { math.maxinteger, math.mininteger, math.maxinteger - 3, 1 << 31, -(1 << 31), (1 << 31) - 1 }
      local places = { "0", "1", "x", "", false, true, {}, table.unpack(far) }
      for i = -3, ${length} + 3 do places[#places + 1] = i end
      local calls = 0
      for _, name in ipairs{ "byte", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "number" } do
        same("get" .. name)
        same("get" .. name, nil)
        for _, place in ipairs(places) do
          same("get" .. name, place)
          same("get" .. name, place, "more")
          calls = calls + 1
        end
      end
      for _, place in ipairs(places) do
        same("getstring", place)
        for i, length in ipairs(places) do
          if i % 7 == calls % 7 then same("getstring", place, length) end
          calls = calls + 1
        end
      end
      return tostring(calls)`)
    t.ok(Number(calls) > 100, calls)
    t.equal(run('return tostring(#window == #plain and tostring(window) == tostring(plain))'), 'true')
  })
}

t.test('what is written is read, by either side', async (t) => {
  const { run } = withObjects(t, 200, 16)
  t.equal(run('window:setuint16(3, 0x1234) return tostring(window:getuint16(3))'), String(0x1234))
  t.equal((memory[203] as number) | ((memory[204] as number) << 8), 0x1234)
  memory[203] = 0xff
  t.equal(run('return tostring(window:getint8(3))'), '-1')
  t.equal(run('return window:getstring(3, 2)'), '\u{fffd}\u0012')
})

t.test('memory that is taken away is out of bounds, and another is seen', async (t) => {
  const { run, window } = withObjects(t, 0, 8)
  const get = () => run('return select(2, pcall(window.getuint8, window, 0))')
  const first = get()
  t.equal(first, String(memory[0]))
  luadata_clear(window)
  t.match(get(), /out of bounds/)
  luadata_reset(window, Uint8Array.of(42, 43))
  t.equal(get(), '42', 'which is not where the engine reads')
  luadata_reset(window, memory, 9, 1)
  t.equal(get(), String(memory[9]))
  t.match(run('return select(2, pcall(window.getuint16, window, 0))'), /out of bounds/)
})

t.test('what is no data object, or none any more, is refused as ever', async (t) => {
  const { run, runtime: r } = withObjects(t, 0, 8)
  const refused = (self: string) => run(`return select(2, pcall(window.getuint8, ${self}, 0))`)
  t.match(refused('require("rcu").table()'), /invalid object/)
  for (const self of ['{}', '5', 'nil', '"x"', 'io', 'print']) t.match(refused(self), /invalid object/, self)
  run('getmetatable(window).__gc(window)')
  t.match(refused('window'), /null pointer dereference/)
  // Another object may have its window now.
  lunatik_run(r, (L) => {
    luadata_reset(luadata_newexternal(L), memory, 0, 100)
    lua_setglobal(L, 'other')
    return 0
  })
  t.match(refused('window'), /null pointer dereference/)
  t.equal(refused('other'), String(memory[0]))
  lunatik_stop(r)
})

t.test('a port comes out of network byte order', async (t) => {
  const { run } = withObjects(t, 0, 8)
  const swapped = run(`
    local byteorder, said = require("byteorder"), {}
    for _, word in ipairs{ 0, 1, 255, 256, 0x1234, 0xffff, 0x12345, -1, math.maxinteger, "258" } do
      local n = math.tointeger(word) & 0xffff
      for _, name in ipairs{ "ntoh16", "hton16", "htobe16", "be16toh" } do
        said[#said + 1] = byteorder[name](word) == (n & 255) << 8 | n >> 8 and "" or name .. " " .. word
      end
    end
    return table.concat(said)`)
  t.equal(swapped, '')
  t.match(run('return select(2, pcall(require("byteorder").ntoh16, {}))'), /number expected, got table/)
})
