-- The device mydriver keeps a value: `echo hello > mydriver` sets it, `cat mydriver` gives it back.
local device = require("device")
local stat = require("linux.stat")

-- The longest value, in bytes: whoever may write must not be able to fill the kernel's memory.
local MAX = 4096

---@class mydriver: lunatik.driver
---@field value string
local driver = { name = "mydriver", mode = stat.IRUGO | stat.IWUGO, value = "" }

-- Gives what of the value belongs to a read of len bytes at the offset off. At its end that is "", which ends the file.
---@param len integer
---@param off integer
---@return string
function driver:read(len, off)
	return self.value:sub(off + 1, off + len)
end

-- A write at the offset 0 replaces the value; one further on keeps what is before it, so that pieces make a whole.
---@param buf string
---@param off integer
function driver:write(buf, off)
	if off + #buf > MAX then
		error("the value is longer than " .. MAX .. " bytes")
	end
	local kept = self.value:sub(1, off)
	self.value = kept .. ("\0"):rep(off - #kept) .. buf
end

device.new(driver)
