-- A device whose callback does some work: a checksum of 1000 steps and a text made of it.
local seed = 1

function myread(len, off)
	local sum = seed
	for i = 1, 1000 do
		sum = (sum * 31 + i) & 0xffffff
	end
	seed = sum
	return ("4%06x"):format(sum)
end

-- All is written.
function mywrite(buf, off) end
