-- A counter: each cat gives the next number. `echo 41 >` sets it; `echo freeze >` and `echo close >` end it, each in
-- its way, and `echo new >` starts again.
local counter = require("counter")

local c = counter.new()

local commands = {}

function commands.freeze()
	c:freeze()
end

function commands.close()
	c:close()
end

function commands.new()
	c:close()
	c = counter.new()
end

function myread(len, off)
	return off == 0 and c:next() .. "\n" or ""
end

function mywrite(buf, off)
	local word = buf:match("%w+")
	local command = commands[word]
	if command then
		command()
	else
		c:set(tonumber(word))
	end
end
