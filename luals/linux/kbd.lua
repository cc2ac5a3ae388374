---@meta linux.kbd

-- Written by `make luals` from src/lib/linux/kbd.ts.

---Events of the keyboard notifier: linux/notifier.h, KBD_*.
---@class lunatik.linux.kbd
local kbd = {
	KEYCODE = 1,
	KEYSYM = 4,
	POST_KEYSYM = 5,
	UNBOUND_KEYCODE = 2,
	UNICODE = 3,
}

return kbd
