// llex.h: the tokens. `global` is no reserved word, as in a Lua that is built with LUA_COMPAT_GLOBAL.

/** A token up to this is a character. */
export const UCHAR_MAX = 255

/** Those of one character aren't here; ORDER RESERVED. */
export const LUA_TOKENS =
  `and break do else elseif end false for function goto if in local nil not or repeat return then true until while
// .. ... == >= <= ~= << >> :: <eof> <integer> <name> <string>`.split(/\s/)

const code = (text: string) => UCHAR_MAX + 1 + LUA_TOKENS.indexOf(text)

export const TK_AND = code('and')
export const TK_BREAK = code('break')
export const TK_DO = code('do')
export const TK_ELSE = code('else')
export const TK_ELSEIF = code('elseif')
export const TK_END = code('end')
export const TK_FALSE = code('false')
export const TK_FOR = code('for')
export const TK_FUNCTION = code('function')
export const TK_GOTO = code('goto')
export const TK_IF = code('if')
export const TK_IN = code('in')
export const TK_LOCAL = code('local')
export const TK_NIL = code('nil')
export const TK_NOT = code('not')
export const TK_OR = code('or')
export const TK_REPEAT = code('repeat')
export const TK_RETURN = code('return')
export const TK_THEN = code('then')
export const TK_TRUE = code('true')
export const TK_UNTIL = code('until')
export const TK_WHILE = code('while')
export const TK_IDIV = code('//')
export const TK_CONCAT = code('..')
export const TK_DOTS = code('...')
export const TK_EQ = code('==')
export const TK_GE = code('>=')
export const TK_LE = code('<=')
export const TK_NE = code('~=')
export const TK_SHL = code('<<')
export const TK_SHR = code('>>')
export const TK_DBCOLON = code('::')
export const TK_EOS = code('<eof>')
export const TK_INT = code('<integer>')
export const TK_NAME = code('<name>')
export const TK_STRING = code('<string>')

export const reserved: ReadonlyMap<string, number> = new Map(
  LUA_TOKENS.slice(0, TK_WHILE - UCHAR_MAX).map((word) => [word, code(word)]),
)
