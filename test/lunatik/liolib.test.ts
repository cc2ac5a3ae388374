import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { lunatik_conf } from '../../src/lunatik/lunatik_conf.js'
import { lunatik_runtime, lunatik_stop } from '../../src/lunatik/lunatik_core.js'
import { LUNATIK_OPT_HARDIRQ, LUNATIK_OPT_SOFTIRQ, type lunatik_object_t } from '../../src/lunatik/lunatik_obj.js'
import { agrees, evaluate, evaluator } from '../lib/eval.js'
import { logged, scripts } from './states.js'

/** A runtime whose global `P` is the path of a folder of these files, and that path. */
function files(t: Test, contents: Record<string, string | Uint8Array>, more = ''): [lunatik_object_t, string] {
  const dir = scripts(t, {})
  for (const [name, content] of Object.entries(contents)) writeFileSync(`${dir}/${name}`, content)
  return [evaluator(t, true, `P = "${dir}/"\n${more}`), dir]
}

/** How many files below `dir` this process has open. */
function opened(dir: string): number {
  const target = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  }
  return readdirSync('/proc/self/fd').filter((fd) => target(fd).startsWith(`${dir}/`)).length
}

const failure = 'nil  "(no extra info)"  0'

t.test('the recording of the kernel, line by line', async (t) => {
  const [r, dir] = files(t, {})
  const recording = String.raw`
    keys(io)  =>  "lines open type"
    io.open("/nonexistent")  =>  nil  "/nonexistent: (no extra info)"  0
    io.open("/tmp/oracle_io_t", "w") ~= nil  =>  true
    io.open("/tmp/oracle_io_t", "zz")  =>  ERROR "chunk:1: bad argument #2 to 'open' (invalid mode)"
    io.open("/tmp", "w")  =>  nil  "/tmp: (no extra info)"  0
    io.open()  =>  ERROR "chunk:1: bad argument #1 to 'open' (string expected, got no value)"
    io.open({})  =>  ERROR "chunk:1: bad argument #1 to 'open' (string expected, got table)"
    (function() local f = io.open("/tmp/oracle_io_t", "w") local r = f:write("line1\n", 2, "\nline3") == f f:close() return r end)()  =>  true
    (function() local f = io.open("/tmp/oracle_io_t") local a = f:read("a") f:close() return a end)()  =>  "line1\n2\nline3"
    (function() local f = io.open("/tmp/oracle_io_t") local a, b, c, d = f:read("l", "n", "L", "a") f:close() return a, b, c, d end)()  =>  "line1"  2  "\n"  "line3"
    (function() local t = {} for l in io.lines("/tmp/oracle_io_t") do t[#t + 1] = l end return table.concat(t, "|") end)()  =>  "line1|2|line3"
    io.lines("/nonexistent")  =>  ERROR "chunk:1: cannot open file '/nonexistent' (I/O error)"
    io.lines()  =>  ERROR "chunk:1: bad argument #1 to 'lines' (string expected, got nil)"
    io.read  =>  nil
    io.write  =>  nil
    io.stdout  =>  nil
    io.popen  =>  nil
    io.tmpfile  =>  nil
    io.type(5)  =>  nil
    (function() local f = io.open("/tmp/oracle_io_t") local a = io.type(f) f:close() return a, io.type(f), tostring(f) end)()  =>  "file"  "closed file"  "file (closed)"
    (function() local f = io.open("/tmp/oracle_io_t") f:close() return f:read() end)()  =>  ERROR "chunk:1: attempt to use a closed file"
    (function() local f = io.open("/tmp/oracle_io_t") return f:seek("end"), f:seek("set", 2), f:read(3), f:seek("cur") end)()  =>  13  2  "ne1"  2
    (function() local f = io.open("/tmp/oracle_io_t") return f:seek("bogus") end)()  =>  ERROR "chunk:1: bad argument #1 to 'seek' (invalid option 'bogus')"
    (function() local f = io.open("/tmp/oracle_io_t") return f:seek("set", -1) end)()  =>  nil  "(no extra info)"  0
    (function() local f = io.open("/tmp/oracle_io_t") return f:read("x") end)()  =>  ERROR "chunk:1: bad argument #1 to 'read' (invalid format)"
    (function() local f = io.open("/tmp/oracle_io_t") return f:read(0), f:read(100), f:read(0), f:read(1), f:read("a"), f:read("l") end)()  =>  ""  "line1\n2\nline3"  nil  nil  ""  nil
    (function() local f = io.open("/tmp/oracle_io_t") return f:write("x") end)()  =>  nil  "(no extra info)"  0  0
    (function() local f = io.open("/tmp/oracle_io_t", "w") return f:read("a") end)()  =>  nil  "(no extra info)"  0
    (function() local f = io.open("/tmp/oracle_io_t", "a") f:write("app") f:flush() f:close() return io.open("/tmp/oracle_io_t"):read("a") end)()  =>  "app"
    (function() local f = io.open("/tmp/oracle_io_t") return f.setvbuf, f.flush ~= nil, tostring(f):match("^file") end)()  =>  nil  true  "file"
    keys(getmetatable(io.open("/tmp/oracle_io_t")))  =>  "__close __gc __index __name __tostring"
    keys(getmetatable(io.open("/tmp/oracle_io_t")).__index)  =>  "close flush lines read seek write"
    io.open("/dev/null"):read(1)  =>  nil  "(no extra info)"  0
    io.open("/dev/zero"):read(4)  =>  nil  "(no extra info)"  0
    io.open("/tmp/oracle_io_t", "r"):close()  =>  true
    io.close  =>  nil
    io.output  =>  nil
    os  =>  nil
    os.time()  =>  ERROR "chunk:1: attempt to index a nil value (global 'os')"
  `
  agrees(t, r, recording.replaceAll('/tmp/oracle_io_t', `${dir}/t`))
})

t.test('io belongs to runtimes in process context', async (t) => {
  for (const opt of [LUNATIK_OPT_SOFTIRQ, LUNATIK_OPT_HARDIRQ]) {
    const pruntime: { value: lunatik_object_t | null } = { value: null }
    const log = logged(t)
    scripts(t, { 'irq.lua': 'print(io, package.loaded.io, pcall(require, "io"))' })
    t.equal(lunatik_runtime(pruntime, 'irq', opt), 0)
    t.match(log.join(), /^nil\tnil\tfalse\t/)
    t.match(log.join(), 'luaopen_io not found in kernel symbol table')
    lunatik_stop(pruntime.value as lunatik_object_t)
  }
  const [r] = files(t, {})
  t.equal(evaluate(r, 'require("io") == io and package.loaded.io == io'), 'true')
})

t.test('the functions check their arguments as C does', async (t) => {
  const [r, dir] = files(t, { f: 'text' }, 'f = io.open(P .. "f")')
  agrees(
    t,
    r,
    String.raw`
    io.type()  =>  ERROR "chunk:1: bad argument #1 to 'type' (value expected)"
    io.type(f), io.type(io), io.type(nil)  =>  "file"  nil  nil
    f.read(5)  =>  ERROR "chunk:1: bad argument #1 to 'read' (FILE* expected, got number)"
    f.close()  =>  ERROR "chunk:1: bad argument #1 to 'close' (FILE* expected, got no value)"
    io.open(P .. "f", "r+b")  =>  file (PTR)
    io.open(P .. "f", "rb")  =>  file (PTR)
    io.open(P .. "f", "r\0w")  =>  file (PTR)
    io.open(P .. "f\0g"):read("a")  =>  "text"
    io.open(P .. "f", "")  =>  ERROR "chunk:1: bad argument #2 to 'open' (invalid mode)"
    io.open(P .. "f", "rb+")  =>  ERROR "chunk:1: bad argument #2 to 'open' (invalid mode)"
    io.open(P .. "f", {})  =>  ERROR "chunk:1: bad argument #2 to 'open' (string expected, got table)"
    f:read("l", "")  =>  ERROR "chunk:1: bad argument #2 to 'read' (invalid format)"
    f:read(-1)  =>  ERROR "chunk:1: resulting string too large"
    f:seek(nil, "x")  =>  ERROR "chunk:1: bad argument #2 to 'seek' (number expected, got string)"
    getmetatable(f).__name  =>  "FILE*"
    select("#", io.lines(P .. "f")), io.type((select(4, io.lines(P .. "f"))))  =>  4  "file"
    io.open("")  =>  nil  ": (no extra info)"  0
    io.open("\xff")  =>  nil  "\xff: (no extra info)"  0
  `.replaceAll('\\xff', '�'),
  )
  t.match(evaluate(r, 'tostring(f)'), '"file (PTR)"')
  t.equal(evaluate(r, 'select(2, io.open(P .. "\\xff", "w")) == P .. "\\xff: (no extra info)"'), 'true')
  t.strictSame(readdirSync(dir), ['f'], 'a name that is no text makes no file of another name')
})

t.test('lines takes 250 formats, where the stack has room for as many', async (t) => {
  const { stack } = lunatik_conf
  lunatik_conf.stack = 2000
  t.teardown(() => {
    lunatik_conf.stack = stack
  })
  const [r] = files(t, { f: '' }, 'f = io.open(P .. "f")')
  agrees(
    t,
    r,
    `
    type(f:lines(table.unpack({}, 1, 250)))  =>  "function"
    f:lines(table.unpack({}, 1, 251))  =>  ERROR "chunk:1: bad argument #251 to 'lines' (too many arguments)"
  `,
  )
})

t.test('what a closed file answers', async (t) => {
  const [r] = files(t, { f: 'text' }, 'f = io.open(P .. "f") lines = f:lines() f:close()')
  for (const call of ['f:read()', 'f:write("x")', 'f:seek()', 'f:flush()', 'f:close()', 'f:lines()']) {
    t.equal(evaluate(r, call), 'ERROR "chunk:1: attempt to use a closed file"', call)
  }
  t.equal(evaluate(r, 'lines()'), 'ERROR "chunk:1: file is already closed"')
  t.equal(evaluate(r, 'tostring(f), io.type(f)'), '"file (closed)"  "closed file"')
  t.equal(evaluate(r, 'getmetatable(f).__gc(f)'), '', 'collecting it does nothing')
})

t.test('formats read a line with and without its end, counts, and all', async (t) => {
  const [r] = files(t, { f: 'a\n\nlast', g: Buffer.from([0x61, 0, 0xff, 0x0d, 0x0a, 0x62]), empty: '' })
  agrees(
    t,
    r,
    String.raw`
    io.open(P .. "f"):read("L", "l", "*l", "L")  =>  "a\n"  ""  "last"  nil
    io.open(P .. "f"):read("*L", 1, 2, "*a")  =>  "a\n"  "\n"  "la"  "st"
    io.open(P .. "f"):read("a", "a", "l", "n")  =>  "a\n\nlast"  ""  nil
    io.open(P .. "f"):read("line")  =>  "a"
    io.open(P .. "empty"):read()  =>  nil
    io.open(P .. "empty"):read("a")  =>  ""
    io.open(P .. "empty"):read(0)  =>  nil
    io.open(P .. "empty"):read(0, "x")  =>  nil
    io.open(P .. "g"):read("a"):byte(1, -1)  =>  97  0  255  13  10  98
    #io.open(P .. "g"):read("l")  =>  4
  `,
  )
})

t.test('format n reads integers as a Lua without floats does', async (t) => {
  const [r] = files(t, {})
  const number = (text: string, formats = '"n", "a"') => {
    writeFileSync(`${lunatik_conf.root[0]}/n`, text)
    return evaluate(r, `io.open("${lunatik_conf.root[0]}/n"):read(${formats})`)
  }
  t.equal(number(' \t\n\v\f\r42 x'), '42  " x"')
  t.equal(number('-7+8', '"n", "n", "n"'), '-7  8  nil')
  t.equal(number('0x1F,'), '31  ","')
  t.equal(number('-0Xa'), '-10  ""')
  t.equal(number('0'), '0  ""')
  t.equal(number('007'), '7  ""')
  t.equal(number('9007199254740991', '"n"'), number('0x1fffffffffffff', '"n"'))
  t.equal(number('-9223372036854775809'), 'nil')
  t.equal(number('0xffffffffffffffff'), '-1  ""', 'hexadecimal numerals are taken modulo 2^64')
  t.match(
    number('9223372036854775807'),
    /^ERROR "integer overflow|^9223372036854775807/,
    'what the engine lacks raises',
  )

  t.equal(number('1.5 x', '"n"'), 'nil', 'a fraction makes no integer')
  t.equal(number('1e3 x', '"n"'), 'nil')
  t.equal(number('1e+3 x', '"n"'), 'nil')
  t.equal(number('0x1p4 x', '"n"'), 'nil')
  t.equal(number('.5 x', '"n"'), 'nil')
  t.equal(number('x', '"n"'), 'nil')
  t.equal(number('0x', '"n"'), 'nil')
  t.equal(number('-', '"n"'), 'nil')
  t.equal(number('', '"n"'), 'nil')
  t.equal(number(`${'0'.repeat(199)}1`), '1  ""')
  t.equal(number(`${'0'.repeat(200)}1`), 'nil', '200 characters are the most')
  const rest = (text: string) => {
    writeFileSync(`${lunatik_conf.root[0]}/n`, text)
    return evaluate(
      r,
      `(function() local f = io.open("${lunatik_conf.root[0]}/n") f:read("n") return f:read("a") end)()`,
    )
  }
  t.equal(rest('1.5e-3x'), '"x"', 'but the numeral is read')
  t.equal(rest('0x1.8p-1g'), '"g"')
  t.equal(rest('-z'), '"z"')
  t.equal(rest(`${'0'.repeat(200)}12`), '"12"')
})

t.test('lines reads lines, or what its formats say, up to the end', async (t) => {
  const [r, dir] = files(t, { f: '1 2\n3 4\n', chars: 'abcde' })
  const collect = (lines: string) =>
    evaluate(
      r,
      `(function() local t = {} for a, b in ${lines} do t[#t + 1] = a .. "/" .. tostring(b) end return table.concat(t, " ") end)()`,
    )
  t.equal(collect('io.lines(P .. "f")'), '"1 2/nil 3 4/nil"')
  t.equal(collect('io.lines(P .. "f", "n", "n")'), '"1/2 3/4"')
  t.equal(collect('io.lines(P .. "chars", 2)'), '"ab/nil cd/nil e/nil"')
  t.equal(collect('io.lines(P .. "chars", 1, "*a")'), '"a/bcde"')
  t.equal(opened(dir), 0, 'io.lines closes its file at the end')

  t.equal(collect('io.open(P .. "f"):lines("L")'), '"1 2\\n/nil 3 4\\n/nil"')
  const own = '(function() local f = io.open(P .. "f") for _ in f:lines() do end return io.type(f), f:read() end)()'
  t.equal(evaluate(r, own), '"file"  nil', 'f:lines leaves it open')
  const after = '(function() local lines = io.lines(P .. "chars") lines() lines() return lines() end)()'
  t.equal(evaluate(r, after), 'ERROR "chunk:1: file is already closed"')
  const unread = '(function() for _ in io.lines("/dev/null") do end end)()'
  t.equal(evaluate(r, unread), 'ERROR "chunk:1: (no extra info)"')
  t.equal(
    evaluate(r, '(function() local l = io.lines(P .. "f") debug.setupvalue(l, 1, 5) return l() end)()'),
    '"1 2"',
    'a script has no way to take the file away: the upvalues of C functions are hidden',
  )
})

t.test('reads, writes and seeks share one position', async (t) => {
  const [r, dir] = files(t, { f: 'abcdefgh' })
  const run = (mode: string, body: string) =>
    evaluate(r, `(function() local f = io.open(P .. "f", "${mode}") ${body} end)()`)
  t.equal(run('r+', 'local a = f:read(2) f:write("XY") return a, f:read(2), f:read("a")'), '"ab"  "ef"  "gh"')
  t.equal(readFileSync(`${dir}/f`, 'utf8'), 'abXYefgh')
  t.equal(run('r+', 'f:write("12") local a = f:read(1) f:seek("set", 7) f:write("89") return a, f:read(1)'), '"X"  nil')
  t.equal(readFileSync(`${dir}/f`, 'utf8'), '12XYefg89')
  t.equal(run('r', 'return f:seek("set", 4), f:seek("cur", 2), f:seek("cur", -1), f:read(2)'), '4  6  5  "fg"')
  t.equal(run('r', 'return f:seek("end", -2), f:read("a"), f:seek("end", 5), f:read("a")'), '7  "89"  14  ""')
  t.equal(run('r', 'return f:seek()'), '0')
  t.equal(run('r', 'f:seek("set", 3) return f:seek("cur", -4)'), failure)
  t.equal(
    run('r', 'local a = f:read(1) f:seek("end", -100) return a, f:read(1)'),
    '"1"  "2"',
    'one that fails moves nothing',
  )
  t.equal(run('r', 'f:seek("set", "9007199254740991") return f:seek("cur", 1)'), failure)

  t.equal(
    run('w+', 'f:write("new") f:seek("set", 0) return f:read("a"), f:write("er"):seek("set"), f:read("a")'),
    '"new"  0  "newer"',
  )
  t.equal(
    run('a+', 'local a = f:read(2) f:seek("set", 0) f:write("!") return a, f:read("a"), f:seek("set"), f:read("a")'),
    '"ne"  ""  0  "newer!"',
  )
  t.equal(run('a', 'return f:read(1)'), failure)
  t.equal(run('w', 'return f:write("a", 1, "", "b") == f'), 'true')
  t.equal(readFileSync(`${dir}/f`, 'utf8'), 'a1b', 'what is written is in the file at once')
  t.equal(run('r', 'return f:write("")'), 'file (PTR)', 'nothing can always be written')
  t.equal(
    run('w', 'return f:write("a", {})'),
    `ERROR "chunk:1: bad argument #2 to 'write' (string expected, got table)"`,
  )
})

t.test('what is read ahead shows nowhere', async (t) => {
  const long = 'x'.repeat(8191)
  const [r] = files(t, { f: `${long}\n${long}yy\n${'z'.repeat(30000)}\nend`, n: `${' '.repeat(8190)}12345 ` })
  agrees(
    t,
    r,
    String.raw`
    (function() local t = {} for l in io.lines(P .. "f") do t[#t + 1] = #l end return table.unpack(t) end)()  =>  8191  8193  30000  3
    (function() local f = io.open(P .. "f") return #f:read(8190), f:read(3), #f:read(8190), #f:read(20000), f:read("n"), #f:read("a") end)()  =>  8190  "x\nx"  8190  20000  nil  10007
    io.open(P .. "n"):read("n")  =>  12345
    (function() local f = io.open(P .. "f") local n = 0 while f:read(0) do f:read(1) n = n + 1 end return n end)()  =>  46390
    #io.open(P .. "f"):read(1000000)  =>  46390
    #io.open(P .. "f"):read("a")  =>  46390
  `,
  )
})

t.test('files without a size are read to their end', async (t) => {
  const [r] = files(t, {})
  t.equal(evaluate(r, 'io.open("/proc/self/status"):read("a"):match("^Name:") ~= nil'), 'true')
  t.equal(evaluate(r, 'io.open("/proc/self/status"):read("l"):match("^Name:") ~= nil'), 'true')
})

t.test('what more than 64 MiB are is not enough memory', async (t) => {
  const { memory } = lunatik_conf
  t.teardown(() => Object.assign(lunatik_conf, { memory }))
  lunatik_conf.memory = 512 << 20
  const [r, dir] = files(t, { huge: '', most: '' })
  truncateSync(`${dir}/huge`, (64 << 20) + 1)
  truncateSync(`${dir}/most`, 64 << 20)
  const poor = 'ERROR "not enough memory"'
  t.equal(evaluate(r, 'io.open(P .. "huge"):read("a")'), poor)
  t.equal(evaluate(r, 'io.open(P .. "huge"):read("l")'), poor)
  t.equal(evaluate(r, 'io.open(P .. "huge"):read(1 << 30)'), poor)
  t.equal(evaluate(r, 'io.open(P .. "huge"):read(1 << 25, 1 << 25, 1)'), poor, 'one call reads no more')
  t.equal(evaluate(r, '#io.open(P .. "most"):read("a")'), String(64 << 20))
  truncateSync(`${dir}/huge`, 2 ** 40)
  t.equal(evaluate(r, 'io.open(P .. "huge"):read("a")'), poor)
  t.equal(evaluate(r, 'io.open(P .. "huge"):seek("end") == tonumber("1099511627776")'), 'true')
})

t.test('what is no regular file is neither read nor written, and makes nobody wait', async (t) => {
  const [r, dir] = files(t, {})
  execFileSync('mkfifo', [`${dir}/fifo`])
  const server = createServer().listen(`${dir}/socket`)
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  for (const path of [`${dir}/fifo`, '/dev/null', '/dev/zero', '/tmp']) {
    const f = `io.open("${path}")`
    t.equal(evaluate(r, `${f}:read(1)`), failure, path)
    t.equal(evaluate(r, `${f}:read("a")`), failure)
    t.equal(evaluate(r, `${f}:read("n", "l")`), failure)
    t.equal(evaluate(r, `${f}:read(0)`), failure)
    t.equal(evaluate(r, `${f}:seek("end")`), failure)
    t.equal(evaluate(r, `${f}:close()`), 'true')
  }
  for (const path of [`${dir}/fifo`, '/dev/null']) {
    t.equal(evaluate(r, `io.open("${path}", "w"):write("x", "y")`), 'nil  "(no extra info)"  0  0', path)
    t.equal(evaluate(r, `io.open("${path}", "a+"):read(1)`), failure)
  }
  t.equal(evaluate(r, 'io.open("/tmp", "r+")'), 'nil  "/tmp: (no extra info)"  0')
  t.equal(evaluate(r, `io.open("${dir}/socket")`), `nil  "${dir}/socket: (no extra info)"  0`)
})

t.test('what cannot be opened', async (t) => {
  const [r, dir] = files(t, { f: '' })
  symlinkSync('loop', `${dir}/loop`)
  for (const [path = '', mode] of [
    ['none', 'r'],
    ['none', 'r+'],
    ['none/f', 'w'],
    ['f/g', 'w'],
    ['f/', 'r'],
    ['new/', 'w'],
    ['loop', 'a'],
    ['x'.repeat(300), 'w'],
  ]) {
    t.equal(evaluate(r, `io.open(P .. "${path}", "${mode}")`), `nil  "${dir}/${path}: (no extra info)"  0`, path)
  }
  t.equal(evaluate(r, 'io.open("/dev/full/x", "w")'), 'nil  "/dev/full/x: (no extra info)"  0')
})

t.test('a write that fails tells how much has been written', async (t) => {
  const [r] = files(t, { f: '' })
  t.equal(evaluate(r, 'io.open(P .. "f"):write("", "not for writing")'), 'nil  "(no extra info)"  0  0')
})

t.test('of a procfs only /proc/sys is written, and no memory of a process is opened', async (t) => {
  const [r, dir] = files(t, {})
  const log = logged(t)
  const [task] = readdirSync('/proc/self/task')
  symlinkSync('/proc/self/mem', `${dir}/mem`)
  symlinkSync('/proc/self', `${dir}/self`)
  const memories = [
    '/proc/self/mem',
    `/proc/${process.pid}/mem`,
    `/proc/${task}/mem`,
    `/proc/self/task/${task}/mem`,
    '/proc/thread-self/mem',
    '/proc/self/root/proc/self/mem',
    `${dir}/mem`,
    `${dir}/self/mem`,
    '/proc/1/mem',
  ]
  for (const path of memories) {
    for (const mode of ['r', 'r+', 'a']) {
      t.equal(evaluate(r, `io.open("${path}", "${mode}")`), `nil  "${path}: (no extra info)"  0`, `${path} ${mode}`)
      t.strictSame(log.splice(0), [`io.open: ${path} is a process's memory`])
    }
  }
  for (const path of ['/proc/self/oom_score_adj', '/proc/self/clear_refs', '/proc/self/attr/exec', '/proc/self/comm']) {
    t.equal(evaluate(r, `io.open("${path}", "r+")`), `nil  "${path}: (no extra info)"  0`, path)
    t.strictSame(log.splice(0), [`io.open: ${path} is on a procfs, of which only /proc/sys can be written`])
  }
  t.equal(evaluate(r, 'io.open("/proc/self/comm"):read("l") ~= nil'), 'true')
  t.equal(evaluate(r, 'io.open("/proc/sys/kernel/ostype"):read("l")'), '"Linux"')
  t.strictSame(log, [])
})

t.test('what a descriptor of this process stands for is opened by its path, if at all', async (t) => {
  const [r, dir] = files(t, { f: 'text' })
  const file = openSync(`${dir}/f`, 'r')
  const socket = await new Promise<Server>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
  })
  t.teardown(() => {
    closeSync(file)
    socket.close()
  })
  t.equal(evaluate(r, `io.open("/proc/self/fd/${file}"):read("a")`), '"text"')
  t.equal(evaluate(r, `io.open("/dev/fd/${file}"):read("a")`), '"text"')
  const targets = readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`)
  const target = (path: string) => {
    try {
      return readlinkSync(path)
    } catch {
      return ''
    }
  }
  const special = targets.filter((path) => /^(pipe|socket|anon_inode):/.test(target(path)))
  t.ok(special.some((path) => target(path).startsWith('socket:')))
  for (const path of special) t.equal(evaluate(r, `io.open("${path}", "r+")`), `nil  "${path}: (no extra info)"  0`)
})

t.test(
  'nobody writes through what another user has put into a folder for all',
  {
    skip: process.getuid?.() !== 0,
  },
  async (t) => {
    const [r, dir] = files(t, {})
    const log = logged(t)
    mkdirSync(`${dir}/all`)
    writeFileSync(`${dir}/all/own`, 'text')
    writeFileSync(`${dir}/all/other`, 'text')
    chmodSync(`${dir}/all`, 0o1777)
    chownSync(`${dir}/all/other`, 12345, 12345)
    t.equal(evaluate(r, 'io.open(P .. "all/own", "w"):close()'), 'true')
    for (const mode of ['w', 'a', 'w+', 'a+']) {
      t.match(evaluate(r, `io.open(P .. "all/other", "${mode}")`), 'nil')
      t.strictSame(log.splice(0), [`io.open: ${dir}/all/other belongs to somebody else, in a folder for all`])
    }
    t.equal(evaluate(r, 'io.open(P .. "all/other", "r+"):read("a")'), '"text"', 'as with fs.protected_regular')
    chmodSync(`${dir}/all`, 0o755)
    t.equal(evaluate(r, 'io.open(P .. "all/other", "w"):close()'), 'true')
  },
)

t.test('symbolic links are followed, also to a file that is not there yet', async (t) => {
  const [r, dir] = files(t, { f: 'text' })
  symlinkSync('f', `${dir}/link`)
  symlinkSync(`${dir}/new`, `${dir}/dangling`)
  t.equal(evaluate(r, 'io.open(P .. "link"):read("a")'), '"text"')
  t.equal(evaluate(r, 'io.open(P .. "dangling", "w"):write("x"):close()'), 'true')
  t.equal(readFileSync(`${dir}/new`, 'utf8'), 'x')
})

t.test('files are closed once, at the latest with their runtime', async (t) => {
  const [r, dir] = files(t, { f: 'text' }, 'open = {} for i = 1, 3 do open[i] = io.open(P .. "f") end')
  t.equal(opened(dir), 3)
  evaluate(r, 'open[1]:close()')
  evaluate(r, 'getmetatable(open[2]).__close(open[2], nil)')
  t.equal(opened(dir), 1)
  t.equal(evaluate(r, 'io.type(open[2])'), '"closed file"')
  lunatik_stop(r)
  t.equal(opened(dir), 0)
})

t.test('a script that closes no file takes no more descriptors than it may', async (t) => {
  const log = logged(t)
  const [r, dir] = files(t, { f: 'text' }, 'open = {}')
  const more =
    '(function() while true do local f = io.open(P .. "f") if not f then return #open end open[#open + 1] = f end end)()'
  const n = Number(evaluate(r, more))
  t.ok(n > 400 && n <= 512, String(n))
  t.match(log.join(), `io.open: ${dir}/f can't be opened: 512 files are open, which scripts have not closed`)
  evaluate(r, 'open[1]:close()')
  t.equal(evaluate(r, 'io.type(io.open(P .. "f"))'), '"file"')
  lunatik_stop(r)
  t.equal(opened(dir), 0)
})
