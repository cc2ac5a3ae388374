// Members that libraries, modules and objects haven't, and those that only this project's have.
import type { Index, MethodCall } from '../lua/dialect/ast.js'
import type { Definitions } from './definitions.js'
import { quoted } from './finding.js'
import { advice, isSpare } from './globals.js'
import { failing, type Rule } from './script.js'
import { instead } from './stdlib.js'
import { stringOf } from './values.js'
import type { Context, Node } from './walk.js'

export const ownExtension = "is this project's own: a kernel doesn't have it"
export const laterKernels = "is of later kernels: that of Lunatik 4.4 doesn't have it"

/** Where else a member is that a module hasn't: as a module of its own, or in the one other module that has it. */
export function elsewhereIn({ modules }: Definitions, library: string, name: string): string {
  if (modules.has(`${library}.${name}`)) return `: require("${library}.${name}") gives it`
  const others = [...modules].filter(([, { shape }]) => shape?.members.has(name))
  const [other] = others
  return other !== undefined && others.length === 1 ? `: ${other[0]}.${name} is there` : ''
}

export const missingMembers: Rule = ({ bindings, values, definitions, shared, report }) => {
  const isAdded = (path: string, library: string) =>
    [path, `${library}.*`].some((each) => values.added.has(each) || shared.added.has(each))

  const missing = (node: Index | MethodCall, context: Context, library: string, name: string) => {
    const path = `${library}.${name}`
    if (context.guard || bindings.asked.has(path) || isAdded(path, library)) return
    if (isSpare(node, context, (e) => values.of(e))) return
    // What no Lua has may be another script's, which adds it to the library.
    const known = instead(path) !== undefined || !definitions.globals.has(library)
    const whose = definitions.globals.has(library) ? `the kernel's ${library}` : library
    report(
      node,
      known ? failing(context) : 'warning',
      'missing-member',
      `${whose} has no ${quoted(name)}${advice(path) || elsewhereIn(definitions, library, name)}`,
    )
  }

  const look = (node: Index | MethodCall, context: Context, name: string | null) => {
    const object = values.of(node.object)
    if (name === null || (object?.is !== 'known' && object?.is !== 'object')) return
    const shape = object.is === 'known' ? object.member.shape : object.shape
    const member = shape?.members.get(name)
    const asked = object.is === 'known' && (context.guard || bindings.asked.has(`${object.path}.${name}`))
    if (member?.beyond === 'own' || (member?.beyond === 'later' && !asked)) {
      const whose = object.is === 'known' ? `${object.path}.${name}` : `${shape?.name}'s ${quoted(name)}`
      report(node, 'warning', 'own-extension', `${whose} ${member.beyond === 'own' ? ownExtension : laterKernels}`)
    }
    if (shape === null || member !== undefined) return
    if (object.is === 'known') missing(node, context, object.path, name)
    else if (!shape.open && !context.guard) {
      report(node, failing(context), 'missing-member', `${shape.name} has no ${quoted(name)}`)
    }
  }

  return (node: Node, context: Context) => {
    if (node.type === 'Index' && !context.target) look(node, context, stringOf(values.of(node.key)))
    else if (node.type === 'MethodCall') look(node, context, node.method.value)
  }
}
