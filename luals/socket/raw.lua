---@meta socket.raw

---Frames of the network devices.
---@class lunatik.socket.raw
local raw = {}

---A socket that receives frames, with their headers. Takes root, or CAP_NET_RAW.
---@param proto? integer of `linux.eth`, by default each
---@param ifindex? integer of the network device (`linux.ifindex`), by default each
---@return lunatik.socket
function raw.bind(proto, ifindex) end

return raw
