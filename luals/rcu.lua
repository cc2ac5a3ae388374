---@meta rcu

---Hash tables that runtimes share. luarcu.c.
---@class lunatik.rcu.lib
local rcu = {}

---A table that runtimes share. Keys are strings of up to 255 bytes; nil removes an entry. Every entry with an object
---gives a new userdata of it.
---
---Raises `not enough memory` for a longer key, `cannot share SINGLE object`, `unsupported type`. A kernel of Lunatik 4.4
---confuses keys of which one begins with the other.
---@class lunatik.rcu: userdata
---@field [string] boolean|integer|lunatik.object|nil

---Makes a table. Raises `not enough memory` for more buckets than 2^31.
---@param size? integer how many buckets a kernel makes, 256 by default. Here the table grows by itself
---@return lunatik.rcu
function rcu.table(size) end

---Calls f for each entry. An error of f ends the walk. f must not sleep, which on a kernel it may.
---@param t lunatik.rcu
---@param f fun(key: string, value: boolean|integer|lunatik.object)
function rcu.map(t, f) end

return rcu
