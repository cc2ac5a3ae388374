-- A keyboard of three keys for evtest(1) and libevdev: linux/input.h. What is typed is written to it: `echo 30 1 >
-- input/event0` presses KEY_A, `echo 30 0` lets it go.
local device, linux = require("device"), require("linux")
local errno, fcntl = require("linux.errno"), require("linux.fcntl")
local ioctl, poll, stat = require("linux.ioctl"), require("linux.poll"), require("linux.stat")

local EVENT = "<i8i8I2I2i4" -- seconds, microseconds, type, code, value
local EV_SYN, EV_KEY = 0, 1
local KEYS = { [30] = "KEY_A", [48] = "KEY_B", [46] = "KEY_C" }
local NAME = "Lunatik keyboard"

local keyboard = { name = "input/event0", mode = stat.IRUGO | stat.IWUGO }
local queue, dev = {}, nil

-- A bit for each number, as EVIOCGBIT has them.
local function mask(numbers, size)
	local text = ""
	for i = 0, size - 1 do
		local byte = 0
		for bit = 0, 7 do byte = byte | (numbers[i * 8 + bit] and 1 << bit or 0) end
		text = text .. string.char(byte)
	end
	return text
end

local function happens(kind, code, value)
	local now = linux.time() // 1000
	table.insert(queue, string.pack(EVENT, now // 1000000, now % 1000000, kind, code, value))
end

function keyboard:read(len)
	if #queue == 0 then error{ errno = errno.EAGAIN } end
	local events = table.concat(queue, "", 1, math.min(#queue, len // 24))
	table.move(queue, #events // 24 + 1, #queue + #events // 24, 1)
	return events
end

function keyboard:write(text)
	local code, value = text:match("^(%d+) ([01])\n?$")
	if not KEYS[tonumber(code)] then error{ errno = errno.EINVAL } end
	happens(EV_KEY, tonumber(code), tonumber(value))
	happens(EV_SYN, 0, 0)
	dev:notify()
end

function keyboard:poll() return #queue > 0 and poll.IN | poll.OUT or poll.OUT end

function keyboard:ioctl(cmd)
	if ioctl.TYPE(cmd) ~= "E" then return end
	local nr, size = ioctl.NR(cmd), ioctl.SIZE(cmd)
	if nr == 0x01 then return 0, string.pack("<I4", 0x010001) end -- EVIOCGVERSION
	if nr == 0x02 then return 0, string.pack("<I2I2I2I2", 3, 0x1209, 1, 1) end -- EVIOCGID: BUS_USB
	if nr == 0x06 then return #NAME, (NAME .. "\0"):sub(1, size) end -- EVIOCGNAME
	local bits = nr == 0x20 and { [EV_SYN] = true, [EV_KEY] = true } or nr == 0x20 + EV_KEY and KEYS
	if bits then return size, mask(bits, size) end -- EVIOCGBIT: the types of events, then the keys
	if nr > 0x06 and nr < 0x40 then return 0, ("\0"):rep(size) end -- none of all the rest
end

dev = device.new(keyboard)
