-- Helpers of scripts and of their tests.
local util = {}

-- The bytes of a string as hexadecimal digits.
function util.bin2hex(str)
	return (str:gsub(".", function(c)
		return ("%02x"):format(c:byte())
	end))
end

-- The bytes that hexadecimal digits stand for, and how many they are.
function util.hex2bin(hex)
	return hex:gsub("..", function(digits)
		return string.char(tonumber(digits, 16))
	end)
end

-- Logs what follows as a line that begins with `what` in capitals.
function util.log(what, ...)
	print(table.concat({ what:upper(), ... }, "\t"))
end

-- Calls func and logs whether it has returned ("PASS") or raised ("FAIL", the error and a traceback).
function util.test(name, func)
	local passed, err = pcall(func)
	if passed then
		util.log("pass", name)
	else
		util.log("fail", name, err, "\n" .. debug.traceback())
	end
end

return util
