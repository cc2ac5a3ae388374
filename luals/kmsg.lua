---@meta kmsg

---The log, for scripts. Not on a kernel.
---@class lunatik.kmsg
local kmsg = {}

---Hides the records so far from `lunatik dmesg`. The file kmsg still has them.
function kmsg.clear() end

---Where in the file kmsg the first record begins that isn't hidden, in decimal digits.
---@return string
function kmsg.cleared() end

return kmsg
