// The kernel's table: Lua 5.5's create beside Lua 5.4's functions.
import t from 'tap'
import { agrees } from './evaluate.js'

t.test('table.create makes an empty table with room', async (t) => {
  agrees(
    t,
    `
    keys(table)  =>  "concat create insert move pack remove sort unpack"
    type(table.create(10)), #table.create(10, 5), next(table.create(3, 3))  =>  "table"  0  nil
    (function() local t = table.create(3) for i = 1, 5 do t[i] = i end t.x = 1 return #t, t.x end)()  =>  5  1
    table.create("4") ~= nil, table.create(0, 0) ~= table.create(0)  =>  true  true
    table.create()  =>  ERROR "chunk:1: bad argument #1 to 'create' (number expected, got no value)"
    table.create(-1)  =>  ERROR "chunk:1: bad argument #1 to 'create' (out of range)"
    table.create(1, -1)  =>  ERROR "chunk:1: bad argument #2 to 'create' (out of range)"
    table.create(tonumber("2147483648"))  =>  ERROR "chunk:1: bad argument #1 to 'create' (out of range)"
    table.create(2147483647)  =>  ERROR "not enough memory"
    table.create(1, 2147483647)  =>  ERROR "not enough memory"
    `,
  )
})

t.test('the others say what they say on the kernel', async (t) => {
  agrees(
    t,
    `
    table.concat({1, 2, 3}, ","), table.concat({}), table.concat({1, {}, 3})  =>  ERROR "chunk:1: invalid value (table) at index 2 in table for 'concat'"
    table.unpack({1, 2, 3}), table.pack(1, nil).n  =>  1  2
    table.insert({}, 5, 1)  =>  ERROR "chunk:1: bad argument #2 to 'insert' (position out of bounds)"
    table.insert({}, 1, 2, 3)  =>  ERROR "chunk:1: wrong number of arguments to 'insert'"
    table.remove({}), table.remove({1, 2, 3})  =>  nil  3
    (function() local t = {3, "a", 2} table.sort(t) end)()  =>  ERROR "attempt to compare string with number"
    table.move({1, 2, 3}, 1, 3, 2)[3]  =>  2
    `,
  )
})
