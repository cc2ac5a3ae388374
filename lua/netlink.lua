-- The modules of netlink. Two of them are a kernel's alone, and say so where they are used.
local function missing(name)
	return function()
		error("netlink." .. name .. " needs a kernel: it is not there", 2)
	end
end

return {
	channel = missing("channel"),
	genl = require("netlink.genl"),
	nl80211 = setmetatable({}, { __index = missing("nl80211") }),
	rt = require("netlink.rt"),
}
