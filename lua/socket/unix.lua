-- Unix sockets: unix.stream([path]) and unix.dgram([path]) make them. The path is what the calls without one are about.
local class = require("class")
local constants = require("linux.socket")
local socket = require("socket")

local unix = class({})

function unix:__call(path)
	local object = self:new({ path = path })
	object.socket = socket.new(constants.af.UNIX, self.type, 0)
	return object
end

function unix:close()
	self.socket:close()
end

function unix:bind(path)
	self.socket:bind(path or self.path)
end

function unix:connect(path)
	self.socket:connect(path or self.path)
end

-- Sends message to who is connected, or to the socket at path.
function unix:send(message, path)
	if path then
		return self.socket:send(message, path)
	end
	return self.socket:send(message)
end

function unix:receive(...)
	return self.socket:receive(...)
end

function unix:getsockname()
	return self.socket:getsockname()
end

function unix:getpeername()
	return self.socket:getpeername()
end

local stream = unix:new({ type = constants.sock.STREAM })
unix.stream = stream

function stream:listen(backlog)
	self.socket:listen(backlog)
end

-- A connection's socket: one of the module socket, no unix.stream.
function stream:accept(flags)
	return self.socket:accept(flags)
end

local dgram = unix:new({ type = constants.sock.DGRAM })
unix.dgram = dgram

-- A message, and the path that its sender is bound to.
function dgram:receivefrom(length, flags)
	return self:receive(length, flags, true)
end

-- Sends message to the socket at path, by default the path that the object was made with.
function dgram:sendto(message, path)
	return self:send(message, path or self.path)
end

return unix
