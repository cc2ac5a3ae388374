---@meta linux.xdp

-- Written by `make luals` from src/lib/linux/xdp.ts.

---XDP verdicts: uapi/linux/bpf.h, XDP_*.
---@class lunatik.linux.xdp
local xdp = {
	ABORTED = 0,
	DROP = 1,
	PACKET_HEADROOM = 256,
	PASS = 2,
	REDIRECT = 4,
	TX = 3,
}

return xdp
