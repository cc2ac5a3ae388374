---@meta linux.task

-- Written by `make luals` from src/lib/linux/task.ts.

---Task states and what else begins with TASK_: linux/sched.h, TASK_*.
---@class lunatik.linux.task
local task = {
	ANY = 65535,
	COMM_LEN = 16,
	DEAD = 128,
	FREEZABLE = 8192,
	FREEZABLE_UNSAFE = 8192,
	FROZEN = 32768,
	IDLE = 1026,
	INTERRUPTIBLE = 1,
	KILLABLE = 258,
	NEW = 2048,
	NOLOAD = 1024,
	NORMAL = 3,
	PARKED = 64,
	REPORT = 127,
	REPORT_IDLE = 128,
	REPORT_MAX = 256,
	RTLOCK_WAIT = 4096,
	RUNNING = 0,
	STATE_MAX = 65536,
	STOPPED = 260,
	TRACED = 8,
	UNINTERRUPTIBLE = 2,
	WAKEKILL = 256,
	WAKING = 512,
}

return task
