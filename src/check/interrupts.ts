// What scripts may not do in softirq and hardirq: to sleep, and to have what only process context has.
import { quoted } from './finding.js'
import { failing, type Rule, type RuntimeContext } from './script.js'
import type { Context, Node } from './walk.js'

const processClass = (name: string) => `'${name}': process-context class in interrupt-context runtime`

/** What fails there, by the path of a function or `class:method`: what is raised, and `''` for what sleeps. */
export const processOnly: ReadonlyMap<string, string> = new Map([
  ...['aead', 'comp', 'rng', 'shash', 'skcipher'].map((name): [string, string] => [
    `crypto.${name}`,
    processClass(`crypto_${name}`),
  ]),
  ['crypto.hkdf.new', processClass('crypto_shash')],
  ['device.new', processClass('device')],
  ['thread.current', processClass('thread')],
  ['thread.run', processClass('thread')],
  ['lunatik.runtime', processClass('lunatik')],
  ['lunatik.runner.run', processClass('lunatik')],
  ['lunatik.runner.spawn', processClass('lunatik')],
  ['notifier.netdevice', processClass('notifier')],
  ['inject.hid', processClass('inject')],
  ['inject.keyboard', processClass('inject')],
  ['inject.map', processClass('inject')],
  ['inject.netdev', processClass('inject')],
  ['inject.packet', processClass('inject')],
  ['inject.probe', processClass('inject')],
  ['inject.syscall', processClass('inject')],
  ['inject.vt', processClass('inject')],
  ['inject.wire', processClass('inject')],
  ['inject.xdp', processClass('inject')],
  ['inject.json', processClass('inject')],
  ['socket.new', processClass('socket')],
  ['socket.raw.bind', processClass('socket')],
  ['lunatik.completion:wait', 'runtime context mismatch'],
  ['lunatik.inbox:receive', 'runtime context mismatch'],
  ['linux.schedule', ''],
  ['lunatik.runner.stop', ''],
  ['lunatik.runner.shutdown', ''],
])

/** What takes an interrupt context of its own, by path. */
export const interruptOnly: ReadonlyMap<string, RuntimeContext> = new Map([
  ['notifier.keyboard', 'hardirq'],
  ['notifier.vterm', 'hardirq'],
  ['hid.register', 'softirq'],
  ['netfilter.register', 'softirq'],
  ['probe.new', 'hardirq'],
  ['xdp.attach', 'softirq'],
])

/** Reports what another context than the script's takes. */
export const otherContexts: Rule = ({ running, values, report }) => {
  return (node: Node, context: Context) => {
    if (node.type !== 'Call') return
    const path = values.calleeOf(node)
    const wants = path === null ? undefined : interruptOnly.get(path)
    if (wants === undefined || running.has(wants)) return
    const where = [...running].join(' or ')
    report(
      node,
      failing(context),
      'wrong-context',
      `${path} takes a ${wants} runtime, not ${where}: runtime context mismatch`,
    )
  }
}

export const interrupts: Rule = (script) => {
  const { interrupt, values, bindings, report } = script
  if (interrupt === null) return () => {}
  const call = (node: Node & { type: 'Call' | 'MethodCall' }, context: Context) => {
    const path = values.calleeOf(node)
    const raised = path === null ? undefined : processOnly.get(path)
    if (path === null || raised === undefined) return
    if (raised === '') {
      report(node, failing(context), 'sleeps', `${path} sleeps, which a ${interrupt} runtime may not`)
    } else report(node, failing(context), 'process-only', `${path} in a ${interrupt} runtime: ${raised}`)
  }
  return (node: Node, context: Context) => {
    if (node.type === 'MethodCall') call(node, context)
    else if (node.type === 'Call') {
      call(node, context)
      const [first] = node.args
      const name = values.calleeOf(node) === 'require' && first !== undefined ? values.of(first) : null
      if (name?.is === 'constant' && name.value === 'io') {
        report(
          node,
          failing(context),
          'process-only',
          `a ${interrupt} runtime has no ${quoted('io')}: reading files sleeps`,
        )
      }
    } else if (node.type === 'Name' && !context.target && !context.guard) {
      const value = values.of(node)
      const isIo = value?.is === 'known' && value.path === 'io' && bindings.bindingOf(node) === 'io'
      if (!isIo || bindings.asked.has('io')) return
      report(
        node,
        failing(context),
        'process-only',
        `a ${interrupt} runtime has no ${quoted('io')}: reading files sleeps`,
      )
    }
  }
}
