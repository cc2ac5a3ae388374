import { constants as fs } from 'node:fs'
import { constants as os } from 'node:os'
import t from 'tap'
import { linux_table } from '../../src/lib/linux_table.js'
import '../../src/lib/libs.js'
import { agrees, evaluate, evaluator } from './eval.js'

/** The pairs of a module's table, as numbers. */
function table(r: Parameters<typeof evaluate>[0], name: string): Map<string, number> {
  const pairs = evaluate(r, `kv(require("${name}"))`).slice(1, -1).split(' ')
  return new Map(pairs.map((pair) => pair.split('=')).map(([k, v]) => [k as string, Number(v)]))
}

t.test('tables hold what their text says', async (t) => {
  linux_table('linux.testtable', 'A=1 BIG=4294967296 MIN=-2147483648 1588=2 T={B=x L=[{on=true} 5 [off]]} E={}')
  const r = evaluator(t)
  agrees(
    t,
    r,
    `
    (function() T = require("linux.testtable") return T.A, T.MIN, T["1588"], T[1588], T.T.B, T.T.L[1].on, T.T.L[2], T.T.L[3][1], #T.T.L, next(T.E) end)()  =>  1  -2147483648  2  nil  "x"  true  5  "off"  3  nil
    T.BIG == tonumber("4294967296")  =>  true
    T.nosuch  =>  nil
    (function() T.X = 5 return require("linux.testtable").X end)()  =>  5
    getmetatable(T)  =>  nil
    `,
  )
  t.match(evaluate(evaluator(t), 'require("linux.testtable").X'), 'nil', "another runtime's table is another")
  linux_table('linux.unclosed', 'A={B=1')
  t.match(evaluate(r, 'require("linux.unclosed")'), /lacks its }/)
})

t.test('signals, modes and errnos are those of the system', async (t) => {
  const r = evaluator(t)
  const signal = table(r, 'linux.signal')
  for (const [name, number] of Object.entries(os.signals)) {
    t.equal(signal.get(name.slice(3)), number, name)
  }
  const stat = table(r, 'linux.stat')
  for (const [name, number] of Object.entries(fs)) {
    if (name.startsWith('S_')) t.equal(stat.get(name.slice(2)), number, name)
  }
  const errno = table(r, 'linux.errno')
  for (const [name, number] of Object.entries(os.errno)) {
    // The C library's name for EOPNOTSUPP.
    if (name !== 'ENOTSUP') t.equal(errno.get(name), number, name)
  }
})

t.test('the tables are what the kernel has', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("linux.stat"))  =>  "IALLUGO IFBLK IFCHR IFDIR IFIFO IFLNK IFMT IFREG IFSOCK IRGRP IROTH IRUGO IRUSR IRWXG IRWXO IRWXU IRWXUGO ISGID ISUID ISVTX IWGRP IWOTH IWUGO IWUSR IXGRP IXOTH IXUGO IXUSR"
    require("linux.stat").IRUGO, require("linux.stat").IWUGO, require("linux.stat").IXUGO, require("linux.stat").IRWXUGO, require("linux.stat").IRUSR, require("linux.stat").IFCHR  =>  292  146  73  511  256  8192
    require("linux.task").INTERRUPTIBLE, require("linux.task").UNINTERRUPTIBLE, require("linux.task").KILLABLE, require("linux.task").IDLE, require("linux.task").RUNNING  =>  1  2  258  1026  0
    kv(require("linux.notify"))  =>  "BAD=32770 DONE=0 OK=1 STOP=32769 STOP_MASK=32768"
    kv(require("linux.xdp"))  =>  "ABORTED=0 DROP=1 PACKET_HEADROOM=256 PASS=2 REDIRECT=4 TX=3"
    kv(require("linux.kbd"))  =>  "KEYCODE=1 KEYSYM=4 POST_KEYSYM=5 UNBOUND_KEYCODE=2 UNICODE=3"
    kv(require("linux.bpf"))  =>  "ANY=0 EXIST=2 MAP_TYPE_ARRAY=2 MAP_TYPE_HASH=1 MAP_TYPE_LRU_HASH=9 MAP_TYPE_QUEUE=22 MAP_TYPE_STACK=23 NOEXIST=1"
    kv(require("linux.socket").layout)  =>  "timeval={fields={1={name=tv_sec offset=0 signed=true size=8} 2={name=tv_usec offset=8 signed=true size=8}} size=16}"
    kv(require("linux.nf").br)  =>  "BROUTING=5 FORWARD=2 LOCAL_IN=1 LOCAL_OUT=3 NUMHOOKS=6 POST_ROUTING=4 PRE_ROUTING=0 pri={BRNF=0 FILTER_BRIDGED=-200 FILTER_OTHER=200 FIRST=-2147483648 LAST=2147483647 NAT_DST_BRIDGED=-300 NAT_DST_OTHER=100 NAT_SRC=300}"
    kv(require("linux.genl").layout)  =>  "genlmsghdr={fields={1={name=cmd offset=0 signed=false size=1} 2={name=version offset=1 signed=false size=1} 3={name=reserved offset=2 signed=false size=2}} size=4}"
    keys(require("linux.netlink"))  =>  "ALIGNTO flag layout proto type"
    keys(require("linux.rtnetlink"))  =>  "fr_act fra ifa iff ifla layout rta rtm rtn rtprot scope table"
    kv(require("linux.rtnetlink").table)  =>  "COMPAT=252 DEFAULT=253 LOCAL=255 MAIN=254 MAX=-1 UNSPEC=0"
    keys(require("linux.nl80211"))  =>  "attr cmd iftype staflag"
    require("linux.eth")["8021Q"], require("linux.eth").IPV6, require("linux.vt").ALLOCATE, require("linux.netdev").UP  =>  33024  34525  1  1
    require("linux.syscall").numbers.read, require("linux.syscall").numbers.set_mempolicy_home_node  =>  0  450
    `,
  )
})
