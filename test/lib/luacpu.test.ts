import t from 'tap'
import '../../src/lib/luacpu.js'
import { agrees, evaluator } from './eval.js'

t.test('CPUs are counted and walked as on the kernel', async (t) => {
  agrees(
    t,
    evaluator(t),
    `
    keys(require("cpu"))  =>  "foreach_online foreach_possible foreach_present num_online num_possible num_present stats"
    require("cpu").num_online() >= 1, require("cpu").num_possible() >= 1  =>  true  true
    require("cpu").stats(999)  =>  ERROR "chunk:1: bad argument #1 to 'stats' (CPU is offline)"
    require("cpu").stats(-1)  =>  ERROR "chunk:1: bad argument #1 to 'stats' (CPU is offline)"
    require("cpu").stats("x")  =>  ERROR "chunk:1: bad argument #1 to 'stats' (number expected, got string)"
    keys(require("cpu").stats(0))  =>  "guest guest_nice idle iowait irq nice softirq steal system user"
    require("cpu").stats(0).idle > 0, require("cpu").stats(0).user % 10000000 == 0  =>  true  true
    (function() local n = 0 require("cpu").foreach_online(function(cpu) assert(cpu >= n) n = n + 1 end) return n == require("cpu").num_online() end)()  =>  true
    (function() local n = 0 require("cpu").foreach_present(function() n = n + 1 end) return n == require("cpu").num_present() end)()  =>  true
    require("cpu").foreach_online(5)  =>  ERROR "chunk:1: bad argument #1 to 'foreach_online' (function expected, got number)"
    require("cpu").foreach_possible(function() error("stop", 0) end)  =>  ERROR "stop"
    `,
  )
})
