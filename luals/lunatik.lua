---@meta lunatik

---Runtimes: states of Lua that a script makes, hands objects to and stops. lunatik_core.c.
---@class lunatik.lib
---The table that all runtimes share. Three tables in it have what runs: `runtimes` by name, `threads` by name, of what
---was spawned, and `percpu` by `NAME:CPU`, of what runs once for each CPU.
---@field _ENV lunatik.env
local lunatik = {}

---Where a runtime's code runs. Only `process` may sleep, and have devices, threads, files and runtimes.
---@alias lunatik.context "process" | "softirq" | "hardirq"

---@class lunatik.env: lunatik.rcu
---@field runtimes lunatik.rcu
---@field threads lunatik.rcu
---@field percpu lunatik.rcu

---What runtimes can give each other. Devices and a `single` data can't: `cannot share SINGLE object`.
---@alias lunatik.object
---| lunatik.runtime
---| lunatik.data
---| lunatik.fifo
---| lunatik.completion
---| lunatik.crypto_aead
---| lunatik.crypto_comp
---| lunatik.crypto_rng
---| lunatik.crypto_shash
---| lunatik.crypto_skcipher
---| lunatik.rcu
---| lunatik.set
---| lunatik.labelset
---| lunatik.thread

---A runtime.
---@class lunatik.runtime: userdata
local runtime = {}

---Calls the function that the runtime's script has returned, or goes on behind its `coroutine.yield`, with objects.
---
---On a kernel nothing is returned. Raises the coroutine's error, `cannot resume dead coroutine`, `ENXIO` for a runtime
---that was stopped, `invalid object` for an argument that is none.
---@param ... lunatik.object
---@return boolean|integer|string|lunatik.object|nil ... what the coroutine yields or returns
function runtime:resume(...) end

---Stops the runtime.
function runtime:stop() end

---Makes a runtime, in which the script has run.
---
---Raises what the script raised, `cannot open FILE`, `invalid option 'o'`, `invalid cpu`.
---@param script string its path below the folder of scripts, without `.lua`
---@param context? lunatik.context `"process"` by default
---@param cpu? integer what `lunatik.cpu()` is in it; a kernel of Lunatik 4.4 takes none
---@return lunatik.runtime
function lunatik.runtime(script, context, cpu) end

---The CPU that the runtime is for, of a script that runs once for each (`lunatik run SCRIPT percpu`); nil in any other.
---Later kernels have it, the recorded one has not.
---@return integer?
function lunatik.cpu() end

return lunatik
