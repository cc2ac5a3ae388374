---@meta struct

---A field of a C struct.
---@class lunatik.struct.field
---@field name string
---@field offset integer in bytes, from 0
---@field size integer in bytes
---@field signed boolean

---What a C struct looks like, as the tables `layout` of `linux.netlink` and others say.
---@class lunatik.struct.layout
---@field size integer in bytes
---@field fields lunatik.struct.field[]

---Makes a C struct's bytes of its fields, and back.
---@class lunatik.struct
---The format of `string.pack`.
---@field format string
---In bytes.
---@field size integer
---@field layout lunatik.struct.layout
local object = {}

---The struct's bytes.
---@param ... integer the fields' values in the order of their offsets
---@return string
function object:pack(...) end

---The fields' values in the order of their offsets, and where the struct ends.
---@param bytes string
---@param pos? integer where it begins, 1 by default
---@return integer ...
function object:unpack(bytes, pos) end

---How many bytes a field has; nil where there is none of the name.
---@param name string
---@return integer?
function object:fieldsize(name) end

---Raises `struct: derived format does not match the layout size (overlapping fields?)`.
---@param layout lunatik.struct.layout
---@return lunatik.struct
local function struct(layout) end

return struct
