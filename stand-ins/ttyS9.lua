-- A thermometer on a serial line: it sends a line as NMEA 0183 has them, as often as it is told to, and takes commands,
-- `RATE ms` and `ID?`. A program that sets the line's speed needs a real terminal: stand-ins.md tells why.
local device, linux = require("device"), require("linux")
local errno, fcntl, stat = require("linux.errno"), require("linux.fcntl"), require("linux.stat")

local thermometer = { name = "ttyS9", mode = stat.IRUGO | stat.IWUGO, rate = 50, count = 0, rest = "" }

-- `$body*` and the exclusive or of the body's bytes.
local function sentence(body)
	local sum = 0
	for i = 1, #body do
		sum = sum ~ body:byte(i)
	end
	return ("$%s*%02X\r\n"):format(body, sum)
end

function thermometer:measure()
	self.count = self.count + 1
	local tenths = 200 + self.count % 10
	return sentence(("TEMP,%d,%d.%d"):format(self.count, tenths // 10, tenths % 10))
end

-- What is left of a line comes first. Where there is nothing it waits for the next one, or says so.
function thermometer:read(len)
	if self.rest == "" then
		if self.caller.flags & fcntl.O_NONBLOCK ~= 0 then error{ errno = errno.EAGAIN } end
		linux.schedule(self.rate)
		self.rest = self:measure()
	end
	local part = self.rest:sub(1, len)
	self.rest = self.rest:sub(len + 1)
	return part
end

function thermometer:write(text)
	for command in text:gmatch("[^\r\n]+") do
		local rate = command:match("^RATE (%d+)$")
		if rate then
			self.rate = tonumber(rate)
			self.rest = self.rest .. sentence("RATE," .. rate)
		elseif command == "ID?" then
			self.rest = self.rest .. sentence("ID,LUNATIK")
		else
			self.rest = self.rest .. sentence("ERROR")
		end
	end
end

device.new(thermometer)
