// lunatik.config: what this Lunatik was built with, which on a kernel is a Lua file that the build writes.
import { release } from 'node:os'
import { lunatik_addopener, lunatik_opener } from '../lunatik/lunatik_openers.js'
import { linux_pushtable } from './linux_table.js'

/** Upstream's kernel modules in the order in which they are loaded. */
const modules =
  'lunatik luadevice lualinux luanotifier luasocket luanetlink luarcu luaset luathread luadata luaprobe luasyscall ' +
  'luaxdp luafifo luaskb luanetfilter luacompletion luacrypto luacpu luahid luasignal luabyteorder luadarken luabpf'

/** lunatik.config: `kernel_version`, the running kernel's, and `modules`, those of upstream's that are here. */
lunatik_addopener('lunatik.config', (L) => {
  const here = modules.split(' ').filter((name) => name === 'lunatik' || lunatik_opener(name.slice(3)) !== undefined)
  linux_pushtable(L, `kernel_version=${release()} modules=[${here.join(' ')}]`)
  return 1
})
