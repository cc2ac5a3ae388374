---@meta netlink.genl

---A reply of a generic netlink family.
---@class lunatik.netlink.genl.reply
---@field cmd integer
---@field attrs table<integer, string>

---Generic netlink: `genl()` makes a session.
---@class lunatik.netlink.genl: lunatik.netlink.session
---@operator call: lunatik.netlink.genl
---@field proto integer
local genl = {}

---Sends a command.
---@param family integer
---@param cmd integer
---@param flags? integer
---@param payload? string attributes
---@return lunatik.netlink.genl.reply[]
function genl:call(family, cmd, flags, payload) end

---Asks for all that there is of a kind.
---@param family integer
---@param cmd integer
---@param payload? string
---@return lunatik.netlink.genl.reply[]
function genl:dump(family, cmd, payload) end

---The number of the family with a name. Raises `ENOENT`.
---@param name string for example `"nlctrl"`
---@return integer
function genl:family(name) end

return genl
