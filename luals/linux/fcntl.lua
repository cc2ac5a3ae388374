---@meta linux.fcntl

-- Written by `make luals` from src/lib/linux/fcntl.ts.

---asm-generic/fcntl.h: open(2)'s flags, for `self.caller.flags`. Not on a kernel, whose drivers in Lua aren't told of
---them.
---@class lunatik.linux.fcntl
local fcntl = {
	O_ACCMODE = 3,
	O_APPEND = 1024,
	O_DIRECT = 16384,
	O_DSYNC = 4096,
	O_NONBLOCK = 2048,
	O_RDONLY = 0,
	O_RDWR = 2,
	O_WRONLY = 1,
}

return fcntl
