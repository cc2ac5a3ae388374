---@meta syscall.table

---The addresses of all system calls, by name.
---@class lunatik.syscall.table
---@field [string] lightuserdata
local table = {}

return table
