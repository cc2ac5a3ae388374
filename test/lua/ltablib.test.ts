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

t.test('sort has a function order tables of every kind', async (t) => {
  const sorted = `(function()
    local seed = 7
    local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n end
    local kinds = {function(i) return i end, function(i, n) return n - i end, function() return 5 end,
      function(_, n) return random(n + 1) end, function(i) return i % 4 end, function(i, n) return math.abs(n // 2 - i) end}
    for n = 0, 420, 7 do for k, kind in ipairs(kinds) do
      local t, sum = {}, 0
      for i = 1, n do t[i] = {kind(i, n)} sum = sum + t[i][1] end
      table.sort(t, function(a, b) return a[1] > b[1] end)
      if #t ~= n then return "length", n, k end
      for i = 1, n do sum = sum - t[i][1] if i > 1 and t[i - 1][1] < t[i][1] then return "order", n, k end end
      if sum ~= 0 then return "other elements", n, k end
    end end
    return "sorted"
  end)()`.replace(/\n\s*/g, ' ')
  agrees(
    t,
    `
    ${sorted}  =>  "sorted"
    table.sort({1, 2, 3, 4, 5}, function() return true end)  =>  ERROR "chunk:1: invalid order function for sorting"
    table.sort({3, 2, 1}, function(a, b) return a < nil end)  =>  ERROR "chunk:1: attempt to compare number with nil"
    select("#", table.sort({2, 1}, function(a, b) return a < b, 1 end)), table.sort({}, print)  =>  0
    (function() local t = {3, 1, 2} table.sort(t, rawequal) return #t end)(), (pcall(table.sort, {2, 1}, 3))  =>  3  false
    `,
  )
})
