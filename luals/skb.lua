---@meta skb

---Packets, for the hooks that get them: luaskb.c. The module itself has no functions.
---@class lunatik.skb.lib
local skb = {}

---A packet, in a hook's call alone: after it every method raises `skb is not set`. It can't be given to another runtime.
---@class lunatik.skb: userdata
---@operator len: integer
local object = {}

---The index of its network device; nil for none.
---@return integer?
function object:ifindex() end

---The number of its VLAN; nil for none.
---@return integer?
function object:vlan() end

---Its bytes: from the network header on (`"net"`, the default), or from the MAC header on (`"mac"`). A hook's packet has
---one such object: the next call has it be that of the other layer. Raises `MAC header not set`.
---@param layer? string
---@return lunatik.data
function object:data(layer) end

---Has it end earlier, or later. Raises `insufficient tailroom`.
---@param size integer in bytes, from the network header on
function object:resize(size) end

---Computes the checksums of the IP header, and of TCP's or UDP's, anew.
function object:checksum() end

---Sends a copy of it by its network device. Raises `skb has no device`, `MAC header not set`.
function object:forward() end

---Another packet with the same bytes.
---@return lunatik.skb
function object:copy() end

---The mark of its connection, which it sets to `mark`; nil where conntrack doesn't track it.
---@param mark? integer
---@return integer?
function object:connmark(mark) end

return skb
