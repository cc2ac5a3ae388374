---@meta linux.netlink

-- Written by `make luals` from src/lib/linux/netlink.ts.

---Netlink: uapi/linux/netlink.h.
---@class lunatik.linux.netlink
local netlink = {
	ALIGNTO = 4,
	flag = {
		ACK = 4,
		ACK_TLVS = 512,
		APPEND = 2048,
		ATOMIC = 1024,
		BULK = 512,
		CAPPED = 256,
		CREATE = 1024,
		DUMP = 768,
		DUMP_FILTERED = 32,
		DUMP_INTR = 16,
		ECHO = 8,
		EXCL = 512,
		MATCH = 512,
		MULTI = 2,
		NONREC = 256,
		REPLACE = 256,
		REQUEST = 1,
		ROOT = 256,
	},
	layout = {
		nlattr = {
			fields = {
				{
					name = "nla_len",
					offset = 0,
					signed = false,
					size = 2,
				},
				{
					name = "nla_type",
					offset = 2,
					signed = false,
					size = 2,
				},
			},
			size = 4,
		},
		nlmsgerr = {
			fields = {
				{
					name = "error",
					offset = 0,
					signed = true,
					size = 4,
				},
			},
			size = 20,
		},
		nlmsghdr = {
			fields = {
				{
					name = "nlmsg_len",
					offset = 0,
					signed = false,
					size = 4,
				},
				{
					name = "nlmsg_type",
					offset = 4,
					signed = false,
					size = 2,
				},
				{
					name = "nlmsg_flags",
					offset = 6,
					signed = false,
					size = 2,
				},
				{
					name = "nlmsg_seq",
					offset = 8,
					signed = false,
					size = 4,
				},
				{
					name = "nlmsg_pid",
					offset = 12,
					signed = false,
					size = 4,
				},
			},
			size = 16,
		},
	},
	proto = {
		GENERIC = 16,
		ROUTE = 0,
	},
	type = {
		DONE = 3,
		ERROR = 2,
		NOOP = 1,
		OVERRUN = 4,
	},
}

return netlink
