-- A script's own device with the functions of `bench.lua`: `bytes`, for what moves many of them.
require("bench")
require("device").new{name = "bytes", read = function(self, len, off) return myread(len, off) end,
	write = function(self, buf, off) return mywrite(buf, off) end}
