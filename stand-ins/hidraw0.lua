-- A HID device with a light: linux/hidraw.h. Its output report sets the light's colours, its input report tells them,
-- and feature report 1 is its serial number.
local device = require("device")
local errno, ioctl, stat = require("linux.errno"), require("linux.ioctl"), require("linux.stat")

local NAME = "Lunatik light"
-- Vendor's page, one application: 3 bytes in, 3 bytes out, 8 bytes of feature report 1.
local DESCRIPTOR = "\x06\x00\xff\x09\x01\xa1\x01\x15\x00\x26\xff\x00\x75\x08\x95\x03\x09\x01\x81\x02\x95\x03\x09\x01\x91\x02"
	.. "\x85\x01\x95\x08\x09\x01\xb1\x02\xc0"

local light = { name = "hidraw0", mode = stat.IRUGO | stat.IWUGO, colour = "\0\0\0", serial = "SN000001" }

function light:read(len) return self.colour:sub(1, len) end

-- The first byte of a report is its number, 0 where there is but one.
function light:write(report)
	if #report ~= 4 or report:byte() ~= 0 then error{ errno = errno.EINVAL } end
	self.colour = report:sub(2)
	print("light", report:byte(2, 4))
end

function light:ioctl(cmd, arg)
	if ioctl.TYPE(cmd) ~= "H" then return end
	local nr, size = ioctl.NR(cmd), ioctl.SIZE(cmd)
	if nr == 0x01 then return 0, string.pack("<i4", #DESCRIPTOR) end -- HIDIOCGRDESCSIZE
	if nr == 0x02 then return 0, string.pack("<I4", #DESCRIPTOR) .. DESCRIPTOR end -- HIDIOCGRDESC
	if nr == 0x03 then return 0, string.pack("<I4I2I2", 3, 0x1209, 2) end -- HIDIOCGRAWINFO: BUS_USB
	if nr == 0x04 then return #NAME, (NAME .. "\0"):sub(1, size) end -- HIDIOCGRAWNAME
	if nr == 0x06 and arg:byte() == 1 then -- HIDIOCSFEATURE
		self.serial = arg:sub(2, 9)
		return size
	end
	if nr == 0x07 and arg:byte() == 1 then return 9, "\1" .. self.serial end -- HIDIOCGFEATURE
	return -errno.EINVAL
end

device.new(light)
