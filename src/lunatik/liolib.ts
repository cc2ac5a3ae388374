// liolib.c as the kernel has it: files, and nothing of standard input and output. Written on the façade alone, so that
// it serves every engine; the files are lunatik_stdio.ts's.
//
// The kernel's has no errno, so each failure is `(no extra info)`, with the number 0. Its numbers are integers: format
// `n` reads past a numeral with a fraction or an exponent, and gives nil. What differs: a string is at most 64 MiB.
import { isUtf8 } from 'node:buffer'
import { l_str2int, narrow } from '../lua/dialect/lobject.js'
import {
  LUA_FILEHANDLE,
  luaL_argcheck,
  luaL_argerror,
  luaL_checkany,
  luaL_checkinteger,
  luaL_checklstring,
  luaL_checkudata,
  luaL_error,
  luaL_fileresult,
  luaL_newlib,
  luaL_newmetatable,
  luaL_optinteger,
  luaL_setfuncs,
  luaL_testudata,
} from '../lua/lauxlib.js'
import {
  LUA_TNUMBER,
  lua_checkstack,
  lua_error,
  lua_gettop,
  lua_isnone,
  lua_isnoneornil,
  lua_newuserdatauv,
  lua_pop,
  lua_pushboolean,
  lua_pushcclosure,
  lua_pushinteger,
  lua_pushlstring,
  lua_pushnil,
  lua_pushstring,
  lua_pushvalue,
  lua_replace,
  lua_rotate,
  type lua_State,
  lua_setfield,
  lua_setmetatable,
  lua_settop,
  lua_toboolean,
  lua_tointeger,
  lua_tostring,
  lua_type,
  type lua_Udata,
  lua_upvalueindex,
} from '../lua/lua.js'
import { ptr_to_hashval } from '../printk.js'
import { lunatik_checkoption } from './lunatik_aux.js'
import { NOT_ENOUGH_MEMORY } from './lunatik_enomem.js'
import { EOF, type FILE, fopen, type whence } from './lunatik_stdio.js'

/** The most that one call reads, in bytes, as string.rep makes no longer string. */
const stringMax = 64 << 20

/** A file's userdata: null once it is closed, and before it is open. */
interface LStream extends lua_Udata {
  value: FILE | null
}

const tolstream = (L: lua_State) => luaL_checkudata(L, 1, LUA_FILEHANDLE) as LStream

const tofile = (L: lua_State): FILE => tolstream(L).value ?? luaL_error(L, 'attempt to use a closed file')

/** The bytes of string argument `arg` as C sees them, up to a NUL. */
function checkcstring(L: lua_State, arg: number): Buffer {
  const bytes = luaL_checklstring(L, arg)
  const nul = bytes.indexOf(0)
  return Buffer.from(nul < 0 ? bytes : bytes.subarray(0, nul))
}

function io_type(L: lua_State): number {
  luaL_checkany(L, 1)
  const p = luaL_testudata(L, 1, LUA_FILEHANDLE) as LStream | null
  if (p === null) lua_pushnil(L)
  else lua_pushstring(L, p.value === null ? 'closed file' : 'file')
  return 1
}

function f_tostring(L: lua_State): number {
  const f = tolstream(L).value
  lua_pushstring(L, f === null ? 'file (closed)' : `file (0x${ptr_to_hashval(f)})`)
  return 1
}

/** Marks the stream as closed before it is, so that nothing closes it twice. */
function close(p: LStream): boolean {
  const f = p.value
  p.value = null
  return f === null || f.close()
}

function f_close(L: lua_State): number {
  tofile(L)
  return luaL_fileresult(L, close(tolstream(L)), null)
}

function f_gc(L: lua_State): number {
  close(tolstream(L))
  return 0
}

/** Pushes a closed stream: a file is opened only when there is who closes it. */
function newfile(L: lua_State): LStream {
  const p = lua_newuserdatauv(L, 0) as LStream
  p.value = null
  if (luaL_newmetatable(L, LUA_FILEHANDLE)) createmeta(L)
  lua_setmetatable(L, -2)
  return p
}

/** Opens the file `name` as `p`. Returns whether it could. */
function openfile(p: LStream, name: Buffer, mode: string, caller: string): boolean {
  // What can't be text would become another name.
  if (isUtf8(name)) p.value = fopen(name.toString(), mode, caller)
  return p.value !== null
}

function io_open(L: lua_State): number {
  const name = checkcstring(L, 1)
  const mode = lua_isnoneornil(L, 2) ? 'r' : checkcstring(L, 2).toString('latin1')
  const p = newfile(L)
  luaL_argcheck(L, /^[rwa]\+?b*$/.test(mode), 2, 'invalid mode')
  return openfile(p, name, mode, 'io.open') ? 1 : luaL_fileresult(L, false, name)
}

/** Arguments of `lines`, so that the function that it gives has room for them. */
const MAXARGLINE = 250

/**
 * Pushes the function that reads a file's lines: io_readline, with the file, the number of formats, whether to close
 * the file, and the formats.
 */
function aux_lines(L: lua_State, toclose: boolean): void {
  const n = lua_gettop(L) - 1
  luaL_argcheck(L, n <= MAXARGLINE, MAXARGLINE + 2, 'too many arguments')
  lua_pushvalue(L, 1)
  lua_pushinteger(L, n)
  lua_pushboolean(L, toclose)
  lua_rotate(L, 2, 3)
  lua_pushcclosure(L, io_readline, 3 + n)
}

function f_lines(L: lua_State): number {
  tofile(L)
  aux_lines(L, false)
  return 1
}

function io_lines(L: lua_State): number {
  if (lua_isnone(L, 1)) lua_pushnil(L)
  const name = checkcstring(L, 1)
  if (!openfile(newfile(L), name, 'r', 'io.lines')) luaL_error(L, `cannot open file '${name}' (I/O error)`)
  lua_replace(L, 1)
  aux_lines(L, true)
  lua_pushnil(L)
  lua_pushnil(L)
  lua_pushvalue(L, 1)
  return 4
}

/** The most characters of a numeral. */
const L_MAXLENNUM = 200

/** What read_number has of a numeral. */
class Numeral {
  text = ''
  /** Whether there are more characters of it than may be. */
  long = false
  readonly #f: FILE

  constructor(f: FILE) {
    this.#f = f
  }

  /** Takes the next character if it is one of `set`. */
  accept(set: string): boolean {
    const c = this.#f.peek()
    if (c === EOF || !set.includes(String.fromCharCode(c))) return false
    this.long ||= this.text.length === L_MAXLENNUM
    if (this.long) return false
    this.text += String.fromCharCode(c)
    this.#f.skip()
    return true
  }

  /** Takes digits, and returns whether there were any. */
  digits(set: string): boolean {
    const from = this.text.length
    while (this.accept(set)) {}
    return this.text.length > from
  }
}

const decimal = '0123456789'
const hexadecimal = `${decimal}abcdefABCDEF`

/** Pushes the number that follows, or nil for none. Returns whether there is one. */
function read_number(L: lua_State, f: FILE): boolean {
  while (' \t\n\v\f\r'.includes(String.fromCharCode(f.peek()))) f.skip()
  const numeral = new Numeral(f)
  numeral.accept('-+')
  const zero = numeral.accept('0')
  const hex = zero && numeral.accept('xX')
  const set = hex ? hexadecimal : decimal
  let some = numeral.digits(set) || (zero && !hex)
  if (numeral.accept('.')) some = numeral.digits(set) || some
  if (some && numeral.accept(hex ? 'pP' : 'eE')) {
    numeral.accept('-+')
    numeral.digits(decimal)
  }
  const n = numeral.long ? null : l_str2int(numeral.text)
  if (n === null) lua_pushnil(L)
  else lua_pushinteger(L, narrow(n))
  return n !== null
}

/** Pushes bytes that were read; raises where they were too many. Returns how many. */
function pushbytes(L: lua_State, bytes: Uint8Array | null): number {
  if (bytes === null) {
    lua_pushstring(L, NOT_ENOUGH_MEMORY)
    return lua_error(L)
  }
  lua_pushlstring(L, bytes)
  return bytes.length
}

/**
 * Reads what the formats from index `first` to the top say, and pushes it. Returns how many values.
 */
function g_read(L: lua_State, f: FILE, first: number): number {
  const top = lua_gettop(L)
  const nargs = Math.max(top - first + 1, 1)
  if (!lua_checkstack(L, nargs + 20)) luaL_error(L, 'stack overflow (too many arguments)')
  let room = stringMax
  f.err = false

  const line = (chop: boolean): boolean => {
    const bytes = f.gets(room)
    const full = bytes !== null && bytes[bytes.length - 1] === 0x0a
    room -= pushbytes(L, chop && full ? bytes.subarray(0, -1) : bytes)
    return full || (bytes !== null && bytes.length > 0)
  }
  const chars = (n: number): boolean => {
    const length = pushbytes(L, f.read(n, room))
    room -= length
    return length > 0
  }
  const format = (arg: number): boolean => {
    if (lua_type(L, arg) === LUA_TNUMBER) {
      const n = Number(luaL_checkinteger(L, arg))
      if (n < 0) luaL_error(L, 'resulting string too large')
      if (n > 0) return chars(n)
      lua_pushstring(L, '')
      return f.peek() !== EOF
    }
    switch (checkcstring(L, arg).toString('latin1').replace(/^\*/, '')[0]) {
      case 'n':
        return read_number(L, f)
      case 'l':
        return line(true)
      case 'L':
        return line(false)
      case 'a':
        chars(Number.MAX_SAFE_INTEGER)
        return true
      default:
        return luaL_argerror(L, arg, 'invalid format')
    }
  }

  let n = 0
  let success = true
  if (top < first) {
    success = line(true)
    n = 1
  } else while (n < nargs && success) success = format(first + n++)
  if (f.err) return luaL_fileresult(L, false, null)
  if (!success) {
    lua_pop(L, 1)
    lua_pushnil(L)
  }
  return n
}

const f_read = (L: lua_State) => g_read(L, tofile(L), 2)

function io_readline(L: lua_State): number {
  const p = luaL_testudata(L, lua_upvalueindex(1), LUA_FILEHANDLE) as LStream | null
  const f = p?.value ?? luaL_error(L, 'file is already closed')
  const nformats = lua_tointeger(L, lua_upvalueindex(2))
  lua_settop(L, 1)
  if (!lua_checkstack(L, nformats)) luaL_error(L, 'stack overflow (too many arguments)')
  for (let i = 1; i <= nformats; i++) lua_pushvalue(L, lua_upvalueindex(3 + i))
  const n = g_read(L, f, 2)
  if (lua_toboolean(L, -n)) return n
  if (n > 1) return luaL_error(L, lua_tostring(L, -n + 1) ?? '')
  if (p !== null && lua_toboolean(L, lua_upvalueindex(3))) close(p)
  return 0
}

function f_write(L: lua_State): number {
  const f = tofile(L)
  const top = lua_gettop(L)
  let total = 0
  for (let arg = 2; arg <= top; arg++) {
    const bytes = luaL_checklstring(L, arg)
    const { length } = bytes
    const done = f.write(bytes)
    total += done
    if (done < length) {
      const n = luaL_fileresult(L, false, null)
      lua_pushinteger(L, total)
      return n + 1
    }
  }
  lua_pushvalue(L, 1)
  return 1
}

const whences: Record<string, whence> = { set: 'set', cur: 'cur', end: 'end' }

function f_seek(L: lua_State): number {
  const f = tofile(L)
  const from = lunatik_checkoption(L, 2, 'cur', whences)
  const pos = f.seek(Number(luaL_optinteger(L, 3, 0)), from)
  if (pos === null) return luaL_fileresult(L, false, null)
  lua_pushinteger(L, pos)
  return 1
}

function f_flush(L: lua_State): number {
  tofile(L)
  return luaL_fileresult(L, true, null)
}

const iolib = [
  { name: 'lines', func: io_lines },
  { name: 'open', func: io_open },
  { name: 'type', func: io_type },
]

const meth = [
  { name: 'read', func: f_read },
  { name: 'write', func: f_write },
  { name: 'lines', func: f_lines },
  { name: 'flush', func: f_flush },
  { name: 'seek', func: f_seek },
  { name: 'close', func: f_close },
]

const metameth = [
  { name: '__gc', func: f_gc },
  { name: '__close', func: f_gc },
  { name: '__tostring', func: f_tostring },
]

/** Fills the metatable of files: with the first one, as most runtimes open none. */
function createmeta(L: lua_State): void {
  luaL_setfuncs(L, metameth, 0)
  luaL_newlib(L, meth)
  lua_setfield(L, -2, '__index')
}

/** Opens the library of files, and pushes its table. [-0, +1, e] */
export function luaopen_io(L: lua_State): number {
  luaL_newlib(L, iolib)
  return 1
}
