// Writes the definition files of the modules linux.* that are tables of constants, from what `require` gives.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  LUA_TNUMBER,
  LUA_TSTRING,
  LUA_TTABLE,
  lua_call,
  lua_next,
  lua_pop,
  lua_pushcfunction,
  lua_pushnil,
  type lua_State,
  lua_toboolean,
  lua_tonumber,
  lua_tostring,
  lua_type,
} from '../../src/lua/lua.js'
import { lunatik_opener } from '../../src/lunatik/lunatik_openers.js'
import '../../src/lib/libs.js'

export const root = fileURLToPath(new URL('../../../', import.meta.url))
const sources = `${root}src/lib/linux/`

/** The modules linux.* by their names without it; those of functions are written by hand. */
export const tables = readdirSync(sources)
  .map((file) => file.replace('.ts', ''))
  .filter((name) => /\blinux_table\(/.test(readFileSync(`${sources}${name}.ts`, 'utf8')))
  .sort()

type Value = string | number | boolean | Value[] | Map<string, Value>

/** The value on the top of the stack, which it takes away. */
function take(L: lua_State): Value {
  const type = lua_type(L, -1)
  let value: Value
  if (type === LUA_TTABLE) {
    const pairs = new Map<string, Value>()
    const list: Value[] = []
    lua_pushnil(L)
    while (lua_next(L, -2)) {
      const element = take(L)
      if (lua_type(L, -1) === LUA_TSTRING) pairs.set(lua_tostring(L, -1) as string, element)
      else list[lua_tonumber(L, -1) - 1] = element
    }
    value = list.length > 0 ? list : pairs
  } else if (type === LUA_TNUMBER) value = lua_tonumber(L, -1)
  else value = type === LUA_TSTRING ? (lua_tostring(L, -1) as string) : lua_toboolean(L, -1)
  lua_pop(L, 1)
  return value
}

const keyword =
  /^(and|break|do|else|elseif|end|false|for|function|goto|if|in|local|nil|not|or|repeat|return|then|true|until|while)$/
const key = (name: string) => (/^[A-Za-z_]\w*$/.test(name) && !keyword.test(name) ? name : `["${name}"]`)

/** A value as Lua text. `indent` is that of its line. */
function lua(value: Value, indent: string): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  const elements = Array.isArray(value)
    ? value.map((element) => lua(element, `${indent}\t`))
    : [...value]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, element]) => `${key(name)} = ${lua(element, `${indent}\t`)}`)
  return `{\n${elements.map((text) => `${indent}\t${text},\n`).join('')}${indent}}`
}

/** What the comment at a source's head says of the table: the text behind its name, a sentence a line. */
function head(name: string): string[] {
  const lines = readFileSync(`${sources}${name}.ts`, 'utf8').split('\n')
  return lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('//')),
    )
    .map((line) => line.replace(/^\/\/ ?/, '').replace(`linux.${name}. `, ''))
}

/** The definition file of a module linux.*. Nothing may run in L. */
export function tableDefinitions(L: lua_State, name: string): string {
  const open = lunatik_opener(`linux.${name}`)
  if (open === undefined) throw new Error(`there is no module linux.${name}`)
  lua_pushcfunction(L, open)
  lua_call(L, 0, 1)
  const table = take(L)
  return `---@meta linux.${name}

-- Written by \`make luals\` from src/lib/linux/${name}.ts.

${head(name)
  .map((line) => `---${line}\n`)
  .join('')}---@class lunatik.linux.${name}
local ${name} = ${lua(table, '')}

return ${name}
`
}
