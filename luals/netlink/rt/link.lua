---@meta netlink.rt.link

---A network device.
---@class lunatik.netlink.rt.link.record
---@field family integer
---@field ltype integer
---@field ifindex integer
---@field flags integer of `linux.rtnetlink`'s `iff`
---@field change integer
---@field name string
---@field mtu integer

---What a network device is to be.
---@class lunatik.netlink.rt.link.options
---@field ifindex integer
---@field up? boolean

---The network devices.
---@class lunatik.netlink.rt.link: lunatik.netlink.rt.object
---@operator call: lunatik.netlink.rt.link
---@field GET integer
---@field NEW integer
---@field SET integer
local link = {}

---A request's header.
---@return string
function link:header() end

---A reply as a table.
---@param body string
---@return lunatik.netlink.rt.link.record
function link:decode(body) end

---Switches a network device on or off.
---@param opts lunatik.netlink.rt.link.options
function link:set(opts) end

return link
