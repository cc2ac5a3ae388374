---@meta bpf.map

---Maps of BPF whose keys and values are Lua's. Each has a spec: a format of `string.pack`, or a struct of `struct`. A
---format of several values, and a struct, stand for a list of them.
---@class lunatik.bpf.map.lib
local map = {}

---A queue or a stack of values.
---@class lunatik.bpf_map_queue
---The map as `bpf` has it.
---@field map lunatik.bpf_queue
---@field value table
local queue = {}

---Puts a value in; false where it is full.
---@param value any
---@return boolean done
function queue:push(value) end

---Takes the next value out, or nil.
---@return any
function queue:pop() end

---The next value, which stays in, or nil.
---@return any
function queue:peek() end

---What the map is like: `type`, `key_size`, `value_size`, `max_entries`.
---@return table<string, integer>
function queue:info() end

---Gives the map up.
function queue:close() end

---Opens a hash map as a table: `t[key]`, `t[key] = value`, nil deletes, `pairs(t)`.
---
---Raises `invalid key spec`, `key spec packs 2 bytes, map expects 4`, and as `bpf.hash`.
---@param path string
---@param key string|table
---@param value string|table
---@return table<any, any>
function map.hash(path, key, value) end

---Opens an array as a table.
---@param path string
---@param key string|table
---@param value string|table
---@return table<any, any>
function map.array(path, key, value) end

---Opens an LRU hash map as a table.
---@param path string
---@param key string|table
---@param value string|table
---@return table<any, any>
function map.lru_hash(path, key, value) end

---Opens a queue.
---@param path string
---@param value string|table
---@return lunatik.bpf_map_queue
function map.queue(path, value) end

---Opens a stack.
---@param path string
---@param value string|table
---@return lunatik.bpf_map_queue
function map.stack(path, value) end

---What a map with keys is like, as `bpf_hash:info`.
---@param t table
---@return table<string, integer>
function map.info(t) end

---Gives a map with keys up.
---@param t table
function map.close(t) end

return map
