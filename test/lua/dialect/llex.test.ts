// Numerals, strings and comments, and how an error names what was read.
import t from 'tap'
import { check, errorOf } from './parse.js'

t.test('an integer is all that a numeral can be', async (t) => {
  check(t, [
    ['return 0, 007, 9223372036854775807, 00000000000000000000001', null],
    ['return 9223372036854775808', "1: malformed number near '9223372036854775808'"],
    ['return 99999999999999999999', "1: malformed number near '99999999999999999999'"],
    ['return 0x0, 0XfF, 0x1ffffffffffffffff', null],
    ['return 0x', "1: malformed number near '0x'"],
    ['return 0xg', "1: malformed number near '0xg'"],
    ['return 0x1p4', "1: malformed number near '0x1p'"],
    ['return 00x5', "1: malformed number near '00x'"],
    ['return 1e3', "1: malformed number near '1e3'"],
    ['return 3e+1', "1: malformed number near '3e'"],
    ['return 12abc', "1: malformed number near '12abc'"],
    ['return 12abz.1', "1: malformed number near '12abz'"],
    ['return 1_0', "1: malformed number near '1_'"],
  ])
})

t.test('a dot belongs to no numeral', async (t) => {
  check(t, [
    ['return 1..2, 0xA..0xB, 1 ..2', null],
    ['return .5', "1: malformed number near '.5'"],
    ['return 1.5', "1: malformed number near '.5'"],
    ['return .0x5', "1: malformed number near '.0x5'"],
    ['return 1.', "1: <eof> expected near '.'"],
    ['return 0x.8', "1: malformed number near '0x'"],
    ['return 1...', "1: <eof> expected near '...'"],
  ])
})

t.test('strings', async (t) => {
  check(t, [
    ['return "a', '1: unfinished string near <eof>'],
    ['return "a\\', '1: unfinished string near <eof>'],
    ['return "a\\n', '1: unfinished string near <eof>'],
    ['return "a\n"', "1: unfinished string near '\"a'"],
    ["return 'a\\65\nb'", "1: unfinished string near ''aA'"],
    ['return "\\\n\n"', "2: unfinished string near '\"\n'"],
    ['return "\\q"', "1: invalid escape sequence near '\"\\q'"],
    ['return "a\\tb\\q"', "1: invalid escape sequence near '\"a\tb\\q'"],
    ['return "\\300"', '1: decimal escape too large near \'"\\300"\''],
    ['return "\\256x"', "1: decimal escape too large near '\"\\256x'"],
    ['return "\\2555", "\\x41", "\\z \n x", "\\u{0}"', null],
    ['return "\\xg"', "1: hexadecimal digit expected near '\"\\xg'"],
    ['return "\\x4"', '1: hexadecimal digit expected near \'"\\x4"\''],
    ['return "\\u41"', "1: missing '{' near '\"\\u4'"],
    ['return "\\u{}"', "1: hexadecimal digit expected near '\"\\u{}'"],
    ['return "\\u{41"', "1: missing '}' near '\"\\u{41\"'"],
    ['return "\\u{7FFFFFFF}"', null],
    ['return "\\u{80000000}"', "1: UTF-8 value too large near '\"\\u{80000000'"],
    ['return "\\u{110000000}"', "1: UTF-8 value too large near '\"\\u{110000000'"],
    ['return "\\u{4', "1: missing '}' near '\"\\u{4'"],
  ])
})

t.test('long brackets and comments', async (t) => {
  check(t, [
    ['return [[\n]], [==[ ]] ]=] ]==]', null],
    ['\n[[\n\n', '4: unfinished long string (starting at line 2) near <eof>'],
    ['\n--[=[ ]]\n', '3: unfinished long comment (starting at line 2) near <eof>'],
    ['return [=x', "1: invalid long string delimiter near '[='"],
    ['--[=x\nreturn 1', null],
    ['-- a\r\n--[[\r\n]]\n\r\r= 1', "5: unexpected symbol near '='"],
  ])
})

t.test('an error names the token as it was read', async (t) => {
  check(t, [
    ['x = 1 "a\\65\\u{42}"', '1: unexpected symbol near \'"aAB"\''],
    ['x = 1 "a\\0b"', "1: unexpected symbol near '\"a'"],
    ['x = 1\n[[\r\nabc\r\nd]]', "4: unexpected symbol near '[[abc\nd]]'"],
    ['x = 1 [=[a]=]', "1: unexpected symbol near '[=[a]=]'"],
    ['x = 1 0x1F', "1: unexpected symbol near '0x1F'"],
    ['x = @', "1: unexpected symbol near '@'"],
    ['x = \x01', "1: unexpected symbol near '<\\1>'"],
    ['x = \xe9', "1: unexpected symbol near '<\\233>'"],
    ['x = \0', '1: unexpected symbol'],
    ['x = ~=', "1: unexpected symbol near '~='"],
    ['x = ', '1: unexpected symbol near <eof>'],
    ['x = 2^2', "1: unexpected symbol near '^'"],
  ])
})

t.test('an error in a token comes before what is wrong with the tokens before it', async (t) => {
  t.equal(errorOf('x = = .5'), "1: unexpected symbol near '='")
  t.equal(errorOf('x = ) .5'), "1: unexpected symbol near ')'")
  t.equal(errorOf('x x .5'), "1: syntax error near 'x'")
  t.equal(errorOf('{x .5}'), "1: unexpected symbol near '{'")
  t.equal(errorOf('y = {x .5}'), "1: malformed number near '.5'")
})
