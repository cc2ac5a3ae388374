-- The network devices.
local af = require("linux.socket").af
local message = require("netlink.message")
local object = require("netlink.rt.object")
local rtnetlink = require("linux.rtnetlink")
local struct = require("struct")

local rtm = rtnetlink.rtm
local header = struct(rtnetlink.layout.ifinfomsg)

local link = object:new({ GET = rtm.GETLINK, NEW = rtm.NEWLINK, SET = rtm.SETLINK })

function link:header()
	return header:pack(af.UNSPEC, 0, 0, 0, 0)
end

function link:decode(body)
	local family, kind, ifindex, flags, change = header:unpack(body)
	local attrs = message.attrs(body, header.size + 1)
	return {
		family = family,
		ltype = kind,
		ifindex = ifindex,
		flags = flags,
		change = change,
		name = message.str(attrs[rtnetlink.ifla.IFNAME]),
		mtu = message.u32(attrs[rtnetlink.ifla.MTU]),
	}
end

-- Switches the device opts.ifindex on or off, by opts.up.
function link:set(opts)
	local up = rtnetlink.iff.UP
	self:talk(self.SET, nil, header:pack(af.UNSPEC, 0, opts.ifindex, opts.up and up or 0, up))
end

return link
