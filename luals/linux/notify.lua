---@meta linux.notify

-- Written by `make luals` from src/lib/linux/notify.ts.

---Return codes of notifiers: linux/notifier.h, NOTIFY_*.
---@class lunatik.linux.notify
local notify = {
	BAD = 32770,
	DONE = 0,
	OK = 1,
	STOP = 32769,
	STOP_MASK = 32768,
}

return notify
