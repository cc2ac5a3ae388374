---@meta lunatik.clock

---How a test moves the time of scripts, where they are mounted with `--clock manual`. Not on a kernel.
---@class lunatik.clock
local clock = {}

---Moves the time. What is due on the way happens, each at its time; it returns once all that were woken have run.
---
---Raises `the clock isn't manual`, `out of range`.
---@param ms integer milliseconds, below 2^31
function clock.advance(ms) end

return clock
