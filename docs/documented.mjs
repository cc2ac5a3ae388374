// A TypeDoc plugin: a name of the document "Lunatik C API" without a docstring is an error. TypeDoc's own check would
// ask for one of every lua_ function and errno too, whose contracts are Lua's and Linux's.
import { names } from '../build/test/document/names.js'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.on('validateProject', (project) => {
    for (const name of names) {
      const reflection = project.getChildByName([name])
      const target = reflection?.isReference?.() ? reflection.getTargetReflection() : reflection
      const said = [target, ...(target?.signatures ?? [])].some((part) => part?.hasComment())
      if (target === undefined) app.logger.error(`${name} is not exported`)
      else if (!said) app.logger.error(`${name} has no docstring`)
    }
  })
}
