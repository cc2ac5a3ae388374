-- A C struct's bytes from its fields, and back: struct(layout), for example linux.netlink's layout.nlmsghdr.
--
-- A layout is {size =, fields = {{name =, offset =, size =, signed =}, ...}}, in bytes.
local struct = {}
struct.__index = struct

-- The struct's bytes. The fields' values are given in the order of their offsets.
function struct:pack(...)
	return string.pack(self.format, ...)
end

-- The fields' values in the order of their offsets, and where the struct ends. It begins at pos, 1 by default.
function struct:unpack(bytes, pos)
	return string.unpack(self.format, bytes, pos)
end

-- How many bytes a field has; nil where there is none of the name.
function struct:fieldsize(name)
	for _, field in ipairs(self.layout.fields) do
		if field.name == name then
			return field.size
		end
	end
end

-- The padding between where a field ends and where the next one begins; none where they overlap.
local function padding(from, to)
	return to > from and ("x"):rep(to - from) or ""
end

-- A string.pack format: each field an integer of the host's byte order, each gap padding.
local function formatof(layout)
	local fields = table.move(layout.fields, 1, #layout.fields, 1, {})
	table.sort(fields, function(a, b)
		return a.offset < b.offset
	end)
	local format, pos = "=", 0
	for _, field in ipairs(fields) do
		format = format .. padding(pos, field.offset) .. (field.signed and "i" or "I") .. field.size
		pos = field.offset + field.size
	end
	format = format .. padding(pos, layout.size)
	return format
end

return function(layout)
	local format = formatof(layout)
	if string.packsize(format) ~= layout.size then
		error("struct: derived format does not match the layout size (overlapping fields?)")
	end
	return setmetatable({ format = format, size = layout.size, layout = layout }, struct)
end
