---@meta linux.genl

-- Written by `make luals` from src/lib/linux/genl.ts.

---Generic netlink: uapi/linux/genetlink.h.
---@class lunatik.linux.genl
local genl = {
	attr = {
		FAMILY_ID = 1,
		FAMILY_NAME = 2,
		HDRSIZE = 4,
		MAX = 10,
		MAXATTR = 5,
		MCAST_GROUPS = 7,
		MCAST_GRP_ID = 2,
		MCAST_GRP_MAX = 2,
		MCAST_GRP_NAME = 1,
		MCAST_GRP_UNSPEC = 0,
		OP = 10,
		OPS = 6,
		OP_FLAGS = 2,
		OP_ID = 1,
		OP_MAX = 2,
		OP_POLICY = 9,
		OP_UNSPEC = 0,
		POLICY = 8,
		POLICY_DO = 1,
		POLICY_DUMP = 2,
		POLICY_DUMP_MAX = 2,
		POLICY_MAX = 2,
		POLICY_UNSPEC = 0,
		UNSPEC = 0,
		VERSION = 3,
	},
	cmd = {
		DELFAMILY = 2,
		DELMCAST_GRP = 8,
		DELOPS = 5,
		GETFAMILY = 3,
		GETMCAST_GRP = 9,
		GETOPS = 6,
		GETPOLICY = 10,
		MAX = 10,
		NEWFAMILY = 1,
		NEWMCAST_GRP = 7,
		NEWOPS = 4,
		UNSPEC = 0,
	},
	id = {
		CTRL = 16,
		PMCRAID = 18,
		VFS_DQUOT = 17,
	},
	layout = {
		genlmsghdr = {
			fields = {
				{
					name = "cmd",
					offset = 0,
					signed = false,
					size = 1,
				},
				{
					name = "version",
					offset = 1,
					signed = false,
					size = 1,
				},
				{
					name = "reserved",
					offset = 2,
					signed = false,
					size = 2,
				},
			},
			size = 4,
		},
	},
}

return genl
