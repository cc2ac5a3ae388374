---@meta linux

---What a kernel offers every script: time, sleep, random numbers, names and numbers of what there is. lualinux.c.
---@class lunatik.linux
local linux = {}

---A random integer: from m to n; from 1 to m with one argument; without arguments any integer.
---
---Raises `interval is empty`, `interval too large`, `wrong number of arguments`.
---@overload fun(n: integer): integer
---@overload fun(): integer
---@param m integer
---@param n integer
---@return integer
function linux.random(m, n) end

---Sleeps for `ms` milliseconds; without `ms`, or for a negative one, until something else wakes the task.
---
---Raises `invalid task state`, and where the runtime may not sleep.
---@param ms? integer
---@param state? integer INTERRUPTIBLE (the default), UNINTERRUPTIBLE, KILLABLE or IDLE of `linux.task`
---@return integer remaining the milliseconds that were left where the task was woken early, else 0
function linux.schedule(ms, state) end

---Whether the kernel traces, after it was switched on or off if `on` is given. Here only the flag is kept.
---@param on? boolean
---@return boolean
function linux.tracing(on) end

---The time since 1970, in nanoseconds.
---@return integer
function linux.time() end

---t2 - t1.
---@param t2 integer
---@param t1 integer
---@return integer
function linux.difftime(t2, t1) end

---The address of a kernel's symbol. NULL for one that there isn't, here for every one.
---@param symbol string
---@return lightuserdata
function linux.lookup(symbol) end

---The index of a network device. Raises `device not found`.
---@param name string for example `"lo"`
---@return integer
function linux.ifindex(name) end

---The hardware address of a network device, its bytes. Raises `device not found`.
---@param index integer
---@return string
function linux.ifaddr(index) end

---The name of an errno, for example `"ENOENT"`; `"unknown"` where there is none.
---@param err integer of either sign
---@return string
function linux.errname(err) end

---How many CPUs there may be: one more than the highest number of one.
---@return integer
function linux.numcpus() end

return linux
