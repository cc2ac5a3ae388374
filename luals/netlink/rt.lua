---@meta netlink.rt

---The links, addresses, routes and rules of this machine: `rt.link()` and so on make sessions. Changes take root, or
---CAP_NET_ADMIN.
---@class lunatik.netlink.rt
---@field link lunatik.netlink.rt.link
---@field addr lunatik.netlink.rt.addr
---@field route lunatik.netlink.rt.route
---@field rule lunatik.netlink.rt.rule
local rt = {}

return rt
