// The modules probe, syscall and syscall.table, and hits that are injected for them.
import t from 'tap'
import { readStrace } from '../../src/cli/inject_strace.js'
import { LUNATIK_OPT_HARDIRQ } from '../../src/lunatik/lunatik_obj.js'
import { agrees, evaluator } from './eval.js'
import { deeds, hooked } from './inject.js'

t.test('constructors refuse what a kernel refuses, in its words', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("probe"))  =>  "new"
    require("probe").new("vfs_read", {})  =>  ERROR "chunk:1: runtime context mismatch"
    require("probe").new()  =>  ERROR "chunk:1: runtime context mismatch"
    keys(require("syscall"))  =>  "address"
    require("syscall").address()  =>  ERROR "chunk:1: bad argument #1 to 'address' (number expected, got no value)"
    require("syscall").address(-1)  =>  ERROR "chunk:1: bad argument #1 to 'address' (out of bounds)"
    require("syscall").address(100000)  =>  ERROR "chunk:1: bad argument #1 to 'address' (out of bounds)"
    type(require("syscall").address(0))  =>  "userdata"
    (function() local n = 0 for k, v in pairs(require("syscall.table")) do n = n + 1 end return n > 200 end)()  =>  true
    require("syscall.table").read == require("syscall").address(0), require("syscall.table").nosuch  =>  true  nil
    `,
  )
  agrees(
    t,
    evaluator(t, LUNATIK_OPT_HARDIRQ),
    `
    require("probe").new()  =>  ERROR "chunk:1: bad argument #1 to 'new' (string expected, got userdata)"
    require("probe").new("vfs_read")  =>  ERROR "chunk:1: bad argument #2 to 'new' (table expected, got userdata)"
    require("probe").new("no symbol", {})  =>  ERROR "chunk:1: failed to register probe (-2)"
    require("probe").new(require("linux").lookup("x"), {})  =>  ERROR "chunk:1: failed to register probe (-22)"
    (function() local p = require("probe").new("vfs_read", {}) p:stop() p:stop() return keys(getmetatable(p)) end)()  =>  "__gc __index enable stop"
    (function() local p = require("probe").new("vfs_read", {}) p:stop() p:enable(true) end)()  =>  ERROR "chunk:1: calling 'enable' on bad self (null pointer dereference)"
    `,
  )
})

t.test('a probe hears of the hits of its symbol, before and after', async (t) => {
  const { log, run, stop, inject } = hooked(t, {
    'p.lua': `local kept
      local p = require("probe").new("vfs_read", {
        pre = function(symbol, dump) print("pre", symbol, kept and (pcall(kept))) dump() kept = dump end,
        post = function(symbol) print("post", symbol) error("no") end,
      })
      require("probe").new("__x64_sys_close", {pre = function() p:enable(false) end})`,
  })
  t.equal(await run('p', 'hardirq'), null)
  const injected = await inject({ event: 'probe', symbol: 'vfs_read', args: [3, '0x1000'], times: 2 })
  t.strictSame(
    deeds(injected).map((deed) => deed.replace(/=.*: /, '=')),
    ['pre=OK', 'post=no', 'pre=OK', 'post=no'],
  )
  t.strictSame(log.slice(0, 3), [
    'pre\tvfs_read\tnil',
    'RAX: 0000000000000000 RBX: 0000000000000000 RCX: 0000000000000000',
    'RDX: 0000000000000000 RSI: 0000000000001000 RDI: 0000000000000003',
  ])
  t.ok(log.includes('pre\tvfs_read\tfalse'), 'the dump of a hit that is over')
  t.match(await inject({ event: 'probe', symbol: 'vfs_write' }), { hooks: 0, calls: [] })
  t.match(await inject({ event: 'syscall', name: 'close' }), { hooks: 1, made: 1 })
  t.match(await inject({ event: 'probe', symbol: 'vfs_read' }), { hooks: 1, calls: [] }, 'switched off')
  stop('p')
  t.match(await inject({ event: 'probe', symbol: 'vfs_read' }), { hooks: 0 })
})

t.test('system calls are counted', async (t) => {
  const { log, run, inject } = hooked(t, {
    'count.lua': `local n = {}
      for name, address in pairs(require("syscall.table")) do
        require("probe").new(address, {pre = function(a) n[name] = (n[name] or 0) + 1 if name == "close" then print(n.openat, a == address) end end})
      end`,
  })
  t.equal(await run('count', 'hardirq'), null)
  const trace = [
    'execve("/bin/ls", ["ls"], 0x7ffd /* 20 vars */) = 0',
    '1234  openat(AT_FDCWD, "/etc", O_RDONLY) = 3',
    '[pid  77] 12:00:01.123 openat(AT_FDCWD, "x", O_RDONLY <unfinished ...>',
    '[pid  77] <... openat resumed>) = 3',
    '--- SIGCHLD {si_signo=SIGCHLD} ---',
    '+++ exited with 0 +++',
    'close(3) = 0',
    '',
  ]
  const names = readStrace(trace.join('\n'))
  t.strictSame(names, ['execve', 'openat', 'openat', 'close'])
  t.match(await inject({ event: 'syscall', name: names }), { hooks: 3, made: 4 })
  t.strictSame(log, ['2\ttrue'])
})

t.test('wrong hits are told in one line', async (t) => {
  const { inject } = hooked(t, {})
  const wrong = async (event: object, message: RegExp) => t.rejects(inject(event), { message })
  await wrong({ event: 'probe' }, /^the field 'symbol' must be a string/)
  await wrong({ event: 'probe', symbol: 'x', args: ['a'] }, /^the argument 1 must be an integer/)
  await wrong({ event: 'probe', symbol: 'x', args: [1, 2, 3, 4, 5, 6, 7] }, /^there are 6 arguments at most/)
  await wrong({ event: 'probe', symbol: 'x', regs: { eax: 1 } }, /^no register 'eax'/)
  await wrong({ event: 'syscall' }, /^no system call/)
  await wrong({ event: 'syscall', name: 'opan' }, /^no system call 'opan'/)
})
