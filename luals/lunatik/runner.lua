---@meta lunatik.runner

---The scripts that run, by name: what the command `lunatik` uses. One list for all runtimes.
---@class lunatik.runner
local runner = {}

---Runs a script under its name.
---
---Raises `NAME is already running`, and as `lunatik.runtime` does.
---@param script string its path below the folder of scripts; `.lua` at its end is dropped
---@param context? lunatik.context `"process"` by default
---@return lunatik.runtime
function runner.run(script, context) end

---Runs a script, and then the function that it returns as a thread.
---
---Raises `not allowed during module load`, `IRQ runtime cannot spawn threads`, and as `run` does.
---@param script string
---@param context? lunatik.context
---@return lunatik.thread
function runner.spawn(script, context) end

---Stops a script, if it runs; its thread first. Raises where a script stops itself, which on a kernel hangs.
---@param script string
function runner.stop(script) end

---The names of the scripts that run, joined by `, `, the newest first.
---@return string
function runner.list() end

---Makes the list ready. The kernel's module calls it once.
function runner.startup() end

---Stops every script but the one that calls, the newest first.
function runner.shutdown() end

return runner
