-- The routing tables.
local af = require("linux.socket").af
local flag = require("linux.netlink").flag
local message = require("netlink.message")
local object = require("netlink.rt.object")
local rtnetlink = require("linux.rtnetlink")
local struct = require("struct")

local rta, rtm = rtnetlink.rta, rtnetlink.rtm
local header = struct(rtnetlink.layout.rtmsg)

local route = object:new({
	GET = rtm.GETROUTE,
	NEW = rtm.NEWROUTE,
	DEL = rtm.DELROUTE,
	TABLE_MAX = object.tablemax(header, "rtm_table"),
})

function route:header(family)
	return header:pack(family or af.UNSPEC, 0, 0, 0, 0, 0, 0, 0, 0)
end

function route:decode(body)
	local family, dst, src, tos, number, protocol, scope, kind, flags = header:unpack(body)
	local attrs = message.attrs(body, header.size + 1)
	return {
		family = family,
		dst_len = dst,
		src_len = src,
		tos = tos,
		table = message.u32(attrs[rta.TABLE]) or number,
		protocol = protocol,
		scope = scope,
		rtype = kind,
		flags = flags,
		dst = attrs[rta.DST],
		gateway = attrs[rta.GATEWAY],
		oif = message.u32(attrs[rta.OIF]),
		priority = message.u32(attrs[rta.PRIORITY]),
	}
end

-- A route's message, but for what only a new one has.
local function encode(self, opts, protocol, scope, kind)
	local number = opts.table or rtnetlink.table.MAIN
	local family, length = opts.family or af.INET, opts.dst_len or 0
	return header:pack(family, length, 0, 0, self:headertable(number), protocol, scope, kind, 0)
		.. message.attrs({
			[rta.DST] = opts.dst,
			[rta.GATEWAY] = opts.gateway,
			[rta.OIF] = opts.oif,
			[rta.TABLE] = self:attrtable(opts.table),
		})
end

function route:add(opts)
	local protocol, scope = opts.protocol or rtnetlink.rtprot.STATIC, opts.scope or rtnetlink.scope.UNIVERSE
	local bytes = encode(self, opts, protocol, scope, opts.rtype or rtnetlink.rtn.UNICAST)
	self:talk(self.NEW, flag.CREATE | flag.EXCL, bytes)
end

-- Deletes a route, whatever its scope.
function route:del(opts)
	self:talk(self.DEL, nil, encode(self, opts, 0, rtnetlink.scope.NOWHERE, 0))
end

return route
