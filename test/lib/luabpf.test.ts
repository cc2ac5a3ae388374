// The modules bpf and bpf.map, and maps that are injected for them.
import t from 'tap'
import { lunatik_ledger } from '../../src/lunatik/lunatik_obj.js'
import { collects } from '../engine.js'
import { agrees, evaluate, evaluator, withLua } from './eval.js'
import { hooked } from './inject.js'

t.test('maps with keys', async (t) => {
  const { inject } = hooked(t, {})
  const pin = (path: string, fields: object) => inject({ event: 'map', path, ...fields })
  await pin('/sys/fs/bpf/h', { type: 'hash', key: 2, value: 1, entries: 2, set: '6161=31' })
  await pin('/sys/fs/bpf/l', { type: 'lru_hash', key: 1, value: 1, entries: 2 })
  await pin('/sys/fs/bpf/a', { type: 'array', value: 2, entries: 3 })
  const r = withLua(evaluator(t))
  evaluate(
    r,
    'bpf = require("bpf") h, l, a = bpf.hash("/sys/fs/bpf/h"), bpf.lru_hash("/sys/fs/bpf/../bpf/l"), bpf.array("/sys/fs/bpf/a")',
  )
  agrees(
    t,
    r,
    `
    keys(bpf)  =>  "array hash lru_hash queue stack"
    keys(getmetatable(h))  =>  "__close __gc __index __len close delete info lookup next remove update"
    h:lookup("aa"), h:lookup("zz"), #h  =>  "1"  nil  2
    h:update("bb", "2"), h:update("bb", "3", 1), h:update("cc", "3", 2)  =>  true  false  false
    h:update("cc", "3")  =>  ERROR "E2BIG"
    h:update("bb", "3", 3)  =>  ERROR "EINVAL"
    h:update("b", "3")  =>  ERROR "chunk:1: bad argument #1 to 'update' (invalid key size)"
    h:update("bb", "33")  =>  ERROR "chunk:1: bad argument #2 to 'update' (invalid value size)"
    h:lookup()  =>  ERROR "chunk:1: bad argument #1 to 'lookup' (string expected, got no value)"
    h:next(), h:next("aa"), h:next("bb"), h:next("zz")  =>  "aa"  "bb"  nil  "aa"
    h:remove("bb"), h:remove("bb"), h:delete("bb"), h:delete("aa"), h:next()  =>  "2"  nil  false  true  nil
    l:update("a", "1"), l:update("b", "2"), l:lookup("a"), l:update("c", "3")  =>  true  true  "1"  true
    l:lookup("a"), l:lookup("b"), l:lookup("c")  =>  "1"  nil  "3"
    a:lookup("\\2\\0\\0\\0"), a:lookup("\\3\\0\\0\\0")  =>  "\\0\\0"  nil
    a:update("\\3\\0\\0\\0", "zz")  =>  ERROR "E2BIG"
    a:update("\\0\\0\\0\\0", "zz"), a:update("\\0\\0\\0\\0", "zz", 1)  =>  true  false
    a:delete("\\0\\0\\0\\0")  =>  ERROR "EINVAL"
    a:remove("\\0\\0\\0\\0")  =>  ERROR "EOPNOTSUPP"
    a:next(), a:next("\\0\\0\\0\\0"), a:next("\\2\\0\\0\\0"), a:next("\\9\\0\\0\\0")  =>  "\\0\\0\\0\\0"  "\\1\\0\\0\\0"  nil  "\\0\\0\\0\\0"
    (function() local i = h:info() return i.type, i.key_size, i.value_size, i.max_entries end)()  =>  1  2  1  2
    bpf.hash("/sys/fs/bpf/a")  =>  ERROR "chunk:1: bad argument #1 to 'hash' (hash map expected)"
    bpf.hash("/dev/null")  =>  ERROR "chunk:1: bad argument #1 to 'hash' (hash map expected)"
    bpf.hash("/nowhere")  =>  ERROR "ENOENT"
    h:close()  =>
    `,
  )
  t.match(evaluate(r, 'pcall(h.lookup, h, "aa")'), /null pointer dereference/)
  t.match(await pin('/sys/fs/bpf/a', {}), { type: 'array', has: ['00000000=7a7a'] })
  t.match(await pin('/sys/fs/bpf/l', { set: '64=34', delete: '64' }), { has: ['63=33'] })
  for (const path of ['h', 'l', 'a']) await pin(`/sys/fs/bpf/${path}`, { unpin: true })
})

t.test('queues and stacks, and maps as tables', async (t) => {
  const { inject } = hooked(t, {})
  const pin = (path: string, fields: object) => inject({ event: 'map', path, ...fields })
  await pin('/b/q', { type: 'queue', value: 4, entries: 2, set: ['01000000'] })
  await pin('/b/s', { type: 'stack', value: 1, entries: 2 })
  await pin('/b/t', { type: 'hash', key: 4, value: 4, entries: 9 })
  const r = withLua(evaluator(t))
  evaluate(
    r,
    'map = require("bpf.map") q = map.queue("/b/q", "I4") s = require("bpf").stack("/b/s") t = map.hash("/b/t", "I4", "I2I2")',
  )
  agrees(
    t,
    r,
    `
    q:push(2), q:push(3), q:peek(), q:pop(), q:pop(), q:pop()  =>  true  false  1  1  2  nil
    s:push("a"), s:push("b"), s:push("c"), s:push("c", 2), s:pop(), s:pop(), s:pop()  =>  true  true  false  true  "c"  "b"  nil
    s:push("a", 1)  =>  ERROR "EINVAL"
    s.lookup  =>  nil
    (function() t[1] = {2, 3} t[7] = {4, 5} return t[1][1], t[1][2], t[2] end)()  =>  2  3  nil
    (function() local n = 0 for k, v in pairs(t) do n = n + k * v[2] end return n end)()  =>  38
    (function() t[1] = nil return t[1], map.info(t).key_size end)()  =>  nil  4
    select(2, pcall(map.hash, "/b/t", "I2", "I4")):match("key spec.*$")  =>  "key spec packs 2 bytes, map expects 4"
    select(2, pcall(map.hash, "/b/t", "I4", {})):match("invalid.*$")  =>  "invalid value spec"
    `,
  )
  for (const path of ['q', 's', 't']) await pin(`/b/${path}`, { unpin: true })
})

t.test('a hook in an interrupt context uses a map, which it opens while its script loads', async (t) => {
  const before = lunatik_ledger().length
  const { log, run, stop, inject } = hooked(t, {
    'counts.lua': `local bpf = require("bpf")
      local counts = bpf.array("/b/counts")
      require("netfilter").register{pf = 1, hooknum = 0, priority = 0, hook = function(skb)
        local key = ("\\0"):rep(4)
        local n = string.unpack("I4", counts:lookup(key))
        counts:update(key, string.pack("I4", n + 1))
        print(pcall(bpf.array, "/b/counts"))
        return 1
      end}`,
  })
  t.equal(await run('counts', 'softirq'), 'ENOENT')
  await inject({ event: 'map', path: '/b/counts', type: 'array', value: 4, entries: 1 })
  t.equal(await run('counts', 'softirq'), null)
  for (let i = 0; i < 3; i++) t.match(await inject({ event: 'packet', dns: 'a.b' }), { verdict: 'ACCEPT' })
  t.match(log[0], /^false\t.*not allowed after module load/)
  t.match(await inject({ event: 'map', path: '/b/counts' }), { hooks: 1, has: ['00000000=03000000'] })
  stop('counts')
  await inject({ event: 'map', path: '/b/counts', unpin: true })
  if (collects) t.equal(lunatik_ledger().length, before)
})

t.test('wrong maps are told in one line', async (t) => {
  const { inject } = hooked(t, {})
  const wrong = (fields: object, message: RegExp) =>
    t.rejects(inject({ event: 'map', ...fields }), { message }, JSON.stringify(fields))
  await wrong({}, /^the field 'path' must be a string/)
  await wrong({ path: 'x' }, /^a map has a path from the root on, as \/sys\/fs\/bpf\/x$/)
  await wrong({ path: '/b/x' }, /^there is no map at \/b\/x: its 'type' makes one$/)
  await wrong({ path: '/b/x', type: 'trie' }, /^no map of type 'trie': hash, array/)
  await wrong({ path: '/b/x', type: 'hash' }, /^the field 'key' must be an integer from 1 to 512/)
  await wrong({ path: '/b/x', type: 'array', key: 8 }, /^the keys of a map of type array have 4 bytes$/)
  await wrong({ path: '/b/x', type: 'array', value: 65536, entries: 1 << 20 }, /too large$/)
  await wrong({ path: '/b/x', type: 'hash', key: 4, value: 4000, entries: 1 << 20 }, /too large$/)
  await inject({ event: 'map', path: '/b/x', type: 'hash', key: 1, value: 1, entries: 1 })
  await wrong({ path: '/b/x', type: 'hash' }, /^there is a map at \/b\/x/)
  await wrong({ path: '/b/x', set: '61' }, /^an entry is KEY=VALUE/)
  await wrong({ path: '/b/x', set: '6161=61' }, /^a key of this map has 1 bytes, not 2$/)
  await wrong({ path: '/b/x', set: ['61=61', '62=62'] }, /^the map is full/)
  await wrong({ path: '/b/x', delete: '63' }, /^the key 63 can't be deleted$/)
  await inject({ event: 'map', path: '/b/x', unpin: true })
})
