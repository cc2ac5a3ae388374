-- The rules that say which routing table is asked.
local af = require("linux.socket").af
local flag = require("linux.netlink").flag
local message = require("netlink.message")
local object = require("netlink.rt.object")
local rtnetlink = require("linux.rtnetlink")
local struct = require("struct")

local fra, rtm = rtnetlink.fra, rtnetlink.rtm
local header = struct(rtnetlink.layout.fib_rule_hdr)

local rule = object:new({
	GET = rtm.GETRULE,
	NEW = rtm.NEWRULE,
	DEL = rtm.DELRULE,
	TABLE_MAX = object.tablemax(header, "table"),
})

function rule:header(family)
	return header:pack(family or af.UNSPEC, 0, 0, 0, 0, 0, 0)
end

function rule:decode(body)
	local family, _, _, _, number, action, flags = header:unpack(body)
	local attrs = message.attrs(body, header.size + 1)
	return {
		family = family,
		action = action,
		flags = flags,
		table = message.u32(attrs[fra.TABLE]) or number,
		priority = message.u32(attrs[fra.PRIORITY]),
		fwmark = message.u32(attrs[fra.FWMARK]),
	}
end

local function encode(self, opts)
	local number, action = opts.table or rtnetlink.table.MAIN, opts.action or rtnetlink.fr_act.TO_TBL
	return header:pack(opts.family or af.INET, 0, 0, 0, self:headertable(number), action, 0)
		.. message.attrs({
			[fra.TABLE] = self:attrtable(opts.table),
			[fra.PRIORITY] = opts.priority,
			[fra.FWMARK] = opts.fwmark,
			[fra.PROTOCOL] = opts.protocol and string.char(opts.protocol),
		})
end

function rule:add(opts)
	self:talk(self.NEW, flag.CREATE | flag.EXCL, encode(self, opts))
end

function rule:del(opts)
	self:talk(self.DEL, nil, encode(self, opts))
end

return rule
