---@meta netlink.rt.route

---A route, as it is and as it is to be.
---@class lunatik.netlink.rt.route.record
---@field family? integer
---@field dst_len? integer
---@field src_len? integer
---@field tos? integer
---@field table? integer
---@field protocol? integer
---@field scope? integer
---@field rtype? integer
---@field flags? integer
---@field dst? string the address's bytes
---@field gateway? string the address's bytes
---@field oif? integer the index of the network device
---@field priority? integer

---The routing tables.
---@class lunatik.netlink.rt.route: lunatik.netlink.rt.object
---@operator call: lunatik.netlink.rt.route
---@field GET integer
---@field NEW integer
---@field DEL integer
---@field TABLE_MAX integer
local route = {}

---A request's header.
---@param family? integer
---@return string
function route:header(family) end

---A reply as a table.
---@param body string
---@return lunatik.netlink.rt.route.record
function route:decode(body) end

---Adds a route. Raises `EEXIST`.
---@param opts lunatik.netlink.rt.route.record
function route:add(opts) end

---Deletes a route. Raises `ESRCH`.
---@param opts lunatik.netlink.rt.route.record
function route:del(opts) end

return route
