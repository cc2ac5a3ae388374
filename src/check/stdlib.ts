// Lua's standard libraries: what the kernel has of them, and what other Luas have besides. `math` and `io`, of which
// the kernel has but a part, are in luals/. The recording dialect_globals has the kernel's; a test compares.

const words = (text: string) => text.trim().split(/\s+/)

/** The members by library. */
export const standardLibraries: readonly (readonly [string, readonly string[]])[] = [
  [
    '_G',
    words(`_G _LUNATIK_VERSION _VERSION assert collectgarbage coroutine debug dofile error getmetatable io ipairs load
      loadfile math next package pairs pcall print rawequal rawget rawlen rawset require select setmetatable string
      table tonumber tostring type utf8 warn xpcall`),
  ],
  [
    'string',
    words('byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper'),
  ],
  ['table', words('concat create insert move pack remove sort unpack')],
  ['coroutine', words('close create isyieldable resume running status wrap yield')],
  [
    'debug',
    words(`gethook getinfo getlocal getmetatable getregistry getupvalue getuservalue sethook setlocal setmetatable
      setupvalue setuservalue traceback upvalueid upvaluejoin`),
  ],
  ['utf8', words('char charpattern codepoint codes len offset')],
  ['package', words('config loaded loadlib path preload searchers searchpath')],
]

/** What other Luas have and the kernel hasn't, and what to take instead; empty where there is nothing. */
const elsewhere = new Map<string, string>([
  ...words('bit ffi gcinfo jit module newproxy').map((name) => [name, ''] as const),
  ...words(
    'acos asin atan atan2 ceil cos cosh deg exp fmod frexp ldexp log log10 modf pi pow rad sin sinh sqrt tan tanh',
  ).map((name) => [`math.${name}`, 'there are integers only'] as const),
  ...words('close input output popen read stderr stdin stdout tmpfile write').map(
    (name) => [`io.${name}`, ''] as const,
  ),
  ['arg', 'a script gets no arguments'],
  ['bit', 'the operators & | ~ << >> do it'],
  ['bit32', 'the operators & | ~ << >> do it'],
  ['debug.debug', ''],
  ['debug.getfenv', ''],
  ['debug.setcstacklimit', ''],
  ['debug.setfenv', ''],
  ['getfenv', 'load takes an environment'],
  ['io.stderr', 'print and warn write to the log'],
  ['io.stdout', 'print writes to the log'],
  ['io.write', 'print writes to the log'],
  ['loadstring', 'load does it'],
  ['math.ceil', 'there are integers only: (a + b - 1) // b divides and rounds up'],
  ['math.floor', 'there are integers only: an integer is its own floor, and / rounds down'],
  ['math.fmod', 'there are integers only: % has the sign of the divisor'],
  ['math.huge', 'there are integers only: math.maxinteger is the largest'],
  ['math.random', 'linux.random does it'],
  ['math.randomseed', 'linux.random needs none'],
  ['math.type', 'there are integers only: type(x) == "number" is enough'],
  ['os', ''],
  ['os.clock', 'linux.time gives nanoseconds'],
  ['os.date', 'linux.time gives nanoseconds'],
  ['os.difftime', 'linux.difftime does it'],
  ['os.time', 'linux.time gives nanoseconds'],
  ['package.cpath', ''],
  ['package.loaders', 'package.searchers it is'],
  ['package.seeall', ''],
  ['setfenv', 'load takes an environment'],
  ['string.gfind', 'string.gmatch does it'],
  ['table.foreach', 'pairs does it'],
  ['table.foreachi', 'ipairs does it'],
  ['table.getn', '# does it'],
  ['table.maxn', ''],
  ['table.setn', ''],
  ['unpack', 'table.unpack does it'],
])

/** What to do without something that other Luas have, `''` where nothing is to be said; undefined where none has it. */
export const instead = (path: string): string | undefined => elsewhere.get(path)

/** The modules that every runtime has loaded, so that no script takes their place. */
export const loadedModules: ReadonlySet<string> = new Set(
  words('_G coroutine debug device io lunatik math package rcu string table utf8'),
)

/**
 * Modules of the kernel's Lunatik that need a kernel. Those in Lua below them count as well.
 */
export const kernelModules: ReadonlySet<string> = new Set(
  words(`fib fsnotify netlink.channel netlink.nl80211 sched tc xtable`),
)

/** Whether a kernel's Lunatik has a module that needs a kernel. */
export const isKernelModule = (name: string) =>
  [...kernelModules].some((module) => name === module || name.startsWith(`${module}.`))
