// Visits each node of a chunk's tree, the inner ones first. It keeps a stack of its own: `a.b.c...` nests as deep as a
// script is long.
import type { Block, Call, Chunk, Expression, FunctionExpression, Statement } from '../lua/dialect/ast.js'

export type Node = Expression | Statement

/** Where a node stands. */
export interface Context {
  readonly parent: Node | null
  /** The function around it; null in the main chunk. */
  readonly func: FunctionExpression | null
  /** Whether it is only looked at for being there: a condition, `x == nil`, `type(x)`. */
  readonly guard: boolean
  /** Whether pcall or xpcall catches what it raises. */
  readonly caught: boolean
  /** Whether it is assigned to. */
  readonly target: boolean
}

interface Frame {
  readonly node: Node
  readonly context: Context
  entered: boolean
}

/** The name of the global function that is called, if it is one. */
const globalCallee = ({ callee }: Call): string | null =>
  callee.type === 'Name' && (callee.declaration === null || callee.declaration.kind.startsWith('global'))
    ? callee.name
    : null

/** Gives each child of a node, in the order of the source, to `add`. */
function children(node: Node, context: Context, add: (child: Node, more?: Partial<Context>) => void): void {
  const all = (nodes: readonly Node[], more?: Partial<Context>) => {
    for (const child of nodes) add(child, more)
  }
  switch (node.type) {
    case 'Index':
      add(node.object)
      add(node.key)
      break
    case 'Call': {
      const name = globalCallee(node)
      add(node.callee)
      if (name === 'pcall' || name === 'xpcall') {
        const [first, ...rest] = node.args
        if (first !== undefined) add(first, { caught: true })
        all(rest)
      } else all(node.args, { guard: name === 'type' })
      break
    }
    case 'MethodCall':
      add(node.object)
      all(node.args)
      break
    case 'Function':
      all(node.body, { func: node })
      break
    case 'Table':
      for (const { key, value } of node.fields) {
        if (key !== null) add(key)
        add(value)
      }
      break
    case 'Paren':
      add(node.expression, { guard: context.guard })
      break
    case 'Unary':
      add(node.operand, { guard: node.operator === 'not' })
      break
    case 'Binary': {
      const { operator, left, right } = node
      const logical = operator === 'and' || operator === 'or'
      const compares = operator === '==' || operator === '~='
      add(left, { guard: logical || (compares && right.type === 'Nil') })
      add(right, { guard: logical ? context.guard : compares && left.type === 'Nil' })
      break
    }
    case 'Local':
    case 'Global':
    case 'Return':
      all(node.values)
      break
    case 'LocalFunction':
    case 'GlobalFunction':
      add(node.func)
      break
    case 'FunctionStatement':
      add(node.target, { target: true })
      add(node.func)
      break
    case 'Assignment':
      all(node.values)
      all(node.targets, { target: true })
      break
    case 'CallStatement':
      add(node.call)
      break
    case 'Do':
      all(node.body)
      break
    case 'While':
      add(node.condition, { guard: true })
      all(node.body)
      break
    case 'Repeat':
      all(node.body)
      add(node.condition, { guard: true })
      break
    case 'If':
      for (const { condition, body } of node.clauses) {
        add(condition, { guard: true })
        all(body)
      }
      if (node.orelse !== null) all(node.orelse)
      break
    case 'NumericFor':
      add(node.start)
      add(node.limit)
      if (node.step !== null) add(node.step)
      all(node.body)
      break
    case 'GenericFor':
      all(node.values)
      all(node.body)
      break
    default: // what has no children
  }
}

/** Calls `visit` for each node, the children of one before it. */
export function walk(chunk: Chunk, visit: (node: Node, context: Context) => void): void {
  const outermost: Context = { parent: null, func: null, guard: false, caught: false, target: false }
  const stack: Frame[] = []
  const pushAll = (frames: Frame[]) => {
    for (let i = frames.length - 1; i >= 0; i--) stack.push(frames[i] as Frame)
  }
  const frames = (block: Block) => block.map((node): Frame => ({ node, context: outermost, entered: false }))
  pushAll(frames(chunk.body))
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { node, context } = frame
    if (frame.entered) {
      stack.pop()
      visit(node, context)
      continue
    }
    frame.entered = true
    const below: Frame[] = []
    const inherited = { parent: node, func: context.func, guard: false, caught: context.caught, target: false }
    children(node, context, (child, more) => {
      below.push({ node: child, context: { ...inherited, ...more }, entered: false })
    })
    pushAll(below)
  }
}
