-- Sockets of IPv4, with addresses as text: inet.tcp() and inet.udp() make them.
local class = require("class")
local constants = require("linux.socket")
local net = require("net")
local socket = require("socket")

local inet = class({ localhost = "127.0.0.1" })

-- A call of inet.tcp or inet.udp makes an object with a socket of its own.
function inet:__call()
	local object = self:new()
	object.socket = socket.new(constants.af.INET, self.type, self.proto)
	return object
end

function inet:close()
	self.socket:close()
end

function inet:receive(...)
	return self.socket:receive(...)
end

-- Sends message, to an address and port if there is one.
function inet:send(message, addr, port)
	if addr then
		return self.socket:send(message, net.aton(addr), port)
	end
	return self.socket:send(message)
end

-- Binds to an address, "*" for all that the machine has.
function inet:bind(addr, port)
	return self.socket:bind(addr == "*" and 0 or net.aton(addr), port)
end

function inet:connect(addr, port, flags)
	self.socket:connect(net.aton(addr), port, flags)
end

-- The address and port of "sockname" or "peername".
function inet:getaddr(what)
	local name = self.socket["get" .. what]
	local ip, port = name(self.socket)
	return net.ntoa(ip), port
end

function inet:getsockname()
	return self:getaddr("sockname")
end

function inet:getpeername()
	return self:getaddr("peername")
end

local tcp = inet:new({ type = constants.sock.STREAM, proto = constants.ipproto.TCP })
inet.tcp = tcp

function tcp:listen(backlog)
	self.socket:listen(backlog)
end

-- A connection's socket: one of the module socket, no inet.tcp.
function tcp:accept(flags)
	return self.socket:accept(flags)
end

local udp = inet:new({ type = constants.sock.DGRAM, proto = constants.ipproto.UDP })
inet.udp = udp

-- A message, and the address and port that it is from.
function udp:receivefrom(length, flags)
	local message, ip, port = self:receive(length, flags, true)
	return message, net.ntoa(ip), port
end

udp.sendto = inet.send

return inet
