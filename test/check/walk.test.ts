import t from 'tap'
import { type Context, walk } from '../../src/check/walk.js'
import type { Chunk } from '../../src/lua/dialect/ast.js'
import { luaY_parse } from '../../src/lua/dialect/lparser.js'

function treeOf(source: string): Chunk {
  const parsed = luaY_parse(source)
  if ('error' in parsed) throw new Error(parsed.error.message)
  return parsed.ast
}

/** The names that a chunk has, in the order of the visit, of those whose context passes. */
function names(source: string, passes: (context: Context) => boolean): string {
  const found: string[] = []
  walk(treeOf(source), (node, context) => {
    if (node.type === 'Name' && passes(context)) found.push(node.name)
  })
  return found.join(' ')
}

t.test('visits everything, in the order in which it is evaluated', async (t) => {
  const source = `
    local a1 <const>, b1 = a, b.c[d]:e(f, { g, [h] = i, j = k }) a1.x, l = m, -n
    function o.p(...) return q, ... end local function r() return s end do global function u() global *; return v end end
    do w() end while x do break end repeat y() until z if A then B() elseif C then D() else E() end
    for i1 = F, G, H do I() end for k1 in J do K(i1) end goto done ::done:: L = (M + "x" .. 1 and nil or true)
    return N`
  t.equal(
    names(source, () => true),
    'a b d f g h i k m n a1 l o q s v w x y z A B C D E F G H I J K i1 M L N',
  )
})

t.test('what is only asked for', async (t) => {
  const source = `if a then b() elseif not c then end while d and e do end repeat until (f)
    g = h or i g = j and k g = l == nil g = nil ~= m g = n == o type(p) g = (q and r) or s`
  t.equal(
    names(source, ({ guard }) => guard),
    'a c d e f h j l m p q r',
  )
})

t.test('what is assigned to, and what pcall catches', async (t) => {
  t.equal(
    names('a, b.c = d function e() end function f:g() end', ({ target }) => target),
    'a e',
  )
  t.equal(
    names(
      'pcall(function() a() end, b) xpcall(function() return function() c() end end, d) e(function() f() end)',
      ({ caught }) => caught,
    ),
    'a c',
  )
})

t.test('however deep it nests', async (t) => {
  const n = 100_000
  let nodes = 0
  for (const source of [`return a${'.b'.repeat(n)}`, `return a${'()'.repeat(n)}`, `return 1${' + 1'.repeat(n)}`]) {
    walk(treeOf(source), () => nodes++)
  }
  t.ok(nodes > 3 * n)
})
