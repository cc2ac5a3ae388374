-- IPv4 addresses as text and as integers.
local net = {}

-- The integer of an address "a.b.c.d". Each number counts modulo 256, and what is missing at the end is 0.
function net.aton(addr)
	local ip, shift = 0, 24
	for digits in string.gmatch(addr, "(%d+)") do
		ip = ip | (tonumber(digits) & 0xff) << shift
		shift = shift - 8
	end
	return ip
end

-- The address of an integer, of which the lower 32 bits count.
function net.ntoa(ip)
	return table.concat({ ip >> 24 & 0xff, ip >> 16 & 0xff, ip >> 8 & 0xff, ip & 0xff }, ".")
end

return net
