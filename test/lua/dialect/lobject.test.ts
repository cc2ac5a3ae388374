// How messages call a chunk.
import t from 'tap'
import { luaG_addinfo, luaO_chunkid } from '../../../src/lua/dialect/lobject.js'
import { luaY_parse } from '../../../src/lua/dialect/lparser.js'

t.test('names are what comes after their sign, never cut', async (t) => {
  t.equal(luaO_chunkid('=stdin'), 'stdin')
  t.equal(luaO_chunkid('@/lib/modules/lua/x.lua'), '/lib/modules/lua/x.lua')
  t.equal(luaO_chunkid(`@${'x'.repeat(300)}`), 'x'.repeat(300))
})

t.test('a string is cut at its first line and at 45 bytes', async (t) => {
  t.equal(luaO_chunkid('return 1'), '[string "return 1"]')
  t.equal(luaO_chunkid(''), '[string ""]')
  t.equal(luaO_chunkid('a\nb'), '[string "a..."]')
  t.equal(luaO_chunkid('\n'), '[string "..."]')
  t.equal(luaO_chunkid('x'.repeat(44)), `[string "${'x'.repeat(44)}"]`)
  t.equal(luaO_chunkid('x'.repeat(45)), `[string "${'x'.repeat(45)}..."]`)
  t.equal(luaO_chunkid(`${'x'.repeat(80)}\n`), `[string "${'x'.repeat(45)}..."]`)
})

t.test('what load was recorded to say of strings', async (t) => {
  for (const [source, message] of [
    ['return 1 +', '[string "return 1 +"]:1: unexpected symbol near <eof>'],
    ['syntax error', `[string "syntax error"]:1: syntax error near 'error'`],
    ['syntax error here', `[string "syntax error here"]:1: syntax error near 'error'`],
  ] as const) {
    const parsed = luaY_parse(source)
    t.equal('error' in parsed && luaG_addinfo(source, parsed.error), message)
  }
})

t.test('an error has the place of its line, one of too deep a nesting has none', async (t) => {
  t.equal(luaG_addinfo('@f.lua', { line: 3, column: 1, message: 'no' }), 'f.lua:3: no')
  t.equal(luaG_addinfo('@f.lua', { line: 3, column: 1, message: 'C stack overflow' }), 'C stack overflow')
})
