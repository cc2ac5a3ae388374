-- A device whose callback computes for long: some 30 ms in C's Lua.
function myread(len, off)
	local sum = 0
	for i = 1, 4000000 do
		sum = sum + i % 7
	end
	return "4"
end

-- All is written.
function mywrite(buf, off) end
