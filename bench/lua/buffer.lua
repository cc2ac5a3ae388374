-- A device that keeps a MiB and answers from it.
local data = ("4"):rep(1 << 20)

function myread(len, off)
	return data:sub(off + 1, off + len)
end

-- All is written.
function mywrite(buf, off) end
