-- The port of echoes.lua, whose own runtime is locked while its thread waits.
local shared = require("lunatik")._ENV

require("device").new({
	name = "port",
	read = function(_, _, off)
		return off == 0 and tostring(shared.port) or ""
	end,
})
