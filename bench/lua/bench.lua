-- The script of the benchmark: its device reads and writes bytes that are ready, so that what is timed is the way to
-- Lua and back; `compute` is what the count hook slows down.
local bytes = ("4"):rep(1 << 20)

-- The driver takes as many bytes as the program asked for.
function myread(len, off)
	return bytes
end

-- All is written.
function mywrite(buf, off) end

-- A callback that does nothing of its own.
function trivial(len, off)
	return "42"
end

-- `n` rounds of integer arithmetic, as a checksum does them.
function compute(n, seed)
	local sum = seed
	for i = 1, n do
		sum = (sum * 31 + i) & 0xffffff
	end
	return "42"
end
