-- The addresses of the network devices.
local af = require("linux.socket").af
local message = require("netlink.message")
local object = require("netlink.rt.object")
local rtnetlink = require("linux.rtnetlink")
local struct = require("struct")

local ifa = rtnetlink.ifa
local header = struct(rtnetlink.layout.ifaddrmsg)

local addr = object:new({ GET = rtnetlink.rtm.GETADDR, NEW = rtnetlink.rtm.NEWADDR })

function addr:header(family)
	return header:pack(family or af.UNSPEC, 0, 0, 0, 0)
end

function addr:decode(body)
	local family, length, _, scope, ifindex = header:unpack(body)
	local attrs = message.attrs(body, header.size + 1)
	return {
		family = family,
		prefix_len = length,
		scope = scope,
		ifindex = ifindex,
		address = attrs[ifa.ADDRESS] or attrs[ifa.LOCAL],
		label = message.str(attrs[ifa.LABEL]),
	}
end

return addr
