---@meta netlink

---The modules of netlink, for the kernel of this machine.
---@class lunatik.netlink
---@field rt lunatik.netlink.rt
---@field genl lunatik.netlink.genl
---What is used of it raises `netlink.nl80211 needs a kernel: it is not there`.
---@field nl80211 table
local netlink = {}

---Raises `netlink.channel needs a kernel: it is not there`.
---@param name string
---@return table
function netlink.channel(name) end

return netlink
