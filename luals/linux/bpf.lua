---@meta linux.bpf

-- Written by `make luals` from src/lib/linux/bpf.ts.

---Types and update flags of BPF maps: uapi/linux/bpf.h, BPF_*.
---@class lunatik.linux.bpf
local bpf = {
	ANY = 0,
	EXIST = 2,
	MAP_TYPE_ARRAY = 2,
	MAP_TYPE_HASH = 1,
	MAP_TYPE_LRU_HASH = 9,
	MAP_TYPE_QUEUE = 22,
	MAP_TYPE_STACK = 23,
	NOEXIST = 1,
}

return bpf
