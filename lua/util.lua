-- Helpers of scripts and of their tests.
local util = {}
local su = string.unpack

-- The bytes of a string as hexadecimal digits. Lua's stack bounds its length.
function util.bin2hex(str)
	local n = #str
	return string.format(("%02x"):rep(n), su(("B"):rep(n), str))
end

-- The bytes that hexadecimal digits stand for, and how many they are.
function util.hex2bin(hex)
	return string.gsub(hex, "..", function(digits)
		return string.char(tonumber(digits, 16))
	end)
end

-- Logs what follows, up to the first nil, as a line that begins with `what` in capitals.
function util.log(what, ...)
	local words = { what:upper() }
	for i = 1, select("#", ...) do
		local word = select(i, ...)
		if word == nil then
			break
		end
		words[i + 1] = word
	end
	print(table.concat(words, "\t"))
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
