-- A buffer: reads give what was written last. A write at the start replaces it, one further on extends it, so
-- `echo hello > mybuffer` and `dd of=mybuffer` both leave just what they wrote.
local data = ""

function myread(len, off)
	return data:sub(off + 1, off + len)
end

function mywrite(buf, off)
	local kept = data:sub(1, off)
	data = kept .. ("\0"):rep(off - #kept) .. buf
end
