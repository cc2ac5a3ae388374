// `lunatik status`: what a mount has, as the kernel's tool tells it of /proc/modules.
import { kstrdup_quotable } from '../string_helpers.js'
import { stringOf } from '../surrogateescape.js'
import { type ClientOptions, command, quote } from './control.js'
import { scriptNames } from './list.js'

/** Lua's names of the modules that may be there: upstream's in its order, then our own. */
const candidates =
  'device linux notifier socket netlink rcu set thread data probe syscall xdp fifo skb netfilter completion crypto cpu ' +
  'hid signal byteorder darken bpf kmsg'

/** Asks the searcher of modules in C, which finds without loading. */
const chunk = `
local find, found = package.searchers[3], {}
for name in string.gmatch(${quote(candidates)}, "%a+") do
  if pcall(find, name) then found[#found + 1] = name end
end
return _LUNATIK_VERSION, table.concat(found, " "), require("lunatik.runner").list()`

interface Status {
  readonly lunatik: string
  readonly modules: readonly string[]
  readonly scripts: readonly string[]
}

function parse(results: Buffer): Status {
  const [lunatik = '', found = '', ...list] = stringOf(results).split('\t')
  const names = found.split(' ').filter((name) => name !== '')
  return {
    lunatik,
    modules: ['lunatik', ...names.map((name) => `lua${name}`), 'lunatik_run'],
    scripts: scriptNames(list.join('\t')),
  }
}

/**
 * Runs the command. Resolves with its exit code.
 * @param version the package's
 */
export function status(version: string, options: ClientOptions): Promise<number> {
  return command(options, chunk, {
    text: (results) =>
      parse(results)
        .modules.map((name) => `${kstrdup_quotable(name)} is loaded`)
        .join('\n'),
    json: (results) => ({ ok: true, version, mount: options.mount, ...parse(results) }),
  })
}
