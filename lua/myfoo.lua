-- Each cat calls the runtime's foo and says of which context it is. Writing "process" or "hardirq" asks for another
-- foo of that class, which only the runtime of the same context gives.
local foo = require("foo")

local f = foo.new()

function myread(len, off)
	if off > 0 then
		return ""
	end
	local context, calls = f:call()
	return context .. " " .. calls .. "\n"
end

function mywrite(buf, off)
	local new = foo.new(buf:match("%a+"))
	f:close()
	f = new
end
