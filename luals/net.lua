---@meta net

---IPv4 addresses as text and as integers.
---@class lunatik.net
local net = {}

---The integer of an address. Each of its numbers counts modulo 256, and what is missing at its end is 0.
---@param addr string for example `"127.0.0.1"`
---@return integer ip in the host's byte order, for example `0x7f000001`
function net.aton(addr) end

---The address of an integer, of which the lower 32 bits count.
---@param ip integer in the host's byte order
---@return string addr
function net.ntoa(ip) end

return net
