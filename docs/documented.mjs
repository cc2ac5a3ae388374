// A TypeDoc plugin: each export has a docstring, whatever it is, and each function of a lua_State says in it what it does to
// the stack, as `[-n, +n, e]`. TypeDoc's own check would ask for one of each field of each type as well.
import { ReflectionKind } from 'typedoc'
import { names } from '../build/test/document/names.js'

/** @param {import('typedoc').DeclarationReflection | undefined} reflection */
const parts = (reflection) =>
  [reflection, ...(reflection?.signatures ?? []), ...(reflection?.type?.declaration?.signatures ?? [])].filter(Boolean)

/** @param {import('typedoc').Comment | undefined} comment */
const textOf = (comment) => comment?.summary.map(({ text }) => text).join('') ?? ''

const notation = /\[-[^\]]*, \+[^\]]*, [-mev]\]/

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.on('validateProject', (project) => {
    const exported = new Map(project.children?.map((child) => [child.name, child]))
    for (const name of names) if (!exported.has(name)) app.logger.error(`${name} is not exported`)
    let described = 0
    for (const [name, child] of exported) {
      const target = child.isReference() ? child.getTargetReflection() : child
      const found = parts(target)
      const ofState = !target.kindOf(ReflectionKind.TypeAlias) && found.some((p) => p.parameters?.[0]?.name === 'L')
      if (!found.some((part) => part.hasComment())) app.logger.error(`${name} has no docstring`)
      else if (ofState && !notation.test(found.map(({ comment }) => textOf(comment)).join('\n')))
        app.logger.error(`the docstring of ${name} doesn't say what it does to the stack: [-n, +n, e]`)
      else described++
    }
    app.logger.info(`${described} of ${exported.size} exports have a docstring`)
  })
}
