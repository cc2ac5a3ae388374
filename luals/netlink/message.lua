---@meta netlink.message

---A netlink message.
---@class lunatik.netlink.message
---@field type integer `linux.netlink`'s `type`, or a family's
---@field flags integer `linux.netlink`'s `flag`
---@field body string what comes behind the header

---Netlink messages and attributes as bytes, and back. It opens no socket.
---@class lunatik.netlink.messages
local message = {}

---A message's bytes.
---@param type integer
---@param flags integer
---@param seq integer
---@param payload string
---@return string bytes
function message.encode(type, flags, seq, payload) end

---The messages in bytes, up to one that is cut off or malformed.
---@param bytes string
---@return lunatik.netlink.message[]
function message.parse(bytes) end

---The bytes of attributes, in any order; an integer becomes one of 32 bits, unsigned. Or, of bytes, the attributes.
---
---Raises where an integer has more than 32 bits.
---@overload fun(attrs: table<integer, string | integer>): string
---@param body string
---@param pos? integer where the first attribute begins, by default 1
---@return table<integer, string> attrs
function message.attrs(body, pos) end

---The integer of an attribute of 32 bits; nil for nil.
---@param value? string
---@return integer?
function message.u32(value) end

---The text of an attribute, up to its NUL; nil for nil.
---@param value? string
---@return string?
function message.str(value) end

return message
