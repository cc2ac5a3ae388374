---@meta linux.vt

-- Written by `make luals` from src/lib/linux/vt.ts.

---Virtual terminals: linux/vt.h and uapi/linux/vt.h, VT_*.
---@class lunatik.linux.vt
local vt = {
	ACKACQ = 2,
	ACTIVATE = 22022,
	ALLOCATE = 1,
	AUTO = 0,
	DEALLOCATE = 2,
	DISALLOCATE = 22024,
	EVENT_BLANK = 2,
	EVENT_RESIZE = 8,
	EVENT_SWITCH = 1,
	EVENT_UNBLANK = 4,
	GETHIFONTMASK = 22029,
	GETMODE = 22017,
	GETSTATE = 22019,
	LOCKSWITCH = 22027,
	MAX_EVENT = 15,
	OPENQRY = 22016,
	PREWRITE = 5,
	PROCESS = 1,
	RELDISP = 22021,
	RESIZE = 22025,
	RESIZEX = 22026,
	SENDSIG = 22020,
	SETACTIVATE = 22031,
	SETMODE = 22018,
	UNLOCKSWITCH = 22028,
	UPDATE = 4,
	WAITACTIVE = 22023,
	WAITEVENT = 22030,
	WRITE = 3,
}

return vt
