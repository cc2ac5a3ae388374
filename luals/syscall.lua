---@meta syscall

---The addresses of system calls, for `probe`: luasyscall.c. Here they stand for the calls, and are no addresses of the
---machine's kernel.
---@class lunatik.syscall.lib
local syscall = {}

---The address of the system call of a number of `linux.syscall`'s `numbers`. Raises `out of bounds`.
---@param number integer
---@return lightuserdata
function syscall.address(number) end

return syscall
