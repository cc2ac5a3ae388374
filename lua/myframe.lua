-- Gives back what was written last, in capitals. The frame is the request's buffer, read and filled in place.
require("frame") -- registers its class

local text = ""

function myread(frame, off)
	local part = text:sub(off + 1, off + #frame)
	frame:set(0, part)
	return #part
end

function mywrite(frame, off)
	text = text:sub(1, off) .. frame:get():upper()
end
