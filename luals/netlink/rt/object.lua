---@meta netlink.rt.object

---What `link`, `addr`, `route` and `rule` are derived from.
---@class lunatik.netlink.rt.object: lunatik.netlink.session
---@operator call: lunatik.netlink.rt.object
---@field proto integer
local object = {}

---All records that there are.
---@param family? integer of `linux.socket`'s `af`, by default each
---@return table[]
function object:list(family) end

---The highest number of a routing table that a field of a header can hold.
---@param codec lunatik.struct
---@param field string
---@return integer
function object.tablemax(codec, field) end

---A routing table's number as a header has it: 0 for one that it can't hold.
---@param number integer
---@return integer
function object:headertable(number) end

---A routing table's number as an attribute; nil for one that a header holds.
---@param number? integer
---@return integer?
function object:attrtable(number) end

return object
