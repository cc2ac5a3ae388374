---@meta lunatik.trace

---The calls on devices: what the commands `lunatik trace` and `lunatik top` use. Not on a kernel.
---@class lunatik.trace
local trace = {}

---The calls that were answered, or began to sleep, since the last call with this id: a line of JSON each. The first call
---begins it, and says on which devices. Who hasn't called for 5 s is given up.
---@param id string whoever asks has one of its own
---@param ... string paths of devices; without any all but the control device and the log
---@return string
function trace.poll(id, ...) end

---What there is and who waits, as JSON: `devices`, `waiting`, `scripts`.
---@return string
function trace.stat() end

---Ends what `poll` has begun.
---@param id string
function trace.stop(id) end

return trace
