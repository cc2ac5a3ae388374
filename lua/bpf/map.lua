-- Maps of BPF whose keys and values are Lua's: each by a format of string.pack, or a struct of the module `struct`.
--
-- One with keys is like a table: t[key], t[key] = value, nil deletes, pairs(t). A format of several values, and a struct,
-- stand for a list of them.
local bpf = require("bpf")
local class = require("class")

-- What turns values into bytes and back: of one value, of a format of several, and of a struct.
local single, several, structured = class{}, class{}, class{}

function single:encode(value)
	return string.pack(self.format, value)
end

function single:decode(bytes)
	return (string.unpack(self.format, bytes))
end

function several:encode(values)
	return string.pack(self.format, table.unpack(values))
end

-- A list of all but the last, which says where the bytes end.
local function list(...)
	local values = table.pack(...)
	values[values.n] = nil
	values.n = nil
	return values
end

function several:decode(bytes)
	return list(string.unpack(self.format, bytes))
end

function structured:encode(values)
	return self.struct:pack(table.unpack(values))
end

function structured:decode(bytes)
	return list(self.struct:unpack(bytes))
end

-- The codec of a spec; nil for what is none.
local function codecof(spec)
	if type(spec) == "string" then
		local size = string.packsize(spec)
		local count = select("#", string.unpack(spec, ("\0"):rep(size))) - 1
		return (count == 1 and single or several):new{ format = spec, size = size }
	elseif type(spec) == "table" and spec.pack and spec.size then
		return structured:new{ struct = spec, size = spec.size }
	end
end

-- The codec for a map's keys or values, which have `size` bytes. A map that is not to be used is closed.
local function checked(map, spec, what, size)
	local codec = codecof(spec)
	local wrong
	if not codec then
		wrong = "invalid " .. what .. " spec"
	elseif codec.size ~= size then
		wrong = ("%s spec packs %d bytes, map expects %d"):format(what, codec.size, size)
	else
		return codec
	end
	map:close()
	error(wrong)
end

local function decoded(codec, bytes)
	if bytes == nil then
		return nil
	end
	return codec:decode(bytes)
end

-- What is behind each table that stands for a map: its names are keys, so it has no methods.
local behind = setmetatable({}, { __mode = "k" })

local map = {}

-- Closes a map with keys.
function map.close(t)
	behind[t].map:close()
end

-- A table of `type`, `key_size`, `value_size` and `max_entries`.
function map.info(t)
	return behind[t].map:info()
end

local methods = { __close = map.close }

function methods.__index(t, key)
	local of = behind[t]
	return decoded(of.value, of.map:lookup(of.key:encode(key)))
end

function methods.__newindex(t, key, value)
	local of = behind[t]
	local bytes = of.key:encode(key)
	if value == nil then
		of.map:delete(bytes)
	else
		of.map:update(bytes, of.value:encode(value))
	end
end

local function following(t, key)
	local of = behind[t]
	local bytes = of.map:next(key ~= nil and of.key:encode(key) or nil)
	if bytes == nil then
		return nil
	end
	return of.key:decode(bytes), decoded(of.value, of.map:lookup(bytes))
end

function methods.__pairs(t)
	return following, t, nil
end

for _, name in ipairs{ "hash", "array", "lru_hash" } do
	map[name] = function(path, key, value)
		local opened = bpf[name](path)
		local info = opened:info()
		local t = setmetatable({}, methods)
		behind[t] = {
			map = opened,
			key = checked(opened, key, "key", info.key_size),
			value = checked(opened, value, "value", info.value_size),
		}
		return t
	end
end

local queue = {}
queue.__index = queue

function queue:push(value)
	return self.map:push(self.value:encode(value))
end

function queue:pop()
	return decoded(self.value, self.map:pop())
end

function queue:peek()
	return decoded(self.value, self.map:peek())
end

function queue:info()
	return self.map:info()
end

function queue:close()
	self.map:close()
end

queue.__close = queue.close

for _, name in ipairs{ "queue", "stack" } do
	map[name] = function(path, value)
		local opened = bpf[name](path)
		local codec = checked(opened, value, "value", opened:info().value_size)
		return setmetatable({ map = opened, value = codec }, queue)
	end
end

return map
