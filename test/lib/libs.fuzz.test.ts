// Whatever a script finds, through debug, the registry and metatables as well, and calls with whatever values: an error
// of Lua's at most, and the runtime beside it is whole.
// variants: (default fengari)
// process: its own
import t from 'tap'
import { bpf_map_create } from '../../src/lib/bpf_map.js'
import '../../src/lib/libs.js'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_newruntime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_NONE, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { collects } from '../engine.js'
import { logged, runtime, scripts } from '../lunatik/states.js'
import { callF } from './devices.js'

// An engine that is interpreted itself takes ten times as long.
const scriptsMade = collects ? 150 : 30
const callsOfScript = 100

/** Messages that no function of ours gives of its own will. */
const faults =
  /TypeError|RangeError|RuntimeError|Cannot read|is not a function|is not iterable|undefined|out of bounds$/

const chunk = (seed: number) => `
local seed = ${seed}
local function below(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
-- Not signal: it ends processes.
for _, name in ipairs{"device", "linux", "byteorder", "data", "rcu", "fifo", "completion", "set", "cpu", "thread",
    "lunatik", "mailbox", "util", "class", "struct", "linux.errno", "lunatik.config",
    "crypto", "bpf", "darken"} do pcall(require, name) end
local print, pcall, tostring, type, resume, create = print, pcall, tostring, type, coroutine.resume, coroutine.create
local get, meta, upvalue, registry, find = rawget, debug.getmetatable, debug.getupvalue, debug.getregistry, string.find
local found, names, seen = {}, {}, {}
local function walk(value, name, depth)
  local kind = type(value)
  if depth > 8 or (kind ~= "table" and kind ~= "function" and kind ~= "userdata") or seen[value] then return end
  seen[value] = true
  if kind == "function" then
    found[#found + 1] = value
    names[#names + 1] = name
    for i = 1, 20 do
      local key, up = upvalue(value, i)
      if key == nil then break end
      walk(up, name .. "^" .. key, depth + 1)
    end
  elseif kind == "table" then
    for key, inner in next, value do
      walk(key, name .. "<key>", depth + 1)
      walk(inner, name .. "." .. tostring(type(key) == "string" and key or type(key)), depth + 1)
    end
  end
  local mt = meta(value)
  if mt then walk(mt, name .. "<meta>", depth + 1) end
end
walk(registry(), "registry", 0)
walk(_G, "_G", 0)
walk(meta(""), "string", 0)
local made = {}
local ok, object = pcall(function() return require("data").new(16) end) if ok then made[#made + 1] = object end
local ok, object = pcall(function() return require("fifo").new(16) end) if ok then made[#made + 1] = object end
local ok, object = pcall(function() return require("rcu").table() end) if ok then made[#made + 1] = object end
local ok, object = pcall(function() return require("completion").new() end) if ok then made[#made + 1] = object end
for _, name in ipairs{"hash", "queue"} do
  local ok, object = pcall(function() return require("bpf")[name]("/fuzz/" .. name) end) if ok then made[#made + 1] = object end
end
for name, alg in pairs{shash = "hmac(md5)", skcipher = "cbc(aes)", aead = "ccm(aes)", rng = "stdrng", comp = "deflate"} do
  local ok, object = pcall(function() return require("crypto")[name](alg) end) if ok then made[#made + 1] = object end
end
local long = ("x"):rep(100)
local far = setmetatable({}, {__len = function() return 1 << 60 end, __index = function() return 1 end})
local function value()
  local n = below(20)
  if n == 0 then return nil
  elseif n == 1 then return true
  elseif n < 5 then return below(9) - 4
  elseif n == 5 then return 1 << (below(63))
  elseif n == 6 then return -(1 << (below(63)))
  elseif n < 9 then return below(2) == 0 and "" or "x"
  elseif n == 9 then return long
  elseif n == 10 then return "%d%s%q"
  elseif n == 11 then return {}
  elseif n == 12 then return far
  elseif n == 13 then return found[below(#found) + 1]
  elseif n == 14 then return create(function(...) return ... end)
  elseif n == 15 then return registry()
  elseif n == 16 then return {name = "x", read = print, write = long, 1, 2, 3}
  else return made[below(#made) + 1] end
end
for i = 1, ${callsOfScript} do
  local at = below(#found) + 1
  local f, name = found[at], names[at]
  -- What waits for input, or ends all that is to be seen.
  if not find(name, "^_G%.print") and f ~= walk and f ~= value and f ~= below then
    local a, b, c, d = value(), value(), value(), value()
    local n = below(5)
    local co = create(function()
      if n == 0 then return f() elseif n == 1 then return f(a) elseif n == 2 then return f(a, b)
      elseif n == 3 then return f(a, b, c) else return f(a, b, c, d) end
    end)
    local ok, message = resume(co)
    if not ok and type(message) == "string" and find(message, "${'%a'}rror") then print("said", name, message) end
  end
end
print("end", #found)
`

t.test('all that a script can reach, called with every kind of value', async (t) => {
  lunatik_conf.deadline = 300
  for (const map_type of ['hash', 'queue'])
    bpf_map_create(`/fuzz/${map_type}`, { map_type, key_size: 1, value_size: 1, max_entries: 4 })
  const healthy = runtime(t, 'n = 0 function f() n = n + 1 return n .. ("x"):rep(10) end')
  let ended = 0
  for (let seed = 1; seed <= scriptsMade; seed++) {
    scripts(t, { 'fuzz.lua': chunk(seed * 7919) })
    const log = logged(t)
    let loading: lunatik_object_t | null = null
    const making = lunatik_newruntime('fuzz', LUNATIK_OPT_NONE, null, (runtime) => {
      loading = runtime
    })
    // It waits for what never comes.
    if (making instanceof Promise && loading !== null) lunatik_stop(loading)
    const made = await making
    if (made.runtime !== null) lunatik_stop(made.runtime)
    if (log.some((line) => line.startsWith('end'))) ended++
    const wrong = [...log, made.message ?? ''].filter((line) => faults.test(line))
    t.strictSame(wrong, [], `seed ${seed}`)
    if (wrong.length > 0) break
    t.match(await callF(healthy), /^\d+x{10}$/)
  }
  t.ok(ended > scriptsMade / 3, `${ended} of ${scriptsMade} came to their end`)
})
