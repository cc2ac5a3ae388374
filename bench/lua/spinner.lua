-- The same as a script of ours: `spin.lua` is for the server in C.
require("spin")
require("device").new{name = "spin", read = function(self, len, off) return myread(len, off) end}
