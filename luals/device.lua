---@meta device

---Character device drivers in Lua: luadevice.c.
---@class lunatik.device.lib
local device = {}

---What a driver is: a table with the device's name and its callbacks, each of which gets the table first. A callback
---that is missing does nothing and succeeds.
---
---One lock covers all devices of a script: while a callback sleeps, the others wait for their turn. A callback that
---raises fails the system call with `ECANCELED`, and the log says where. `error{errno = EAGAIN}` with a number of
---`linux.errno` fails it with that one and logs nothing; a kernel gives `ECANCELED` for it.
---
---Scripts keep what they need in fields of their own; with a class for the driver the editor knows them:
---```lua
------@class counter: lunatik.driver
------@field count integer
---local driver = { name = "counter", count = 0 }
---```
---@class lunatik.driver
---The device's name below /dev, here below the mount; `/` makes folders.
---@field name string
---The permissions, bits of `linux.stat`. 0600 by default, and for 0.
---@field mode? integer
---open(2): where it raises, the program's open fails, and `release` is not called.
---@field open? fun(self: table)
---read(2) of `len` bytes at the offset `off`, which counts from 0. Returns the bytes, of which no more than `len` are
---taken; `""` or nil ends the file. The offset moves by the bytes, unless a new one is returned as well.
---@field read? fun(self: table, len: integer, off: integer): (data: string|integer|nil, new_off: integer?)
---write(2) of the bytes `buf` at the offset `off`. Returns how many were written, nil for all of them. The offset moves
---by the bytes, unless a new one is returned as well. Results that are neither nil nor numbers crash a kernel.
---@field write? fun(self: table, buf: string, off: integer): (written: integer?, new_off: integer?)
---The last close(2) of the file. An error is only logged. Never called once the script was stopped.
---@field release? fun(self: table)
---poll(2), not on a kernel: what is ready, bits of `linux.poll`. nil: reading and writing.
---@field poll? fun(self: table): (ready: integer?)
---ioctl(2), not on a kernel. `cmd` is a number of `linux.ioctl`'s, `arg` the bytes that the program gives, or an
---integer for a command without a size. Returns the result and the bytes that the program gets; nil for a command that
---it doesn't know, which is `ENOTTY`.
---@field ioctl? fun(self: table, cmd: integer, arg: string|integer): (result: integer?, data: string?)
---Who calls. `device.new` sets it, unless the driver has such a field. Not on a kernel.
---@field caller? lunatik.caller

---The program whose system call a callback serves. The fields are nil where the transport doesn't tell, as fuse-native.
---@class lunatik.caller
---@field uid integer?
---@field gid integer?
---@field pid integer?
---Its name, of 15 bytes at most, as ps(1) shows it.
---@field comm string?
---The flags of the open file, bits of `linux.fcntl`: open(2)'s; O_NONBLOCK and O_APPEND as fcntl(2) has set them before a
---read or write. fuse-native tells open(2)'s alone.
---@field flags integer?

---A device, which lives until it is stopped or its script is. It can't be given to another runtime.
---@class lunatik.device: userdata
local object = {}

---Takes the device away. Files that are open on it get `ENXIO` from read and write. Does nothing for one that was stopped.
function object:stop() end

---Says that more may be ready: who waits in poll(2) asks the driver's `poll` again. Not on a kernel.
function object:notify() end

---Makes a device of the driver.
---
---Raises `bad field 'name' (string expected, got U)`; `failed to create a new device (-17)` for a name in use, `(-22)`
---for an empty one; `'device': process-context class in interrupt-context runtime`. On a kernel a `%` in the name is
---taken as a format.
---@param driver lunatik.driver
---@return lunatik.device
function device.new(driver) end

return device
