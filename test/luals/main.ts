// `make luals`: writes the definition files of the tables linux.* anew.
import { writeFileSync } from 'node:fs'
import { luaL_newstate } from '../../src/lua/lauxlib.js'
import { root, tableDefinitions, tables } from './tables.js'

const L = luaL_newstate()
if (L === null) throw new Error('not enough memory')
for (const name of tables) writeFileSync(`${root}luals/linux/${name}.lua`, tableDefinitions(L, name))
