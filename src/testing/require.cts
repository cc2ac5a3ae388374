// What `require('lunatik/testing')` gives: the same, from the ES module. Where a test runner has put an `import()` of its
// own in the place of Node's, as jest does, Node's is asked.
import url = require('node:url')
import vm = require('node:vm')

import type * as esm from './testing.js'

type Load = (specifier: string) => Promise<typeof esm>

/** Node's own `import()`, for files that are given none: with a warning that it is experimental. */
const nodes = (): Load =>
  new vm.Script('(specifier) => import(specifier)', {
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext()

const load: Load = (specifier) =>
  import(specifier).catch((e: NodeJS.ErrnoException) => {
    if (!e.code?.startsWith('ERR_VM_DYNAMIC_IMPORT')) throw e
    return nodes()(specifier)
  })

namespace testing {
  export type Call = esm.Call
  export type Clock = esm.Clock
  export type Context = esm.Context
  export type Log = esm.Log
  export type LogRecord = esm.LogRecord
  export type Lunatik = esm.Lunatik
  export type LunatikOptions = esm.LunatikOptions
  export type UntilOptions = esm.UntilOptions

  /** Mounts devices for a test; see the ES module's function of this name. */
  export const createLunatik = async (options?: LunatikOptions): Promise<Lunatik> =>
    (await load(url.pathToFileURL(require.resolve('../../dist/testing/testing.js')).href)).createLunatik(options)
}

export = testing
