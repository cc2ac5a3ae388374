-- A watchdog for wdctl(8), systemd or a daemon: linux/watchdog.h. It says what a real one would have done.
local device, linux = require("device"), require("linux")
local errno, ioctl, stat = require("linux.errno"), require("linux.ioctl"), require("linux.stat")

local SECOND = 1000000000
local OPTIONS = 0x8180 -- WDIOF_KEEPALIVEPING | WDIOF_MAGICCLOSE | WDIOF_SETTIMEOUT
local NAME = "Lunatik watchdog"

local watchdog = { name = "watchdog", mode = stat.IRUSR | stat.IWUSR, timeout = 60, pings = 0 }

local function left(self) return self.timeout - (linux.time() - self.fed) // SECOND end

local function ping(self)
	if left(self) < 0 then print("watchdog: it would have reset the machine", -left(self), "s ago") end
	self.fed = linux.time()
	self.pings = self.pings + 1
end

function watchdog:open()
	if self.isopen then error{ errno = errno.EBUSY } end
	self.isopen, self.stops, self.fed, self.pings = true, false, linux.time(), 0
end

-- Each write is a sign of life. One with a V in it lets the next close stop the watchdog.
function watchdog:write(text)
	ping(self)
	self.stops = text:find("V", 1, true) ~= nil
end

function watchdog:release()
	self.isopen = false
	print(self.stops and "watchdog: stopped" or "watchdog: not stopped: a machine would be reset", "after", self.pings)
end

function watchdog:ioctl(cmd, arg)
	if ioctl.TYPE(cmd) ~= "W" then return end
	local nr = ioctl.NR(cmd)
	if nr == 0x00 then return 0, string.pack("<I4I4", OPTIONS, 1) .. NAME .. ("\0"):rep(32 - #NAME) end -- GETSUPPORT
	if nr == 0x01 or nr == 0x02 then return 0, string.pack("<i4", 0) end -- WDIOC_GETSTATUS, GETBOOTSTATUS
	if nr == 0x05 then ping(self) return 0 end -- WDIOC_KEEPALIVE
	if nr == 0x06 then -- WDIOC_SETTIMEOUT
		local timeout = string.unpack("<i4", arg)
		if timeout < 1 then return -errno.EINVAL end
		self.timeout = timeout
		ping(self)
	end
	if nr == 0x06 or nr == 0x07 then return 0, string.pack("<i4", self.timeout) end -- WDIOC_GETTIMEOUT
	if nr == 0x0a then return 0, string.pack("<i4", math.max(left(self), 0)) end -- WDIOC_GETTIMELEFT
end

device.new(watchdog)
