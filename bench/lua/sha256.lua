-- The hashes of the benchmark: `count` digests of `size` bytes.
local hash = require("crypto").shash("sha256")

function digests(size, count)
	local data = ("x"):rep(size)
	for i = 1, count do
		hash:digest(data)
	end
	return "42"
end
