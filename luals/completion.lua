---@meta completion

---With which one runtime waits for what another does: linux/completion.h. luacompletion.c.
---@class lunatik.completion.lib
local completion = {}

---@class lunatik.completion: userdata
local object = {}

---Wakes one that waits, or spares the next its wait.
function object:complete() end

---Sleeps until there is a completion, which it takes; at most `ms` milliseconds. Without `ms`, or for a negative one,
---without end.
---
---Raises `runtime context mismatch` in interrupt context.
---@param ms? integer
---@return true? completed
---@return string? err `"timeout"`, or `"interrupt"` where the program has gone
function object:wait(ms) end

---Makes a completion that is not done.
---@return lunatik.completion
function completion.new() end

return completion
