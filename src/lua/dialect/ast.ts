// The syntax tree of a chunk. C's parser makes none, it writes code as it reads. Each node has the place of its first
// token, and each name the declaration that it means, as the parser resolved it.
import type { Place } from './lobject.js'

/**
 * A local variable, a `global` declaration of a name, or one of all names.
 * - `vararg`: the table of `...name`
 * - `close`, `const`, `global const`: can't be assigned to, like `vararg`
 */
export interface Variable extends Place {
  /** `*` for a declaration of all names. */
  readonly name: string
  readonly kind: 'local' | 'const' | 'close' | 'vararg' | 'global' | 'global const'
  /** Whether its value is known while the chunk is compiled, so that it needs no register and is never an upvalue. */
  compileTime: boolean
  /** Whether its value is known not to be a string: a loop's counter, or a constant. */
  noString: boolean
}

export interface Name extends Place {
  readonly type: 'Name'
  readonly name: string
  /** Null for a global where no `global` declaration is in scope. */
  readonly declaration: Variable | null
  /** Whether it is a local variable of a function around this one. */
  readonly upvalue: boolean
}

export interface Literal extends Place {
  readonly type: 'Nil' | 'True' | 'False' | 'Vararg'
}

export interface Numeral extends Place {
  readonly type: 'Numeral'
  /** As it is written. */
  readonly text: string
}

export interface StringLiteral extends Place {
  readonly type: 'String'
  /** One character for each byte. */
  readonly value: string
}

export interface FunctionExpression extends Place {
  readonly type: 'Function'
  /** `self` of a method is the first. */
  readonly parameters: readonly Variable[]
  readonly isVararg: boolean
  /** The variable of `...name`. */
  readonly vararg: Variable | null
  readonly body: Block
  /** The line of its `end`. */
  readonly endLine: number
}

/** `key` is null for an item of the list. */
export interface Field {
  readonly key: Expression | null
  readonly value: Expression
}

export interface Table extends Place {
  readonly type: 'Table'
  readonly fields: readonly Field[]
}

/** `a.b` has the key as a string. */
export interface Index extends Place {
  readonly type: 'Index'
  readonly object: Expression
  readonly key: Expression
}

export interface Call extends Place {
  readonly type: 'Call'
  readonly callee: Expression
  readonly args: readonly Expression[]
}

export interface MethodCall extends Place {
  readonly type: 'MethodCall'
  readonly object: Expression
  readonly method: StringLiteral
  readonly args: readonly Expression[]
}

export interface Paren extends Place {
  readonly type: 'Paren'
  readonly expression: Expression
}

export interface Unary extends Place {
  readonly type: 'Unary'
  readonly operator: 'not' | '-' | '~' | '#'
  readonly operand: Expression
}

export interface Binary extends Place {
  readonly type: 'Binary'
  /** As it is written: `/` and `//` are both floor division. */
  readonly operator: string
  readonly left: Expression
  readonly right: Expression
}

export type Expression =
  | Name
  | Literal
  | Numeral
  | StringLiteral
  | FunctionExpression
  | Table
  | Index
  | Call
  | MethodCall
  | Paren
  | Unary
  | Binary

export type Block = readonly Statement[]

export interface Local extends Place {
  readonly type: 'Local'
  readonly variables: readonly Variable[]
  readonly values: readonly Expression[]
}

export interface LocalFunction extends Place {
  readonly type: 'LocalFunction'
  readonly variable: Variable
  readonly func: FunctionExpression
}

export interface Global extends Place {
  readonly type: 'Global'
  readonly variables: readonly Variable[]
  readonly values: readonly Expression[]
}

export interface GlobalFunction extends Place {
  readonly type: 'GlobalFunction'
  readonly variable: Variable
  readonly func: FunctionExpression
}

export interface FunctionStatement extends Place {
  readonly type: 'FunctionStatement'
  readonly target: Name | Index
  /** Whether the last name comes after a colon, so that the function has a `self`. */
  readonly isMethod: boolean
  readonly func: FunctionExpression
}

export interface Assignment extends Place {
  readonly type: 'Assignment'
  readonly targets: readonly (Name | Index)[]
  readonly values: readonly Expression[]
}

export interface CallStatement extends Place {
  readonly type: 'CallStatement'
  readonly call: Call | MethodCall
}

export interface Do extends Place {
  readonly type: 'Do'
  readonly body: Block
}

export interface While extends Place {
  readonly type: 'While'
  readonly condition: Expression
  readonly body: Block
}

/** The variables of `body` are in scope in `condition`. */
export interface Repeat extends Place {
  readonly type: 'Repeat'
  readonly body: Block
  readonly condition: Expression
}

export interface If extends Place {
  readonly type: 'If'
  readonly clauses: readonly { readonly condition: Expression; readonly body: Block }[]
  readonly orelse: Block | null
}

export interface NumericFor extends Place {
  readonly type: 'NumericFor'
  readonly variable: Variable
  readonly start: Expression
  readonly limit: Expression
  readonly step: Expression | null
  readonly body: Block
}

export interface GenericFor extends Place {
  readonly type: 'GenericFor'
  readonly variables: readonly Variable[]
  readonly values: readonly Expression[]
  readonly body: Block
}

export interface Return extends Place {
  readonly type: 'Return'
  readonly values: readonly Expression[]
}

export interface Break extends Place {
  readonly type: 'Break'
}

export interface Goto extends Place {
  readonly type: 'Goto'
  readonly label: string
}

export interface Label extends Place {
  readonly type: 'Label'
  readonly label: string
}

export type Statement =
  | Local
  | LocalFunction
  | Global
  | GlobalFunction
  | FunctionStatement
  | Assignment
  | CallStatement
  | Do
  | While
  | Repeat
  | If
  | NumericFor
  | GenericFor
  | Return
  | Break
  | Goto
  | Label

export interface Chunk {
  readonly type: 'Chunk'
  readonly body: Block
}
