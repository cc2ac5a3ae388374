---@meta linux.poll

-- Written by `make luals` from src/lib/linux/poll.ts.

---linux/eventpoll.h: what a driver's poll says is ready. Not on a kernel, whose drivers in Lua have no poll.
---@class lunatik.linux.poll
local poll = {
	ERR = 8,
	HUP = 16,
	IN = 1,
	OUT = 4,
	PRI = 2,
	RDBAND = 128,
	RDHUP = 8192,
	RDNORM = 64,
	WRBAND = 512,
	WRNORM = 256,
}

return poll
