-- Requests to the kernel by netlink, and their replies. A class derived from it has a field proto.
local class = require("class")
local linux = require("linux")
local message = require("netlink.message")
local netlink = require("linux.netlink")
local socket = require("socket")
local constants = require("linux.socket")
local struct = require("struct")

local failure = struct(netlink.layout.nlmsgerr)

-- No datagram of a dump is longer; what is beyond would be lost.
local longest = 65536

local session = class({})

-- A call of a derived class makes a session with a socket of its own.
function session:__call()
	local object = self:new()
	object.socket = socket.new(constants.af.NETLINK, constants.sock.RAW, self.proto)
	object.sequence = 0
	return object
end

-- Sends a request, with the next number.
function session:request(kind, flags, payload)
	self.sequence = self.sequence + 1
	self.socket:send(message.encode(kind, netlink.flag.REQUEST | flags, self.sequence, payload))
end

-- Raises the name of an error that the kernel has answered. An error of 0 says that all is well.
local function raise(reply)
	if reply.type == netlink.type.ERROR and #reply.body >= failure.size then
		local errno = failure:unpack(reply.body)
		if errno ~= 0 then
			error(linux.errname(errno), 0)
		end
	end
end

-- All replies up to the datagram with the last one. They are read to their end before one of them raises, so that the
-- next request finds none of them.
local function replies(self, isLast)
	local all, done = {}, false
	while not done do
		local bytes = self.socket:receive(longest)
		done = bytes == ""
		for _, reply in ipairs(message.parse(bytes)) do
			all[#all + 1] = reply
			done = done or isLast(reply)
		end
	end
	for _, reply in ipairs(all) do
		raise(reply)
	end
	return all
end

-- Asks for all that there is of a kind: the replies, the last of which says that they are all.
function session:dump(kind, payload)
	self:request(kind, netlink.flag.DUMP, payload)
	return replies(self, function(reply)
		return reply.type == netlink.type.DONE or reply.flags & netlink.flag.MULTI == 0
	end)
end

-- Has the kernel do something: the replies, the last of which says that it is done.
function session:talk(kind, flags, payload)
	self:request(kind, netlink.flag.ACK | (flags or 0), payload)
	return replies(self, function(reply)
		return reply.type == netlink.type.ERROR
	end)
end

function session:close()
	self.socket:close()
end

return session
