---@meta cpu

---The machine's CPUs. luacpu.c.
---@class lunatik.cpu
local cpu = {}

---The times that a CPU has spent since the start, in nanoseconds.
---@class lunatik.cpu.stats
---@field user integer
---@field nice integer
---@field system integer
---@field idle integer
---@field iowait integer
---@field irq integer
---@field softirq integer
---@field steal integer
---@field guest integer
---@field guest_nice integer
---Only on a kernel that was built for core scheduling.
---@field forceidle? integer

---How many CPUs there may be.
---@return integer
function cpu.num_possible() end

---How many CPUs are plugged in.
---@return integer
function cpu.num_present() end

---How many CPUs run.
---@return integer
function cpu.num_online() end

---Raises `CPU is offline`, also for the number of none.
---@param n integer the CPU's number, from 0
---@return lunatik.cpu.stats
function cpu.stats(n) end

---Calls f with the number of each CPU that there may be.
---@param f fun(n: integer)
function cpu.foreach_possible(f) end

---Calls f with the number of each CPU that is plugged in.
---@param f fun(n: integer)
function cpu.foreach_present(f) end

---Calls f with the number of each CPU that runs.
---@param f fun(n: integer)
function cpu.foreach_online(f) end

return cpu
