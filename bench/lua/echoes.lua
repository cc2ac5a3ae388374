-- Serves connections by echo.lua, one after the other, on a port that the device of port.lua has.
local constants = require("linux.socket")
local echo = require("echo")
local inet = require("socket.inet")
local thread = require("thread")

local server = inet.tcp()
server:bind(inet.localhost, 0)
server:listen()
require("lunatik")._ENV.port = select(2, server:getsockname())

return function()
	while not thread.shouldstop() do
		local ok, session = pcall(server.accept, server)
		if ok then
			session:setsockopt(constants.sol.TCP, 1, 1)
			pcall(echo, session)
			session:close()
		end
	end
end
