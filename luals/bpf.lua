---@meta bpf

---Maps of BPF: luabpf.c. Here `lunatik inject map` makes them; none of the machine's kernel is reached.
---
---Keys and values are strings of as many bytes as the map says. In an interrupt-context runtime a map can be opened only
---while the script loads.
---@class lunatik.bpf.lib
local bpf = {}

---A map with keys. `#map` is how many entries it may have.
---@class lunatik.bpf_hash: userdata
---@operator len: integer
local hash = {}

---The value of a key, or nil. Raises `invalid key size`.
---@param key string
---@return string? value
function hash:lookup(key) end

---Sets a key's value. With the flags `NOEXIST` and `EXIST` of `linux.bpf` it is false where the key is there, or isn't.
---
---Raises `invalid key size`, `invalid value size`, `E2BIG` where it is full, `EINVAL` for other flags.
---@param key string
---@param value string
---@param flags? integer
---@return boolean done
function hash:update(key, value, flags) end

---Deletes a key. Raises `EINVAL` for an array.
---@param key string
---@return boolean done whether it was there
function hash:delete(key) end

---Deletes a key and gives its value, or nil. Raises `EOPNOTSUPP` for an array.
---@param key string
---@return string? value
function hash:remove(key) end

---The key after one, the first without. `for key in map.next, map do` goes through all.
---@param key? string
---@return string? key
function hash:next(key) end

---What the map is like: `type`, `key_size`, `value_size`, `max_entries`.
---@return table<string, integer>
function hash:info() end

---Gives the map up.
function hash:close() end

---A queue or a stack. `#queue` is how many values it may have.
---@class lunatik.bpf_queue: userdata
---@operator len: integer
local queue = {}

---Puts a value in; false where it is full. With the flag `EXIST` the oldest makes room.
---
---Raises `invalid value size`, `EINVAL` for other flags.
---@param value string
---@param flags? integer
---@return boolean done
function queue:push(value, flags) end

---Takes the next value out, or nil: of a queue the oldest, of a stack the newest.
---@return string? value
function queue:pop() end

---The next value, which stays in, or nil.
---@return string? value
function queue:peek() end

---What the map is like: `type`, `key_size`, `value_size`, `max_entries`.
---@return table<string, integer>
function queue:info() end

---Gives the map up.
function queue:close() end

---Opens a hash map. Raises `ENOENT`, `hash map expected`, and `not allowed after module load`; so do the others.
---@param path string where it is pinned
---@return lunatik.bpf_hash
function bpf.hash(path) end

---Opens an array: its keys are indices of 4 bytes.
---@param path string
---@return lunatik.bpf_hash
function bpf.array(path) end

---Opens a hash map that drops what was not used for longest once it is full.
---@param path string
---@return lunatik.bpf_hash
function bpf.lru_hash(path) end

---Opens a queue.
---@param path string
---@return lunatik.bpf_queue
function bpf.queue(path) end

---Opens a stack.
---@param path string
---@return lunatik.bpf_queue
function bpf.stack(path) end

return bpf
