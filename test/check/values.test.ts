import t from 'tap'
import { Bindings } from '../../src/check/bindings.js'
import { type Value, Values } from '../../src/check/values.js'
import { walk } from '../../src/check/walk.js'
import { luaY_parse } from '../../src/lua/dialect/lparser.js'
import { definitions } from './checked.js'

const show = (value: Value | null): string => {
  if (value === null) return '?'
  switch (value.is) {
    case 'constant':
      return String(value.value)
    case 'known':
      return value.path
    case 'object':
      return `a ${value.shape.name}`
    default:
      return value.is
  }
}

/** What the chunk returns. */
function worth(source: string): string {
  const parsed = luaY_parse(source)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const values = new Values(parsed.ast, new Bindings(parsed.ast), definitions)
  let found = 'nothing'
  walk(parsed.ast, (node, { func }) => {
    const [value] = node.type === 'Return' && func === null ? node.values : []
    if (value !== undefined) found = show(values.of(value))
  })
  return found
}

t.test('what expressions are worth', async (t) => {
  for (const [source, value] of [
    ['return -(3)', '-3'],
    ['return "a" .. 1 .. "b"', 'a1b'],
    ['local a = "x" return a', 'x'],
    ['local a = "x" a = "y" return a', '?'],
    ['local a return a', '?'],
    ['local a, b = f() return b', '?'],
    ['a = "x" return a', 'x'],
    ['local d = require("device") return d.new', 'device.new'],
    ['d = require "device" local new = d.new return new', 'device.new'],
    ['local linux = require("linux") or error() return linux.time', 'linux.time'],
    ['return require("completion").new()', 'a lunatik.completion'],
    ['local c = require("mailbox").inbox(1) return c.event', 'a lunatik.completion'],
    ['return require("linux.socket").af', 'linux.socket.af'],
    ['return (_G.math)["abs"]', 'math.abs'],
    ['local math = {} return math.abs', '?'],
    ['math = {} return math.abs', '?'],
    ['local require = f return require("device")', '?'],
    ['return require("no")', '?'],
    ['return _ENV', 'globals'],
    ['return {}', 'table'],
    ['return function() end', 'function'],
    ['a = b b = a return a', '?'],
    ['for i = 1, 2 do j = i end return j', '?'],
  ] as const) {
    t.equal(worth(source), value, source)
  }
})

t.test('a string that doubles stays short', async (t) => {
  const lines = Array.from({ length: 150 }, (_, i) => `local a${i + 1} = a${i} .. a${i}`)
  t.equal(worth(`local a0 = "xx" ${lines.join('\n')} return a150`), '?')
})

t.test('a long chain of globals', async (t) => {
  const lines = Array.from({ length: 50_000 }, (_, i) => `g${i} = g${i + 1}`)
  t.equal(worth(`${lines.join('\n')} g50000 = 1 return g49999`), '1')
})
