---@meta fifo

---Queues of bytes, which runtimes may share: linux/kfifo.h. luafifo.c.
---@class lunatik.fifo.lib
local fifo = {}

---A queue of bytes.
---@class lunatik.fifo: userdata
local object = {}

---Puts all of the bytes in. Raises `not enough space`, and then none are in.
---@param data string
function object:push(data) end

---Takes up to `size` bytes out. Raises `resulting string too large` for a negative size.
---@param size integer
---@return string data
---@return integer n how many bytes these are
function object:pop(size) end

---Gives the queue up.
function object:close() end

---Makes a queue with room for `size` bytes, rounded up to a power of two.
---
---Raises `failed to allocate kfifo (-22)` for less than 2 bytes or more than 2^31, `(-12)` where memory is insufficient.
---@param size integer
---@return lunatik.fifo
function fifo.new(size) end

return fifo
