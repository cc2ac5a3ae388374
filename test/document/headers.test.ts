// Every name of Lua's headers is exported by the package, or is in the table of docs/capi.md with the reason why not.
// variants: default
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type * as lunatik from 'lunatik'
import * as exported from 'lunatik'
import t from 'tap'
import { headers, types } from './headers.js'

const page = readFileSync(fileURLToPath(new URL('../../../docs/capi.md', import.meta.url)), 'utf8')

/** The rows of the table of what there isn't: its names, and why. */
const rows = page
  .slice(page.indexOf("## What there isn't"))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, names = '', why = ''] = line.split('|')
    return { names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name as string), why: why.trim() }
  })
const left = new Map(rows.flatMap(({ names, why }) => names.map((name) => [name, why] as const)))

/** The types that are exported; the compiler holds that they are. */
const exportedTypes: Record<string, true> = {
  lua_CFunction: true,
  lua_Debug: true,
  lua_Hook: true,
  lua_Integer: true,
  lua_KContext: true,
  lua_KFunction: true,
  lua_Number: true,
  lua_Reader: true,
  lua_State: true,
  lua_Unsigned: true,
  lua_WarnFunction: true,
  lua_Writer: true,
  luaL_Buffer: true,
  luaL_Reg: true,
} satisfies { [K in keyof Types]: true }

interface Types {
  lua_CFunction: lunatik.lua_CFunction
  lua_Debug: lunatik.lua_Debug
  lua_Hook: lunatik.lua_Hook
  lua_Integer: lunatik.lua_Integer
  lua_KContext: lunatik.lua_KContext
  lua_KFunction: lunatik.lua_KFunction
  lua_Number: lunatik.lua_Number
  lua_Reader: lunatik.lua_Reader
  lua_State: lunatik.lua_State
  lua_Unsigned: lunatik.lua_Unsigned
  lua_WarnFunction: lunatik.lua_WarnFunction
  lua_Writer: lunatik.lua_Writer
  luaL_Buffer: lunatik.luaL_Buffer
  luaL_Reg: lunatik.luaL_Reg
}

t.test('each name of the headers is exported, or left out for a reason', async (t) => {
  let told = 0
  let all = 0
  for (const [header, names] of Object.entries({ ...headers, types })) {
    t.ok(names.length > 10, header)
    for (const name of names) {
      all++
      const is = Object.hasOwn(exported, name) || exportedTypes[name] === true
      if (is !== left.has(name)) told++
      else t.fail(is ? `${name} of ${header} is exported, and left out in docs/capi.md` : `${name} of ${header}`)
    }
  }
  t.comment(`${told} of ${all} names: ${Math.floor((100 * told) / all)}%`)
  t.ok(all > 350, String(all))
})

t.test('what is left out is of the headers, and says why', async (t) => {
  const known = new Set([...Object.values(headers).flat(), ...types])
  t.ok(left.size > 20)
  for (const [name, why] of left) {
    t.ok(known.has(name), name)
    t.ok(why.length > 10, name)
  }
})
