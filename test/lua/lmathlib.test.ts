// The kernel's math: what is left without floats.
import t from 'tap'
import { onlyWide } from '../engine.js'
import { agrees } from './evaluate.js'

t.test('math has what needs no floats', async (t) => {
  agrees(
    t,
    `
    keys(math)  =>  "abs max maxinteger min mininteger tointeger ult"
    math.floor(3)  =>  ERROR "chunk:1: attempt to call a nil value (field 'floor')"
    math.abs(-5), math.abs(math.mininteger) == math.mininteger  =>  5  true
    math.max(1, 5, 3), math.min(4, 2)  =>  5  2
    math.ult(1, -1), math.ult(-1, 1)  =>  true  false
    ${onlyWide(`
    math.abs(math.mininteger)  =>  -9223372036854775808
    math.ult(math.maxinteger, math.mininteger), math.max(math.mininteger, math.maxinteger)  =>  true  9223372036854775807
    `)}
    `,
  )
})

t.test('math.tointeger takes strings that hold an integer', async (t) => {
  agrees(
    t,
    `
    math.tointeger(5), math.tointeger("8"), math.tointeger("x"), math.tointeger({})  =>  5  8  nil  nil
    math.tointeger(" 0x10 "), math.tointeger("1.0"), math.tointeger("1e2"), math.tointeger(nil)  =>  16  nil  nil  nil
    math.tointeger()  =>  ERROR "chunk:1: bad argument #1 to 'tointeger' (value expected)"
    ${onlyWide(`
    math.tointeger("9223372036854775807"), math.tointeger("9223372036854775808"), math.tointeger(math.mininteger)  =>  9223372036854775807  nil  -9223372036854775808
    `)}
    `,
  )
})
