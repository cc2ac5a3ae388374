---@meta data

---Memory that scripts read and write, and that runtimes may share. luadata.c.
---@class lunatik.data.lib
local data = {}

---Zeroed memory at first. `#data` is its size in bytes, `tostring(data)` its bytes.
---
---Offsets count from 0. Each method raises `out of bounds` for what is not all within the memory. Integers are
---little-endian; the upper bits of one that is too large to be set are dropped.
---@class lunatik.data: userdata
---@operator len: integer
local object = {}

---The integer at `offset`: unsigned, 8 bits.
---@param offset integer
---@return integer
function object:getbyte(offset) end

---Sets the integer at `offset`: unsigned, 8 bits.
---@param offset integer
---@param value integer
function object:setbyte(offset, value) end

---The integer at `offset`: 8 bits.
---@param offset integer
---@return integer
function object:getint8(offset) end

---Sets the integer at `offset`: 8 bits.
---@param offset integer
---@param value integer
function object:setint8(offset, value) end

---The integer at `offset`: unsigned, 8 bits.
---@param offset integer
---@return integer
function object:getuint8(offset) end

---Sets the integer at `offset`: unsigned, 8 bits.
---@param offset integer
---@param value integer
function object:setuint8(offset, value) end

---The integer at `offset`: 16 bits.
---@param offset integer
---@return integer
function object:getint16(offset) end

---Sets the integer at `offset`: 16 bits.
---@param offset integer
---@param value integer
function object:setint16(offset, value) end

---The integer at `offset`: unsigned, 16 bits.
---@param offset integer
---@return integer
function object:getuint16(offset) end

---Sets the integer at `offset`: unsigned, 16 bits.
---@param offset integer
---@param value integer
function object:setuint16(offset, value) end

---The integer at `offset`: 32 bits.
---@param offset integer
---@return integer
function object:getint32(offset) end

---Sets the integer at `offset`: 32 bits.
---@param offset integer
---@param value integer
function object:setint32(offset, value) end

---The integer at `offset`: unsigned, 32 bits.
---@param offset integer
---@return integer
function object:getuint32(offset) end

---Sets the integer at `offset`: unsigned, 32 bits.
---@param offset integer
---@param value integer
function object:setuint32(offset, value) end

---The integer at `offset`: 64 bits.
---@param offset integer
---@return integer
function object:getint64(offset) end

---Sets the integer at `offset`: 64 bits.
---@param offset integer
---@param value integer
function object:setint64(offset, value) end

---The integer at `offset`: 64 bits, a lua_Integer.
---@param offset integer
---@return integer
function object:getnumber(offset) end

---Sets the integer at `offset`: 64 bits, a lua_Integer.
---@param offset integer
---@param value integer
function object:setnumber(offset, value) end

---Bytes of the memory. Raises `out of bounds` also for none at all.
---@param offset integer
---@param length? integer all to the end by default
---@return string
function object:getstring(offset, length) end

---Sets bytes of the memory. Raises `out of bounds` also for an empty string.
---@param offset integer
---@param s string
function object:setstring(offset, s) end

---The Internet checksum (RFC 1071) of bytes, by default of all.
---@param offset? integer 0 by default
---@param length? integer all to the end by default
---@return integer
function object:checksum(offset, length) end

---Makes the memory larger or smaller. What fits is kept, what is new is 0.
---
---Raises `not enough memory`, also for no bytes, which crashes a kernel.
---@param size integer in bytes
function object:resize(size) end

---Makes memory. A `single` one can't be given to another runtime, and its methods take no lock.
---
---Raises `not enough memory`, also for a size that is not positive; `invalid option 'x'`.
---@param size integer in bytes
---@param opt? "shared" | "single" `"shared"` by default
---@return lunatik.data
function data.new(size, opt) end

return data
