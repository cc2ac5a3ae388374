-- Two hooks: what begins with # is dropped, and so is what is empty but for its newline.
local hook = require("hook")

hook.register({
	name = "comments",
	priority = 1,
	hook = function(packet)
		return packet:get():sub(1, 1) ~= "#"
	end,
})

hook.register({
	name = "empty",
	priority = 2,
	hook = function(packet)
		return #packet > 1
	end,
})
