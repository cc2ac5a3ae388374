-- Netlink messages and attributes as bytes, and back.
local netlink = require("linux.netlink")
local struct = require("struct")

local header = struct(netlink.layout.nlmsghdr)
local attribute = struct(netlink.layout.nlattr)
local u32 = "=I4"

local message = {}

-- A length rounded up to where the next message or attribute begins.
local function align(length)
	local mask = netlink.ALIGNTO - 1
	return (length + mask) & ~mask
end

-- Iterates over what lies in bytes from pos on, each behind a header that begins with the length of both. Gives the
-- body and the header's next two fields. What is cut off at the end isn't given.
local function records(codec, bytes, pos)
	return function()
		if pos + codec.size - 1 > #bytes then
			return nil
		end
		local length, first, second = codec:unpack(bytes, pos)
		local last = pos + length - 1
		if length < codec.size or last > #bytes then
			return nil
		end
		local body = bytes:sub(pos + codec.size, last)
		pos = pos + align(length)
		return body, first, second
	end
end

-- A message's bytes; its port is 0, the kernel's.
function message.encode(kind, flags, seq, payload)
	return header:pack(header.size + #payload, kind, flags, seq, 0) .. payload
end

-- The messages in bytes: an array of {type =, flags =, body =}.
function message.parse(bytes)
	local messages = {}
	for body, kind, flags in records(header, bytes, 1) do
		messages[#messages + 1] = { type = kind, flags = flags, body = body }
	end
	return messages
end

-- An attribute's bytes. A number is an integer of 32 bits.
local function encode(kind, value)
	if type(value) == "number" then
		value = string.pack(u32, value)
	end
	local length = attribute.size + #value
	return attribute:pack(length, kind) .. value .. ("\0"):rep(align(length) - length)
end

-- Of a table {[type] = bytes or integer} the attributes' bytes, in any order. Of bytes, from pos on, such a table; of a
-- type that is there twice it has the last.
function message.attrs(attrs, pos)
	if type(attrs) == "string" then
		local found = {}
		for value, kind in records(attribute, attrs, pos or 1) do
			found[kind] = value
		end
		return found
	end
	local parts = {}
	for kind, value in pairs(attrs) do
		parts[#parts + 1] = encode(kind, value)
	end
	return table.concat(parts)
end

-- The integer in an attribute of 32 bits; nil for nil.
function message.u32(value)
	return value and (string.unpack(u32, value))
end

-- The text in an attribute that ends in a NUL; nil for nil.
function message.str(value)
	return value and (string.unpack("z", value))
end

return message
