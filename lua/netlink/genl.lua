-- Generic netlink: commands to a family, which has a number of its own on each machine.
local constants = require("linux.genl")
local message = require("netlink.message")
local netlink = require("linux.netlink")
local session = require("netlink.session")
local struct = require("struct")

local header = struct(constants.layout.genlmsghdr)
local version = 1

local genl = session:new({ proto = netlink.proto.GENERIC })

local function encode(cmd, payload)
	return header:pack(cmd, version, 0) .. (payload or "")
end

-- Of the replies those of a family: {cmd =, attrs =}.
local function decode(replies)
	local own = {}
	for _, reply in ipairs(replies) do
		if reply.type > netlink.type.OVERRUN and #reply.body >= header.size then
			local cmd = header:unpack(reply.body)
			own[#own + 1] = { cmd = cmd, attrs = message.attrs(reply.body, header.size + 1) }
		end
	end
	return own
end

function genl:call(family, cmd, flags, payload)
	return decode(self:talk(family, flags, encode(cmd, payload)))
end

function genl:dump(family, cmd, payload)
	return decode(session.dump(self, family, encode(cmd, payload)))
end

-- The number of the family with a name.
function genl:family(name)
	local asked = message.attrs({ [constants.attr.FAMILY_NAME] = name .. "\0" })
	for _, reply in ipairs(self:call(constants.id.CTRL, constants.cmd.GETFAMILY, nil, asked)) do
		local id = reply.attrs[constants.attr.FAMILY_ID]
		if id then
			return (string.unpack("=I2", id))
		end
	end
	error("genl family not found: " .. name)
end

return genl
