-- What link, addr, route and rule have in common. Each has the message types GET and NEW, a request's header and a
-- record of a reply's body.
local netlink = require("linux.netlink")
local rtnetlink = require("linux.rtnetlink")
local session = require("netlink.session")

local object = session:new({ proto = netlink.proto.ROUTE })

-- Lua looks for it in a metatable itself, not in what that inherits.
object.__call = getmetatable(object).__call

-- All records, of a family or of each.
function object:list(family)
	local records = {}
	for _, reply in ipairs(self:dump(self.GET, self:header(family))) do
		if reply.type == self.NEW then
			records[#records + 1] = self:decode(reply.body)
		end
	end
	return records
end

-- The highest number of a routing table that fits into a field of a header: higher ones are attributes.
function object.tablemax(codec, field)
	return (1 << 8 * codec:fieldsize(field)) - 1
end

function object:headertable(number)
	return number > self.TABLE_MAX and rtnetlink.table.UNSPEC or number
end

function object:attrtable(number)
	return number and number > self.TABLE_MAX and number or nil
end

return object
