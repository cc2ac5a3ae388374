// Reads definition files of the Lua language server: what each declares, and whether its annotations are well formed.
//
// It knows the forms that the files in luals/ have, a line each, and refuses any other.

/** A class, or the globals of a file. */
export interface Declared {
  /** Functions and fields. */
  readonly names: Set<string>
  /** Operators, for example `len`. */
  readonly operators: Set<string>
}

/** What a definition file declares. */
export interface Definitions {
  /** The module's name; `_` for globals. */
  readonly meta: string
  readonly classes: Map<string, Declared>
  /** Variables and the classes of their tables: locals and global libraries. */
  readonly variables: Map<string, string>
  readonly globals: Set<string>
  /** What the file returns; null where that is a function, or nothing. */
  readonly module: Declared | null
  readonly aliases: Set<string>
  /** Every type that an annotation names. */
  readonly used: Set<string>
}

/** A type at the start of a text: what is left of the text after it. Notes the names in it. */
class TypeReader {
  rest: string
  readonly used: Set<string>

  constructor(rest: string, used: Set<string>) {
    this.rest = rest
    this.used = used
  }

  take(token: RegExp): string | null {
    const found = new RegExp(`^${token.source}`).exec(this.rest)
    if (found === null) return null
    this.rest = this.rest.slice(found[0].length)
    return found[1] ?? found[0]
  }

  need(token: RegExp): string {
    const taken = this.take(token)
    if (taken === null) throw new SyntaxError(`${token} expected before '${this.rest}'`)
    return taken
  }

  type(): void {
    do this.unit()
    while (this.take(/ ?\| ?/) !== null)
  }

  list(end: RegExp, element: () => void): void {
    if (this.take(end) !== null) return
    do element()
    while (this.take(/, /) !== null)
    this.need(end)
  }

  unit(): void {
    if (this.take(/fun\(/) !== null) this.fun()
    else if (this.take(/"[^"]*"/) === null) {
      this.used.add(this.need(/[A-Za-z_][\w.]*/))
      if (this.take(/</) !== null) this.list(/>/, () => this.type())
    }
    while (this.take(/\[\]|\?/) !== null) {}
  }

  fun(): void {
    this.list(/\)/, () => {
      this.need(/(?:\w+|\.\.\.): /)
      this.type()
    })
    if (this.take(/: \(/) !== null) {
      this.list(/\)/, () => {
        this.need(/\w+: /)
        this.type()
      })
    } else if (this.take(/: /) !== null) this.type()
  }
}

/** Reads a definition file's text. Throws, with the line, for what is not well formed. */
export function readDefinitions(text: string): Definitions {
  const used = new Set<string>()
  const classes = new Map<string, Declared>()
  const variables = new Map<string, string>()
  const globals = new Set<string>()
  const aliases = new Set<string>()
  let meta = ''
  let module: Declared | null = null
  /** The class whose annotations come, until the variable or an empty line. */
  let pending: string | null = null
  let params: string[] = []
  let documented = false

  const classOf = (variable: string) => {
    const cls = classes.get(variables.get(variable) ?? '')
    if (cls === undefined) throw new SyntaxError(`${variable} is a table of no class`)
    return cls
  }
  const types = (rest: string) => {
    const reader = new TypeReader(rest, used)
    reader.type()
    if (!/^( |$)/.test(reader.rest)) throw new SyntaxError(`a space expected before '${reader.rest}'`)
  }
  const annotation = (name: string, rest: string) => {
    switch (name) {
      case 'meta':
        meta = rest
        return
      case 'class': {
        const [, cls = '', , parent] = /^([\w.]+)(: ([\w.]+))?$/.exec(rest) ?? []
        if (cls === '') throw new SyntaxError('a name expected')
        if (parent !== undefined) used.add(parent)
        if (classes.has(cls)) throw new SyntaxError(`${cls} is declared twice`)
        classes.set(cls, { names: new Set(), operators: new Set() })
        pending = cls
        return
      }
      case 'field': {
        const [, field = '', type = ''] = /^(\w+\??|\[string\]) (.*)$/.exec(rest) ?? []
        if (pending === null) throw new SyntaxError('a field of no class')
        classes.get(pending)?.names.add(field.replace('?', ''))
        return types(type)
      }
      case 'operator': {
        const [, operator = '', type = ''] = /^(\w+): (.*)$/.exec(rest) ?? []
        if (pending === null) throw new SyntaxError('an operator of no class')
        classes.get(pending)?.operators.add(operator)
        return types(type)
      }
      case 'param': {
        const [, param = '', type = ''] = /^(\w+|\.\.\.)\?? (.*)$/.exec(rest) ?? []
        params.push(param)
        return types(type)
      }
      case 'alias': {
        const [, alias = '', type = ''] = /^([\w.]+)(?: (.*))?$/.exec(rest) ?? []
        aliases.add(alias)
        return type === '' ? undefined : types(type)
      }
      case 'generic': {
        const [, generic = '', type = ''] = /^(\w+): (.*)$/.exec(rest) ?? []
        aliases.add(generic)
        return types(type)
      }
      case 'return':
      case 'type':
      case 'overload':
        return types(rest)
      default:
        throw new SyntaxError('an unknown annotation')
    }
  }
  const checkParams = (list: string, self: boolean) => {
    const given = params.filter((param) => !(self && param === 'self')).join(', ')
    if (given !== list) throw new SyntaxError(`the parameters are (${list}), annotated are (${given})`)
    if (!documented) throw new SyntaxError('what does it do?')
  }
  const statements: readonly (readonly [RegExp, (...parts: string[]) => void])[] = [
    [
      /^(local )?(\w+) = \{\}$/,
      (local, variable = '') => {
        if (pending === null) throw new SyntaxError('a table of no class')
        variables.set(variable, pending)
        if (local === undefined) globals.add(variable)
      },
    ],
    [
      /^function (\w+)([.:])(\w+)\((.*)\) end$/,
      (variable = '', dot = '', name = '', list = '') => {
        checkParams(list, dot === ':')
        // A library that the language server knows has no table here.
        if (variables.has(variable)) classOf(variable).names.add(name)
        else globals.add(`${variable}.${name}`)
      },
    ],
    [
      /^(local )?function (\w+)\((.*)\) end$/,
      (local, name = '', list = '') => {
        checkParams(list, false)
        if (local === undefined) globals.add(name)
      },
    ],
    [/^(\w+)\.(\w+) = nil$/, (variable = '', name = '') => void classOf(variable).names.add(name)],
    [/^(\w+) = nil$/, (name = '') => void globals.add(name)],
    [
      /^return (\w+)$/,
      (variable = '') => {
        module = variables.has(variable) ? classOf(variable) : null
      },
    ],
  ]
  const statement = (line: string) => {
    for (const [form, act] of statements) {
      const found = form.exec(line)
      if (found !== null) return act(...found.slice(1))
    }
    throw new SyntaxError('an unknown statement')
  }

  for (const [i, line] of text.split('\n').entries()) {
    try {
      const [, name, rest = ''] = /^---@(\w+) ?(.*)$/.exec(line) ?? []
      if (name !== undefined) annotation(name, rest)
      else if (line.startsWith('---| ')) types(line.slice(5))
      else if (line.startsWith('---')) documented = true
      else if (line === '') {
        pending = null
        params = []
        documented = false
      } else if (!line.startsWith('-- ')) statement(line)
    } catch (e) {
      throw new SyntaxError(`line ${i + 1}, ${line}: ${(e as Error).message}`)
    }
  }
  return { meta, classes, variables, globals, module, aliases, used }
}
