-- A real-time clock for hwclock(8): it goes at the machine's pace, from where it was set to. linux/rtc.h.
local device, linux = require("device"), require("linux")
local ioctl, stat = require("linux.ioctl"), require("linux.stat")

local SECOND = 1000000000
local RTC_TIME = "<i4i4i4i4i4i4i4i4i4" -- sec, min, hour, mday, mon, year, wday, yday, isdst
local RTC_RD_TIME = ioctl.IOR("p", 0x09, 36)
local RTC_SET_TIME = ioctl.IOW("p", 0x0a, 36)

local rtc = { name = "rtc0", mode = stat.IRUSR | stat.IWUSR, ahead = 0 }

-- Days since 1970-01-01 of a date, whose months count from 1.
local function days(year, month, day)
	if month <= 2 then
		year = year - 1
		month = month + 12
	end
	return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

-- struct rtc_time of a time in seconds since 1970.
local function time(seconds)
	local day, second = seconds // 86400, seconds % 86400
	local year = 1970 + day // 366
	while days(year + 1, 1, 1) <= day do
		year = year + 1
	end
	local month = 1
	while month < 12 and days(year, month + 1, 1) <= day do
		month = month + 1
	end
	local mday, yday = day - days(year, month, 1) + 1, day - days(year, 1, 1)
	local wday = (day + 4) % 7
	return second % 60, second // 60 % 60, second // 3600, mday, month - 1, year - 1900, wday, yday, 0
end

function rtc:ioctl(cmd, arg)
	local now = linux.time() // SECOND
	if cmd == RTC_RD_TIME then
		return 0, string.pack(RTC_TIME, time(now + self.ahead))
	elseif cmd == RTC_SET_TIME then
		local sec, min, hour, mday, mon, year = string.unpack(RTC_TIME, arg)
		self.ahead = days(year + 1900, mon + 1, mday) * 86400 + hour * 3600 + min * 60 + sec - now
		print("set", year + 1900, mon + 1, mday, hour, min, sec)
		return 0
	end
end

device.new(rtc)
