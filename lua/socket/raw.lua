-- Frames of the network devices: AF_PACKET.
local constants = require("linux.socket")
local eth = require("linux.eth")
local socket = require("socket")

local raw = {}

-- A socket that receives the frames of a protocol, by default of each, and of the device with an index, by default of
-- all.
function raw.bind(proto, ifindex)
	proto = proto or eth.ALL
	local object = socket.new(constants.af.PACKET, constants.sock.RAW, proto)
	object:bind(proto, ifindex or 0)
	return object
end

return raw
