---@meta netlink.rt.rule

---A rule, as it is and as it is to be.
---@class lunatik.netlink.rt.rule.record
---@field family? integer
---@field action? integer of `linux.rtnetlink`'s `fr_act`
---@field flags? integer
---@field table? integer
---@field priority? integer
---@field fwmark? integer
---@field protocol? integer of a new rule

---The rules that say which routing table is asked.
---@class lunatik.netlink.rt.rule: lunatik.netlink.rt.object
---@operator call: lunatik.netlink.rt.rule
---@field GET integer
---@field NEW integer
---@field DEL integer
---@field TABLE_MAX integer
local rule = {}

---A request's header.
---@param family? integer
---@return string
function rule:header(family) end

---A reply as a table.
---@param body string
---@return lunatik.netlink.rt.rule.record
function rule:decode(body) end

---Adds a rule. Raises `EEXIST`.
---@param opts lunatik.netlink.rt.rule.record
function rule:add(opts) end

---Deletes a rule. Raises `ENOENT`.
---@param opts lunatik.netlink.rt.rule.record
function rule:del(opts) end

return rule
