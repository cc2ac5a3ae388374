---@meta lunatik.runner

---The scripts that run, by name: what the command `lunatik` uses. One list for all runtimes.
---@class lunatik.runner
local runner = {}

---Runs a script under its name.
---
---Raises `NAME is already running`, and as `lunatik.runtime` does.
---@param script string its path below the folder of scripts; `.lua` at its end is dropped
---@param context? lunatik.context `"process"` by default
---@param percpu? boolean whether it runs once for each CPU. Where one fails, the others are taken back
---@return lunatik.runtime? runtime nil with `percpu`
function runner.run(script, context, percpu) end

---Runs a script, and then the function that it returns as a thread.
---
---Raises `not allowed during module load`, `IRQ runtime cannot spawn threads`, `spawn does not support percpu scripts`,
---and as `run` does. On a kernel the script runs on where there is no thread.
---@param script string
---@param context? lunatik.context
---@param percpu? boolean
---@return lunatik.thread
function runner.spawn(script, context, percpu) end

---Stops a script, if it runs; its thread first. Raises where a script stops itself, which on a kernel hangs.
---@param script string
function runner.stop(script) end

---The names of the scripts that run, joined by `, `, the newest first, those that run once for each CPU before the others.
---@return string
function runner.list() end

---Makes the tables of `lunatik._ENV` that aren't there. The kernel's tool calls it first.
function runner.startup() end

---Stops every script but the one that calls, the newest first.
function runner.shutdown() end

return runner
