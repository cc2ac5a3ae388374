---@meta netlink.rt.addr

---An address of a network device.
---@class lunatik.netlink.rt.addr.record
---@field family integer
---@field prefix_len integer
---@field scope integer
---@field ifindex integer
---@field address string its bytes
---@field label? string

---The addresses of the network devices.
---@class lunatik.netlink.rt.addr: lunatik.netlink.rt.object
---@operator call: lunatik.netlink.rt.addr
---@field GET integer
---@field NEW integer
local addr = {}

---A request's header.
---@param family? integer
---@return string
function addr:header(family) end

---A reply as a table.
---@param body string
---@return lunatik.netlink.rt.addr.record
function addr:decode(body) end

return addr
