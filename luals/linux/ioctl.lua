---@meta linux.ioctl

---Numbers of ioctl(2)'s commands, as C's macros `_IO`, `_IOR`, `_IOW` and `_IOWR` make them: asm-generic/ioctl.h. For
---drivers that have an `ioctl`. Not on a kernel.
---
---A number is an integer of 32 bits with a sign. Raises `one character expected`, `out of bounds`.
---@class lunatik.linux.ioctl
local ioctl = {}

---A command without an argument.
---@param type string one character
---@param nr integer 0 to 255
---@return integer
function ioctl.IO(type, nr) end

---A command that reads `size` bytes.
---@param type string one character
---@param nr integer 0 to 255
---@param size integer in bytes, below 16384
---@return integer
function ioctl.IOR(type, nr, size) end

---A command that writes `size` bytes.
---@param type string one character
---@param nr integer 0 to 255
---@param size integer in bytes, below 16384
---@return integer
function ioctl.IOW(type, nr, size) end

---A command that writes and reads `size` bytes.
---@param type string one character
---@param nr integer 0 to 255
---@param size integer in bytes, below 16384
---@return integer
function ioctl.IOWR(type, nr, size) end

---The direction of a command, seen from the program: bit 1 where it writes, bit 2 where it reads. C's `_IOC_DIR`.
---@param cmd integer
---@return integer
function ioctl.DIR(cmd) end

---The character of a command's type. C's `_IOC_TYPE`.
---@param cmd integer
---@return string
function ioctl.TYPE(cmd) end

---The number of a command within its type. C's `_IOC_NR`.
---@param cmd integer
---@return integer
function ioctl.NR(cmd) end

---How many bytes a command carries, for those that a program gives the size of: `EVIOCGNAME(len)`. C's `_IOC_SIZE`.
---@param cmd integer
---@return integer
function ioctl.SIZE(cmd) end

return ioctl
