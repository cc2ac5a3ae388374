// The modules linux.*: tables of the kernel's constants, which on a kernel are Lua files made from its headers.
//
// Each table is a text of NAME=value pairs, so that a table of hundreds is still read at a glance. The numbers are
// those of Linux's UAPI on x86-64.
import {
  lua_newtable,
  lua_pushboolean,
  lua_pushinteger,
  lua_pushstring,
  lua_rawset,
  type lua_State,
} from '../lua/lua.js'
import { lunatik_addopener } from '../lunatik/lunatik_openers.js'

const closing = { '{': '}', '[': ']' } as const

function pushValue(L: lua_State, word: string): void {
  if (/^-?\d+$/.test(word)) lua_pushinteger(L, Number(word))
  else if (word === 'true' || word === 'false') lua_pushboolean(L, word === 'true')
  else lua_pushstring(L, word)
}

/** Fills the table on the top of the stack with what comes before `end`. Each token is taken from `tokens`. */
function fill(L: lua_State, tokens: string[], end: string | undefined): void {
  for (let i = 1; ; i++) {
    const token = tokens.shift()
    if (token === end) return
    if (token === undefined) throw new SyntaxError(`a table of constants lacks its ${end}`)
    // `{` begins NAME={…} and `[` NAME=[…], or, in a list, one of its tables.
    const [, name = '', value = ''] = /^(?:([^=]*)=)?(.*)$/.exec(token) ?? []
    if (end === ']') lua_pushinteger(L, i)
    else lua_pushstring(L, name)
    if (value === '{' || value === '[') {
      lua_newtable(L)
      fill(L, tokens, closing[value])
    } else pushValue(L, value)
    lua_rawset(L, -3)
  }
}

/** Pushes the table that `text` describes; linux_table has the notation. */
export function linux_pushtable(L: lua_State, text: string): void {
  lua_newtable(L)
  fill(L, text.replaceAll(/[[{]/g, '$& ').replaceAll(/[\]}]/g, ' $&').trim().split(/\s+/), undefined)
}

/**
 * Defines a module that is a table of constants.
 * @param name for example `linux.stat`
 * @param text pairs NAME=value with spaces between: an integer within 2^53, true, false or a word; NAME={ pairs } is a
 *   table in the table, NAME=[ values ] a list. Names are strings, also those of digits alone.
 */
export function linux_table(name: string, text: string): void {
  lunatik_addopener(name, (L) => {
    linux_pushtable(L, text)
    return 1
  })
}
