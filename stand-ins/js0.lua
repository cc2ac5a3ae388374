-- A joystick for jstest(1), with two axes and two buttons: linux/joystick.h. What happens to it is written to it:
-- `echo axis 0 -32767 > input/js0`, `echo button 1 1 > input/js0`.
local device, linux = require("device"), require("linux")
local errno, fcntl = require("linux.errno"), require("linux.fcntl")
local ioctl, poll, stat = require("linux.ioctl"), require("linux.poll"), require("linux.stat")

local EVENT = "<I4i2I1I1" -- time in ms, value, type, number
local TYPES = { button = 1, axis = 2 }
local INIT = 0x80
local NAME = "Lunatik joystick"

local joystick = { name = "input/js0", mode = stat.IRUGO | stat.IWUGO }
local state = { axis = { [0] = 0, 0 }, button = { [0] = 0, 0 } }
local queue, dev = {}, nil

local function happens(kind, number, flags)
	local ms = linux.time() // 1000000 & 0xffffffff
	table.insert(queue, string.pack(EVENT, ms, state[kind][number], TYPES[kind] | flags, number))
end

-- Who opens it is told of the state first.
function joystick:open()
	if self.caller.flags & fcntl.O_ACCMODE == fcntl.O_WRONLY then return end
	queue = {}
	for number = 0, 1 do
		happens("button", number, INIT)
		happens("axis", number, INIT)
	end
end

function joystick:read(len)
	if #queue == 0 then error{ errno = errno.EAGAIN } end
	local events = table.concat(queue, "", 1, math.min(#queue, len // 8))
	table.move(queue, #events // 8 + 1, #queue + #events // 8, 1)
	return events
end

function joystick:write(text)
	local kind, number, value = text:match("^(%a+) ([01]) (%-?%d+)\n?$")
	if not TYPES[kind] then error{ errno = errno.EINVAL } end
	state[kind][tonumber(number)] = tonumber(value)
	happens(kind, tonumber(number), 0)
	dev:notify()
end

function joystick:poll() return #queue > 0 and poll.IN | poll.OUT or poll.OUT end

function joystick:ioctl(cmd)
	if ioctl.TYPE(cmd) ~= "j" then return end
	local nr, size = ioctl.NR(cmd), ioctl.SIZE(cmd)
	if nr == 0x01 then return 0, string.pack("<I4", 0x020100) end -- JSIOCGVERSION
	if nr == 0x11 or nr == 0x12 then return 0, "\2" end -- JSIOCGAXES, JSIOCGBUTTONS
	if nr == 0x13 then return #NAME, (NAME .. "\0"):sub(1, size) end -- JSIOCGNAME
	if nr == 0x32 then return 0, ("\0\1"):rep(size // 2) end -- JSIOCGAXMAP: ABS_X, ABS_Y
	if nr == 0x34 then return 0, string.pack("<I2I2", 0x120, 0x121):rep(size // 4) end -- JSIOCGBTNMAP: BTN_JOYSTICK
end

dev = device.new(joystick)
